package client

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
)

// readCGIHead parses the header block that the pieces of a CGI answer begin
// with (RFC 3875 6), and keeps what follows it.
func (x *call) readCGIHead() error {
	parser := &x.c.parser
	if x.stream != nil {
		parser = &x.stream.parser
	}
	parser.Reset()
	var head []byte // pieces, where one is not enough
	for {
		piece, err := x.c.wire.next(x)
		if err == io.EOF {
			return x.headless(head)
		}
		if err != nil {
			return err
		}
		if head != nil {
			head = append(head, piece...)
			piece = head
		}
		answer, n, err := parser.Parse(piece)
		switch {
		case err == nil:
			x.piece = piece[n:]
			x.setHead(answer)
			return nil
		case err != cgi.ErrShort:
			return x.malformed(piece, err)
		case head == nil:
			head = append(make([]byte, 0, 2*len(piece)), piece...)
		}
	}
}

// headless is an answer that ends before its header does. Of SCGI's, which the
// connection's end ends, nobody knows whether it was meant to be all.
func (x *call) headless(head []byte) error {
	if x.p.target.Protocol == SCGI {
		return x.readError(io.EOF, "the end of the header")
	}
	return x.malformed(head, errors.New("expected a CGI header and a blank line, got an answer that ends before it"))
}

func (x *call) malformed(head []byte, err error) error {
	var s *cgi.SyntaxError
	at := 0
	if errors.As(err, &s) {
		at = min(int(s.Offset), len(head))
	}
	bytes := head[at:min(len(head), at+shownBytes)]
	return &BreachError{x.p.target.Protocol, int64(at), append([]byte(nil), bytes...), err}
}

func (x *call) setHead(a cgi.Answer) {
	x.resp.StatusCode, x.resp.Status = a.Status, a.StatusText
	x.resp.Header, x.resp.ContentLength = a.Header, a.ContentLength
}

// finishHead makes the response ready for its reader.
func (x *call) finishHead() error {
	r := &x.resp
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.Request = x.req
	r.Body = (*body)(x)
	if x.p.t.target == nil {
		x.keepRedirect(r.Header.Get("Location"))
	}
	if bodyless(r.StatusCode) {
		r.ContentLength = 0 // as net/http has it, whatever a 304 announces
	}
	if bodyless(r.StatusCode) || x.req.Method == http.MethodHead {
		return x.readBare()
	}
	x.left = r.ContentLength
	x.cutToLength()
	if x.left == 0 {
		x.settleIfRead()
	}
	return nil
}

// bodyless tells the answers that have no body, whatever follows their header.
func bodyless(status int) bool {
	return status < 200 || status == http.StatusNoContent || status == http.StatusNotModified
}

// An application that goes on after a header which is all of the answer is not
// waited for longer, nor listened to further, where nothing else bounds the
// exchange: it may be an endless stream's.
const (
	bareWait = 50 * time.Millisecond
	bareRest = 256 << 10
)

// readBare reads an answer without a body to its end, which is due at once. Where
// it does not come within bareWait the answer is there all the same, and the
// connection ends; under a limit of the caller's that is what it has to come
// within.
func (x *call) readBare() error {
	x.resp.Body = http.NoBody
	x.left = 0
	bounded, limited := x.bounded(), false
	for rest := 0; bounded || rest <= bareRest; {
		if !bounded && !limited && !x.c.wire.ready(x) {
			x.limitRest(bareWait)
			limited = true
		}
		piece, err := x.c.wire.next(x)
		if err == io.EOF {
			x.settle(x.c.wire.keeps(x))
			return nil
		}
		if err != nil && limited && x.gaveUp(err) {
			break
		}
		if err != nil {
			return err
		}
		rest += len(piece)
	}
	x.settle(false)
	return nil
}

// bounded says that the exchange ends some time, whatever the application does.
func (x *call) bounded() bool {
	_, bounded := x.req.Context().Deadline()
	return bounded || x.deadline != 0
}

// gaveUp says that nothing is wrong with an answer but the time that it takes.
func (x *call) gaveUp(err error) bool {
	var timeout *TimeoutError
	var body *requestBodyError
	return errors.As(err, &timeout) && !errors.As(err, &body) && x.req.Context().Err() == nil && (x.upload == nil || x.upload.bodyError() == nil)
}
