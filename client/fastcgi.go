package client

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// soleID is the request id where a connection serves one request at a time: as
// small as the specification wants ids to be (3.3), and nginx's, Apache's and
// lighttpd's too.
const soleID = 1

// fcgiWire is FastCGI with one request at a time on a connection.
type fcgiWire struct{}

// fcgiAnswer is where the reading of an answer's records stands.
type fcgiAnswer struct {
	typ     fcgi.Type // of the record whose content is being read
	content int       // bytes of it that have not been taken
	padding int
	keep    bool // KEEP_CONN was asked for
	ended   bool // END_REQUEST came
}

func (fcgiWire) send(x *call) error {
	c := x.c
	c.requests.Add(1)
	x.c.fcgi.keep = !x.p.t.DisableKeepAlives && !x.req.Close && !x.lastOne()
	flags := fcgi.Flags(0)
	if x.c.fcgi.keep {
		flags = fcgi.KeepConn
	}
	b := x.repeated()
	if b == nil || flags != fcgi.KeepConn {
		var err error
		b, err = x.appendRequest(c.out[:0], soleID, flags)
		c.out = b[:0]
		if err != nil {
			return err
		}
	}
	if b = x.sendAndWait(b); len(b) == 0 {
		return nil
	}
	if err := c.writeAll(b, x.writeLimit()); err != nil {
		return x.writeError(err)
	}
	return nil
}

// repeated is all of a request without a body, where it is the last one again:
// its bytes as those of request soleID, with KEEP_CONN, which many requests send
// at once and none of them copies.
func (x *call) repeated() []byte {
	if h := x.prepared; h != nil && h.length == 0 && x.length == 0 {
		return h.whole
	}
	return nil
}

// prepareRecords keeps a request's head for those that are the same.
func (p *pool) prepareRecords(x *call, head []byte) {
	h := p.prepare(x, head)
	if h == nil {
		return
	}
	fcgi.SetRequestID(h.head, soleID)
	fcgi.SetFlags(h.head, fcgi.KeepConn)
	h.whole = fcgi.AppendEndOfStream(slices.Clip(h.head), fcgi.TypeStdin, soleID)
	p.prepared.Store(h)
}

// appendParams is a request's records up to the end of its parameters.
func (x *call) appendParams(b []byte, id uint16, flags fcgi.Flags) []byte {
	start := len(b)
	if h := x.prepared; h != nil && h.length == x.length {
		b = append(b, h.head...)
		fcgi.SetRequestID(b[start:], id)
		fcgi.SetFlags(b[start:], flags)
		return b
	}
	b = fcgi.AppendBeginRequest(b, id, fcgi.Responder, flags)
	params := fcgi.EncodeParams(b, id)
	x.p.t.env.Each(x.req, x.uri(), x.length, func(name, value string) bool {
		params.Add(name, value)
		return true
	})
	b = params.End()
	x.p.prepareRecords(x, b[start:])
	return b
}

// appendRequest is a request's records: all of them, or, where the body is
// written beside the reading, those up to its first.
func (x *call) appendRequest(b []byte, id uint16, flags fcgi.Flags) ([]byte, error) {
	b = x.appendParams(b, id, flags)
	if x.upload != nil {
		return b, nil
	}
	if x.length > 0 {
		h := stdinHeader(id, int(x.length))
		var err error
		if b, err = x.appendBody(h.Append(b)); err != nil {
			return b, err
		}
		b = append(b, zeros[:h.PaddingLength]...)
	}
	return fcgi.AppendEndOfStream(b, fcgi.TypeStdin, id), nil
}

// zeros are padding up to the next eight-byte boundary.
const zeros = "\x00\x00\x00\x00\x00\x00\x00"

// stdinHeader is that of a record with n bytes of the request's body.
func stdinHeader(id uint16, n int) fcgi.Header {
	return fcgi.Header{
		Version: fcgi.Version, Type: fcgi.TypeStdin, RequestID: id,
		ContentLength: uint16(n), PaddingLength: uint8(fcgi.PaddingFor(n)),
	}
}

func (fcgiWire) head(x *call) error {
	if err := x.firstByte(); err != nil {
		return err
	}
	return x.readCGIHead()
}

func (fcgiWire) keeps(x *call) bool { return x.c.fcgi.keep }

