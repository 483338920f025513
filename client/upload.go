package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

const (
	// smallBody is the longest request body that goes out in one write with the
	// head, as one record: less than any socket's buffer, so that the write does
	// not wait for a server that answers before it reads.
	smallBody = fcgi.MaxAlignedContent
	// uploadPiece is how much of a longer body a write holds, a record's header
	// and padding aside.
	uploadPiece = 32 << 10
)

// takeBody finds the request body's length, and how it will be sent: with the
// head if it is small and at hand, else by a goroutine beside the reading.
func (x *call) takeBody() error {
	switch {
	case x.body == nil && x.req.ContentLength > 0:
		return &requestBodyError{fmt.Errorf("expected %d bytes as ContentLength says, got a nil Body", x.req.ContentLength)}
	case x.body == nil || x.body == http.NoBody:
		return nil
	}
	x.length = x.req.ContentLength
	if x.length == 0 {
		x.length = -1
	}
	if x.length < 0 && x.needsLength() {
		return x.bufferBody()
	}
	if x.p.target.Protocol != AJP && !x.atHand() {
		x.upload = &upload{src: x.body, length: x.length, done: make(chan struct{})}
	}
	return nil
}

// atHand says that the body is small and, as far as its maker tells, there
// already.
func (x *call) atHand() bool {
	return x.length > 0 && x.length <= smallBody && (x.req.GetBody != nil || inMemory(x.body))
}

// io.NopCloser makes two types, of which http.NewRequest's bodies are.
var nopCloser, nopCloserWriterTo = reflect.TypeOf(io.NopCloser(nil)), reflect.TypeOf(io.NopCloser(bytes.NewReader(nil)))

// inMemory tells the bodies that keep no reader waiting. That one can be had
// again, as GetBody says, does not make it one. net/http tells them likewise.
func inMemory(body io.Reader) bool {
	if t := reflect.TypeOf(body); t == nopCloser || t == nopCloserWriterTo {
		body, _ = reflect.ValueOf(body).Field(0).Interface().(io.Reader)
	}
	switch body.(type) {
	case *bytes.Reader, *bytes.Buffer, *strings.Reader:
		return true
	}
	return false
}

// needsLength says that the body's length must be announced: by SCGI (3), and by
// CGI with FastCGI (RFC 3875 4.1.2), where php-fpm and uWSGI take a body without
// CONTENT_LENGTH for an empty one.
func (x *call) needsLength() bool {
	return x.p.target.Protocol == SCGI || x.p.target.Protocol == FastCGI && !x.p.t.StreamUnknownLength
}

// bufferBody collects a body to learn its length.
func (x *call) bufferBody() error {
	limit := int64(x.p.t.maxBuffered())
	x.phase = writing
	b, err := x.beside(func(body io.Reader) ([]byte, error) {
		b, err := io.ReadAll(io.LimitReader(body, limit+1))
		if err != nil {
			err = &requestBodyError{err}
		}
		return b, err
	})
	switch {
	case err != nil:
	case int64(len(b)) > limit:
		err = ErrLengthRequired
	}
	x.abandonBody()
	x.length = int64(len(b))
	if err == nil && x.length > smallBody {
		x.upload = &upload{src: io.NopCloser(bytes.NewReader(b)), length: x.length, done: make(chan struct{})}
		return nil
	}
	x.body = io.NopCloser(bytes.NewReader(b))
	return err
}

// beside runs read on the request's body, which may keep it waiting, within the
// exchange's limits. What read fills must be its own: it may go on after them.
func (x *call) beside(read func(body io.Reader) ([]byte, error)) ([]byte, error) {
	if inMemory(x.body) || x.deadline == 0 && x.req.Context().Done() == nil {
		return read(x.body)
	}
	type result struct {
		b   []byte
		err error
	}
	got := make(chan result, 1)
	body := x.body
	go func() {
		b, err := read(body)
		got <- result{b, err}
	}()
	up, stop := alarm(x.deadline.time())
	defer stop()
	select {
	case r := <-got:
		return r.b, r.err
	case <-up:
		return nil, &TimeoutError{Writing, x.p.t.Timeout}
	case <-x.req.Context().Done():
		return nil, context.Cause(x.req.Context())
	}
}

// appendBody appends a small body.
func (x *call) appendBody(b []byte) ([]byte, error) {
	start, length := len(b), x.length
	var err error
	if inMemory(x.body) {
		b = append(b, make([]byte, length)...)
		_, err = readKnown(x.body, b[start:], 0, length)
	} else {
		var whole []byte
		whole, err = x.beside(func(body io.Reader) ([]byte, error) {
			return readKnown(body, make([]byte, length), 0, length)
		})
		b = append(b, whole...)
	}
	if err != io.EOF {
		return b[:start], err
	}
	x.abandonBody()
	return b, nil
}

// requestBodyError is a request body that could not be read as announced.
type requestBodyError struct{ err error }

func (e *requestBodyError) Error() string { return "the request's body: " + e.err.Error() }
func (e *requestBodyError) Unwrap() error { return e.err }

func lengthError(length, got int64, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("expected %d bytes as ContentLength says, got %d", length, got)
	}
	return &requestBodyError{err}
}

