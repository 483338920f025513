package client

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
)

// call is one request and its answer: the http.Response and its body, and all
// that lives as long. Each request allocates one, and pays for its size: what
// ends with the exchange is in the connection, or in the stream.
type call struct {
	resp http.Response
	p    *pool
	c    *conn
	req  *http.Request

	x     *Exchange              // nil if nobody asked
	trace *httptrace.ClientTrace // nil likewise

	deadline moment // of all of it; 0 is none
	wroteAt  moment // when the request was written, where FirstByteTimeout counts from it
	lostAt   moment // when the first try lost its connection, where this is the second

	body     io.ReadCloser // of the request; nil once it is closed
	length   int64         // of it in bytes; -1 is unknown
	upload   *upload       // it, where it is written beside the reading
	stream   *muxStream    // where the connection is shared
	prepared *prepared     // its head, where the last request's was the same

	piece   []byte // of the answer's body: came, and was not read
	left    int64  // of the announced Content-Length; -1 if none was
	err     error  // how reading the body ended
	phase   phase
	reused  bool  // the connection had served a request before
	settled bool  // the connection has been given back
	aborts  int64 // the Transport's count when it began: see Abort
}

// wire is what the protocols do differently. Its methods are called in turn:
// send, head, then next until it says io.EOF.
type wire interface {
	// send writes the request, but for a body that x.upload writes.
	send(x *call) error
	// head reads up to the end of the answer's header.
	head(x *call) error
	// next is a piece of the answer's body, valid until the following call;
	// io.EOF after the whole answer, to its last byte on the wire.
	next(x *call) ([]byte, error)
	// keeps says, after io.EOF, whether the connection takes another request.
	keeps(x *call) bool
	// ready says that next would not wait.
	ready(x *call) bool
	// direct reads a piece of the body into p, past the connection's buffer; 0
	// bytes where that is not possible now.
	direct(x *call, p []byte) (int, error)
}

// RoundTrip sends one request and returns once the answer's header has come.
// Its errors are *RejectedError, *TruncatedError, *BreachError, *TimeoutError,
// ErrLengthRequired, those of connecting and of the request's body, and the
// context's.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x, err := t.newCall(req)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	err = x.run()
	if err != nil && t.RetryLost && x.canRetry(err) {
		if x, err = t.again(x); err == nil {
			err = x.run()
		}
	}
	if err != nil {
		return nil, err
	}
	return &x.resp, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// newCall checks a request and finds out where it goes.
func (t *Transport) newCall(req *http.Request) (*call, error) {
	if req.URL == nil {
		return nil, errors.New("the request has no URL: " + urlExample)
	}
	if req.Context().Err() != nil {
		return nil, context.Cause(req.Context())
	}
	p, h, err := t.recognize(req)
	if err != nil {
		return nil, err
	}
	x := &call{req: req, p: p, prepared: h, body: req.Body}
	x.begin()
	return x, nil
}

// recognize finds where a request goes, and its head where the last one there
// was the same; one that is not is checked.
func (t *Transport) recognize(req *http.Request) (*pool, *prepared, error) {
	last := t.last.Load()
	if last != nil {
		if h := last.preparedFor(req); h != nil {
			return last, h, nil
		}
	}
	to, err := t.locate(req)
	if err != nil {
		return nil, nil, err
	}
	p := t.pool(to.target)
	if p != last {
		if h := p.preparedFor(req); h != nil {
			return p, h, nil
		}
	}
	if err := cgi.CheckRequest(req, to.uri()); err != nil {
		return nil, nil, err
	}
	return p, nil, t.checkEnv()
}

// begin finds out who listens, and starts the clock where somebody looks at it.
func (x *call) begin() {
	x.aborts = x.p.t.aborts.count.Load()
	if x.req.Context() != context.Background() {
		x.x, _ = x.req.Context().Value(exchangeKey{}).(*Exchange)
		x.trace = httptrace.ContextClientTrace(x.req.Context())
	}
	if x.p.t.Timeout > 0 {
		x.deadline = now().after(x.p.t.Timeout)
	}
	if x.x != nil {
		*x.x = Exchange{Stderr: x.x.Stderr, Due: x.x.Due, Began: time.Now()}
		if x.deadline != 0 && !x.x.Due.IsZero() {
			x.deadline = x.deadline.after(x.x.Due.Sub(x.x.Began))
		}
	}
}

// locate is the request's destination: its URL's, or the Transport's own target.
func (t *Transport) locate(req *http.Request) (to destination, err error) {
	if t.target != nil {
		to = t.locateBound(req.URL)
	} else {
		to, err = locate(req.URL)
	}
	if req.Host != "" {
		to.host = req.Host
	}
	return to, err
}

// uri is what the request asks for. It has been found once, without an error.
func (x *call) uri() cgi.URI {
	to, _ := x.p.t.locate(x.req)
	return to.uri()
}

// locateBound takes from a URL all but the target. The path of a URL for a unix
// socket is what follows the socket.
func (t *Transport) locateBound(u *url.URL) destination {
	if strings.HasSuffix(u.Scheme, unixSuffix) {
		if to, err := locate(u); err == nil {
			to.target = *t.target
			return to
		}
	}
	return destination{*t.target, cmp.Or(u.Opaque, pathOf(u)), u.RawQuery, u.Host}
}