// next is a piece of STDOUT. STDERR goes to its writer on the way.
func (fcgiWire) next(x *call) ([]byte, error) {
	if x.atUsualEnd() {
		x.c.take(len(x.c.buffered()))
		x.c.fcgi.ended = true
		return nil, cmp.Or(x.endRequest(fcgi.EndRequestBody{}), io.EOF)
	}
	for !x.c.fcgi.ended {
		if x.c.fcgi.content > 0 {
			if piece, err := x.nextContent(); piece != nil || err != nil {
				return piece, err
			}
			continue
		}
		if err := x.nextRecord(); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

// usualEnd is how nearly all answers end: STDOUT's last record, and END_REQUEST
// with status 0 (5.5). They mostly come with the answer's last piece: then one
// comparison does for taking them apart.
var usualEnd = fcgi.AppendEndRequest(fcgi.AppendEndOfStream(nil, fcgi.TypeStdout, soleID), soleID, 0, fcgi.RequestComplete)

// atUsualEnd says that usualEnd is all that is left, and has come.
func (x *call) atUsualEnd() bool {
	f, b := &x.c.fcgi, x.c.buffered()
	return len(b) == f.padding+len(usualEnd) && f.content == 0 && !f.ended && bytes.Equal(b[f.padding:], usualEnd)
}

// nextContent is a piece of the open record where that is STDOUT's.
func (x *call) nextContent() ([]byte, error) {
	c, f := x.c, &x.c.fcgi
	if err := c.ensure(1); err != nil {
		return nil, x.readError(err, "the rest of a record")
	}
	piece := c.buffered()
	piece = piece[:min(len(piece), f.content)]
	c.take(len(piece))
	f.content -= len(piece)
	if f.typ == fcgi.TypeStderr {
		x.writeStderr(piece)
		return nil, nil
	}
	return piece, nil
}

// nextRecord skips the padding of the record before and takes the next one's
// header, and of a discrete record the content.
func (x *call) nextRecord() error {
	c, f := x.c, &x.c.fcgi
	if err := x.skipPadding(); err != nil {
		return err
	}
	if err := c.ensure(fcgi.HeaderLen); err != nil {
		return x.readError(err, "END_REQUEST")
	}
	h, _ := fcgi.ParseHeader(c.buffered())
	if err := checkAnswerHeader(h, soleID); err != nil {
		return x.breach(err)
	}
	f.typ = h.Type
	if h.Type == fcgi.TypeStdout || h.Type == fcgi.TypeStderr {
		c.take(fcgi.HeaderLen)
		f.content, f.padding = int(h.ContentLength), int(h.PaddingLength)
		return nil
	}
	if err := c.ensure(h.Len()); err != nil {
		return x.readError(err, fmt.Sprintf("the rest of %v", h.Type))
	}
	r, n, _ := fcgi.ParseRecord(c.buffered())
	if h.Type != fcgi.TypeEndRequest {
		c.take(n)
		return nil
	}
	end, err := fcgi.ParseEndRequest(r.Content)
	if err != nil {
		return x.breach(inContent(err))
	}
	c.take(n)
	f.ended = true
	return x.endRequest(end)
}

// inContent makes an offset in a record's content one in the record.
func inContent(err error) error {
	var s *fcgi.SyntaxError
	if errors.As(err, &s) {
		s.Offset += fcgi.HeaderLen
	}
	return err
}

func (x *call) skipPadding() error {
	for x.c.fcgi.padding > 0 {
		if err := x.c.ensure(1); err != nil {
			return x.readError(err, "a record's padding")
		}
		n := min(x.c.fcgi.padding, len(x.c.buffered()))
		x.c.take(n)
		x.c.fcgi.padding -= n
	}
	return nil
}

// checkAnswerHeader holds a record's header against what an application may
// send (3.3, appendix A) while request id is active; the null id stands for any.
func checkAnswerHeader(h fcgi.Header, id uint16) error {
	if err := h.Check(); err != nil {
		return err
	}
	switch h.Type {
	case fcgi.TypeGetValuesResult, fcgi.TypeUnknownType:
		return nil
	case fcgi.TypeStdout, fcgi.TypeStderr, fcgi.TypeEndRequest:
		if h.RequestID == id || id == 0 {
			return nil
		}
		return &fcgi.SyntaxError{Section: "3.3", Offset: 2, Expected: fmt.Sprintf("request id %d", id), Got: fmt.Sprint(h.RequestID)}
	}
	return &fcgi.SyntaxError{Section: "A", Offset: 1, Expected: "a record that an application sends", Got: h.Type.String()}
}

// endRequest says what became of the request (5.5).
func (x *call) endRequest(end fcgi.EndRequestBody) error {
	if x.x != nil {
		x.x.AppStatus = end.AppStatus
	}
	if end.ProtocolStatus != fcgi.RequestComplete {
		return &RejectedError{end.ProtocolStatus}
	}
	return nil
}

func (x *call) writeStderr(piece []byte) {
	if x.x != nil {
		x.x.StderrBytes += int64(len(piece))
		if x.x.Stderr != nil {
			x.x.Stderr.Write(piece)
			return
		}
	}
	if x.p.t.Stderr != nil {
		x.p.t.stderrMu.Lock()
		defer x.p.t.stderrMu.Unlock()
		x.p.t.Stderr.Write(piece)
	}
}

// ready walks over what is buffered and next would pass over: padding, STDERR,
// the end of STDOUT, and management records.
func (fcgiWire) ready(x *call) bool {
	if x.atUsualEnd() {
		return true
	}
	f, b := &x.c.fcgi, x.c.buffered()
	typ, content, padding := f.typ, f.content, f.padding
	for !f.ended {
		if content > 0 && typ == fcgi.TypeStdout {
			return len(b) > 0
		}
		if len(b) < content+padding {
			return false
		}
		b = b[content+padding:]
		h, err := fcgi.ParseHeader(b)
		if err != nil {
			return false
		}
		if checkAnswerHeader(h, soleID) != nil {
			return true
		}
		if h.Type == fcgi.TypeEndRequest {
			return len(b) >= h.Len()
		}
		b = b[fcgi.HeaderLen:]
		typ, content, padding = h.Type, int(h.ContentLength), int(h.PaddingLength)
	}
	return true
}

// direct reads STDOUT's content into p, past the buffer, where nothing is
// buffered.
func (fcgiWire) direct(x *call, p []byte) (int, error) {
	f := &x.c.fcgi
	if f.content < directRead || f.typ != fcgi.TypeStdout || len(x.c.buffered()) > 0 {
		return 0, nil
	}
	n, err := x.c.readInto(p[:min(len(p), f.content)])
	f.content -= n
	if err != nil {
		return 0, x.readError(err, "the rest of a record")
	}
	return n, nil
}