func atEnd(r io.Reader, length int64) error {
	var one [1]byte
	if n, err := io.ReadFull(r, one[:]); n > 0 {
		return &requestBodyError{fmt.Errorf("expected %d bytes as ContentLength says, got more", length)}
	} else if err != io.EOF {
		return &requestBodyError{err}
	}
	return nil
}

// abandonBody closes the request's body if that was not done.
func (x *call) abandonBody() {
	if x.upload != nil {
		x.upload.close()
	} else if x.body != nil {
		x.body.Close()
	}
	x.body = nil
}

// upload writes a request's body while its answer is being read, since a server
// may answer before it has read all.
type upload struct {
	src    io.ReadCloser
	length int64
	done   chan struct{}
	once   sync.Once

	mu     sync.Mutex
	last   bool      // the final bytes are being written
	sentAt time.Time // when they were
	err    error     // why not, where no end of the connection tells
}

// start begins, once the head is written.
func (u *upload) start(x *call) {
	id := x.stdinID()
	write := func(b []byte) error { return x.c.writeAll(b, x.writeLimit()) }
	if s := x.stream; s != nil {
		turn := s.turn
		write = func(b []byte) error { return s.write(turn, b) }
	}
	go func() {
		defer close(u.done)
		err := u.run(write, id)
		u.close()
		if x.trace != nil && x.trace.WroteRequest != nil {
			x.trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
		}
		if err == nil {
			x.bodySent()
		} else {
			x.bodyFailed(err)
		}
	}()
}

// stdinID is FastCGI's request id, or 0 where a body goes as it is.
func (x *call) stdinID() uint16 {
	switch {
	case x.stream != nil:
		return x.stream.id
	case x.p.target.Protocol == FastCGI:
		return soleID
	}
	return 0
}

// bodySent begins the wait for an answer that has not begun.
func (x *call) bodySent() {
	x.upload.mu.Lock()
	x.upload.sentAt = time.Now()
	x.upload.mu.Unlock()
	switch {
	case x.p.t.FirstByteTimeout == 0:
	case x.stream != nil:
		signal(x.stream.ready)
	default:
		x.limitFirstByte()
	}
}

// bodyFailed wakes the reading where the request can't be completed, by the
// body's fault or a limit's. Of a connection that ended the reading knows: it
// may have given the answer before.
func (x *call) bodyFailed(err error) {
	var own *requestBodyError
	switch {
	case errors.As(err, &own):
		err = own
	case x.aborted():
		err = ErrAborted
	case x.stream == nil && x.req.Context().Err() == nil && errors.Is(err, os.ErrDeadlineExceeded):
		err = &TimeoutError{Writing, x.limit(Writing)}
	default:
		return
	}
	x.upload.mu.Lock()
	x.upload.err = err
	x.upload.mu.Unlock()
	if x.stream != nil {
		signal(x.stream.ready)
		return
	}
	x.c.abort()
}

// run writes the body piece by piece.
func (u *upload) run(write func([]byte) error, id uint16) error {
	buf := make([]byte, fcgi.HeaderLen+uploadPiece, fcgi.HeaderLen+uploadPiece+2*fcgi.HeaderLen)
	for sent := int64(0); ; {
		n, err := u.src.Read(buf[fcgi.HeaderLen:])
		sent += int64(n)
		if u.length >= 0 && sent > u.length {
			return &requestBodyError{fmt.Errorf("expected %d bytes as ContentLength says, got more", u.length)}
		}
		end := err == io.EOF
		if end && sent < u.length {
			return lengthError(u.length, sent, err)
		}
		if err != nil && !end {
			return &requestBodyError{err}
		}
		if end || sent == u.length {
			u.mu.Lock()
			u.last = true
			u.mu.Unlock()
		}
		if b := framePiece(buf, n, id, end); len(b) > 0 {
			if err := write(b); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// framePiece makes n bytes at buf's ninth a piece of the wire: a record with
// padding, and the empty one after the last; or just the bytes.
func framePiece(buf []byte, n int, id uint16, end bool) []byte {
	if id == 0 {
		return buf[fcgi.HeaderLen : fcgi.HeaderLen+n]
	}
	b := buf[:fcgi.HeaderLen+n]
	if n == 0 {
		b = b[:0]
	} else {
		h := stdinHeader(id, n)
		h.Append(b[:0])
		b = append(b, zeros[:h.PaddingLength]...)
	}
	if end {
		b = fcgi.AppendEndOfStream(b, fcgi.TypeStdin, id)
	}
	return b
}

func (u *upload) close() { u.once.Do(func() { u.src.Close() }) }

// bodyError is why the body can't be sent, if that is no fault of the
// connection's.
func (u *upload) bodyError() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

// sentTime is when all was written; zero before.
func (u *upload) sentTime() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.sentAt
}

// lastWrite is how long an answered request's last write may take to return: the
// server has taken the bytes, and only the writer has not been told, which it is
// soon. One that takes longer waits for a server that does not read, and the
// answer's reader is not to wait for that.
const lastWrite = 50 * time.Millisecond

// finished says that the whole body was written.
func (u *upload) finished() bool {
	u.mu.Lock()
	last := u.last
	u.mu.Unlock()
	if !last {
		return false
	}
	select {
	case <-u.done: // as nearly always
	default:
		timer := time.NewTimer(lastWrite)
		defer timer.Stop()
		select {
		case <-u.done:
		case <-timer.C:
			return false
		}
	}
	return !u.sentTime().IsZero()
}