// run takes a connection, sends the request, and reads the answer's header.
func (x *call) run() error {
	if err := x.takeBody(); err != nil {
		return err
	}
	if err := x.connect(); err != nil {
		x.abandonBody()
		return err
	}
	if x.req.Context().Done() != nil && x.c.mux == nil {
		x.c.stop = context.AfterFunc(x.req.Context(), x.c.abort)
	}
	if err := x.exchange(); err != nil {
		return x.fail(err)
	}
	return nil
}

func (x *call) connect() error {
	x.phase = queued
	if x.trace != nil && x.trace.GetConn != nil {
		x.trace.GetConn(x.p.target.Address)
	}
	if x.x != nil && !x.x.Due.IsZero() && x.deadline != 0 && now() >= x.deadline {
		return x.timeout()
	}
	c, err := x.p.get(x)
	if err != nil {
		return err
	}
	x.c = c
	if c.mux == nil {
		c.begin()
		x.reused = c.requests.Load() > 0
	}
	x.gotConn()
	return nil
}

// gotConn tells who listens of the connection.
func (x *call) gotConn() {
	c, reused := x.c, x.reused
	if reused {
		c.countReuse()
	}
	if x.trace != nil && x.trace.GotConn != nil {
		info := httptrace.GotConnInfo{Conn: c.Conn, Reused: reused, WasIdle: reused && c.mux == nil}
		if info.WasIdle {
			info.IdleTime = c.idleFor()
		}
		x.trace.GotConn(info)
	}
	if x.x != nil {
		x.x.Reused, x.x.GotConn = reused, time.Now()
		if !reused {
			x.x.ConnectTime = c.connectTime
		}
	}
}

func wireOf(p Protocol, c *conn) wire {
	switch {
	case p == SCGI:
		return scgiWire{}
	case p == AJP:
		return ajpWire{}
	case c.mux != nil:
		return muxWire{}
	}
	return fcgiWire{}
}

func (x *call) exchange() error {
	x.phase = writing
	if err := x.c.wire.send(x); err != nil {
		return err
	}
	if !x.c.awaited {
		x.wrote()
	}
	if x.upload != nil {
		x.upload.start(x)
	}
	x.phase = firstByte
	if err := x.c.wire.head(x); err != nil {
		return err
	}
	x.phase = reading
	return x.finishHead()
}

// wrote tells who listens that the request, but for a body that is written
// beside the reading, is on its way.
func (x *call) wrote() {
	if x.p.t.FirstByteTimeout > 0 {
		x.wroteAt = now()
	}
	if x.x != nil {
		x.x.WroteHead = time.Now()
	}
	if x.trace == nil {
		return
	}
	if x.trace.WroteHeaders != nil {
		x.trace.WroteHeaders()
	}
	if x.trace.WroteRequest != nil && x.upload == nil {
		x.trace.WroteRequest(httptrace.WroteRequestInfo{Err: x.c.writeErr})
	}
}

// firstByte waits for the answer to begin.
func (x *call) firstByte() error {
	if len(x.c.buffered()) == 0 {
		x.c.endLook()
		x.limitAnswer()
	}
	if err := x.c.ensure(1); err != nil {
		return x.readError(err, "its first byte")
	}
	x.answerBegan()
	return nil
}

// readError makes of a failed read what the caller is told.
func (x *call) readError(err error, missing string) error {
	if cause := x.interrupted(err); cause != nil {
		return cause
	}
	return &TruncatedError{
		Protocol: x.p.target.Protocol,
		Read:     x.came(),
		Missing:  missing,
		Reused:   x.reused,
		Err:      cmp.Or(x.c.writeErr, err),
	}
}

// writeError is a failed write: the end of a limit, or else nil. A server may
// answer before it has read all, and close: the reading finds out.
func (x *call) writeError(err error) error {
	if cause := x.interrupted(err); cause != nil {
		return cause
	}
	x.c.writeErr = err
	return nil
}

// came is how many bytes of this answer have come.
func (x *call) came() int64 {
	if x.stream != nil {
		return x.stream.taken()
	}
	return x.c.read - x.c.readFrom
}

// breach is an answer that breaks a rule, told with the bytes at the
// connection's read position.
func (x *call) breach(err error) error {
	return &BreachError{x.p.target.Protocol, x.c.position() - x.c.readFrom, x.c.shown(), err}
}

// fail ends a request that got no answer.
func (x *call) fail(err error) error {
	if x.upload != nil {
		if cause := x.upload.bodyError(); cause != nil {
			err = cause
		}
	}
	x.settle(x.refused(err))
	if cause := x.req.Context().Err(); cause != nil && !errors.Is(err, cause) {
		err = context.Cause(x.req.Context())
	}
	return err
}

// refused says that the application ended the request properly, without a
// result: the connection takes another.
func (x *call) refused(err error) bool {
	var rejected *RejectedError
	return errors.As(err, &rejected) && x.c.wire.keeps(x)
}
