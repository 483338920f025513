package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
)

// call is one request and its answer: the http.Response and its body, and all
// that lives as long.
type call struct {
	resp http.Response
	t    *Transport
	p    *pool
	c    *conn
	w    wire
	req  *http.Request
	ctx  context.Context
	to   destination

	x     *Exchange              // nil if nobody asked
	trace *httptrace.ClientTrace // nil likewise

	began    time.Time // set where there is a limit or an Exchange
	deadline time.Time // of all of it
	phase    Phase
	stop     func() bool // lets go of the context

	body     io.ReadCloser // of the request; nil once it is closed
	length   int64         // of it in bytes; -1 is unknown
	small    []byte        // it, where it was collected to learn its length
	upload   *upload       // it, where it is written beside the reading
	writeErr error         // why writing stopped: the reading tells what came of it
	fresh    bool          // this is the second try
	wroteAt  time.Time     // when the request was written, where FirstByteTimeout counts from it
	stream   *muxStream    // where the connection is shared
	built    *[]byte       // the request, likewise
	readFrom int64         // the connection's counts when this request began
	sentFrom int64

	parser  cgi.Parser
	piece   []byte // of the answer's body: came, and was not read
	left    int64  // of the announced Content-Length; -1 if none was
	bare    bool   // the answer has no body: HEAD, 204, 304
	err     error  // how reading the body ended
	settled bool   // the connection has been given back

	fcgi fcgiAnswer
	ajp  ajpAnswer
}

// wire is what the protocols do differently. Its methods are called in turn:
// send, head, then next until it says io.EOF.
type wire interface {
	// send writes the request, or has its body written by x.upload.
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
// those of connecting, and the context's.
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
	to, err := t.locate(req)
	if err != nil {
		return nil, err
	}
	if err := cgi.CheckRequest(req, to.uri()); err != nil {
		return nil, err
	}
	if err := t.checkEnv(); err != nil {
		return nil, err
	}
	x := &call{t: t, req: req, ctx: req.Context(), to: to, p: t.pool(to.target), body: req.Body}
	if x.ctx != context.Background() {
		x.x, _ = x.ctx.Value(exchangeKey{}).(*Exchange)
		x.trace = httptrace.ContextClientTrace(x.ctx)
	}
	if x.x != nil {
		*x.x = Exchange{Stderr: x.x.Stderr}
	}
	if t.Timeout > 0 || x.x != nil {
		x.began = time.Now()
	}
	if t.Timeout > 0 {
		x.deadline = x.began.Add(t.Timeout)
	}
	if x.x != nil {
		x.x.Began = x.began
	}
	return x, nil
}

// locate is the request's destination: its URL's, or the Transport's own target.
func (t *Transport) locate(req *http.Request) (destination, error) {
	var to destination
	if t.target == nil {
		var err error
		if to, err = locate(req.URL); err != nil {
			return destination{}, err
		}
	} else if to = t.locateBound(req.URL); to.path == "" {
		to.path = "/"
	}
	if req.Host != "" {
		to.host = req.Host
	}
	return to, nil
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
	if u.Opaque != "" {
		return destination{*t.target, u.Opaque, u.RawQuery, u.Host}
	}
	return destination{*t.target, u.EscapedPath(), u.RawQuery, u.Host}
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
	if x.ctx.Done() != nil && x.c.mux == nil {
		x.stop = context.AfterFunc(x.ctx, x.c.abort)
	}
	if err := x.exchange(); err != nil {
		return x.fail(err)
	}
	return nil
}

func (x *call) connect() error {
	x.phase = Queued
	if x.trace != nil && x.trace.GetConn != nil {
		x.trace.GetConn(x.to.target.Address)
	}
	c, err := x.p.get(x)
	if err != nil {
		return err
	}
	x.c = c
	if c.mux == nil {
		x.readFrom, x.sentFrom = c.read, c.written.Load()
	}
	reused := c.requests.Load() > 0
	if reused {
		x.t.stats.reused.Add(1)
	}
	if x.trace != nil && x.trace.GotConn != nil {
		info := httptrace.GotConnInfo{Conn: c.Conn, Reused: reused, WasIdle: reused && c.mux == nil}
		if reused && c.mux == nil {
			info.IdleTime = time.Since(c.idleSince)
		}
		x.trace.GotConn(info)
	}
	if x.x != nil {
		x.x.Reused, x.x.GotConn = reused, time.Now()
		if !reused {
			x.x.ConnectTime = c.connectTime
		}
	}
	x.w = wireOf(x.to.target.Protocol, c)
	return nil
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
	x.phase = Writing
	if err := x.w.send(x); err != nil {
		return err
	}
	x.wrote()
	x.phase = FirstByte
	if err := x.w.head(x); err != nil {
		return err
	}
	x.phase = Reading
	return x.finishHead()
}

// wrote tells who listens that the request, but for a body that is written
// beside the reading, is on its way.
func (x *call) wrote() {
	if x.t.FirstByteTimeout > 0 {
		x.wroteAt = time.Now()
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
		x.trace.WroteRequest(httptrace.WroteRequestInfo{Err: x.writeErr})
	}
}

// writeLimit is the deadline of a write that begins now.
func (x *call) writeLimit() time.Time {
	if x.t.WriteTimeout == 0 {
		return x.deadline
	}
	return earlier(time.Now().Add(x.t.WriteTimeout), x.deadline)
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// firstByte waits for the answer to begin.
func (x *call) firstByte() error {
	x.limitAnswer()
	if err := x.c.ensure(1); err != nil {
		return x.readError(err, "its first byte")
	}
	x.answerBegan()
	return nil
}

// limitAnswer sets the reading's limits: that of the first byte from when the
// request was written.
func (x *call) limitAnswer() {
	if !x.deadline.IsZero() {
		x.c.setDeadline(net.Conn.SetReadDeadline, x.deadline)
	}
	if x.t.FirstByteTimeout > 0 {
		x.c.awaitFirst.Store(true)
		if x.upload == nil || !x.upload.sentTime().IsZero() {
			x.limitFirstByte()
		}
	}
}

// alarm is a channel that tells when the deadline has come; none ever does where
// there is no deadline. stop lets go of it.
func alarm(deadline time.Time) (up <-chan time.Time, stop func()) {
	if deadline.IsZero() {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until(deadline))
	return timer.C, func() { timer.Stop() }
}

// firstByteLimit is when the answer must have begun; zero is no limit.
func (x *call) firstByteLimit() time.Time {
	wroteAt := x.wroteAt
	if x.upload != nil {
		wroteAt = x.upload.sentTime()
	}
	if x.t.FirstByteTimeout == 0 || wroteAt.IsZero() {
		return x.deadline
	}
	return earlier(wroteAt.Add(x.t.FirstByteTimeout), x.deadline)
}

// limitFirstByte begins the wait for the first byte: the request is written.
func (x *call) limitFirstByte() {
	x.c.setDeadline(func(c net.Conn, at time.Time) error {
		if !x.c.awaitFirst.Load() {
			return nil
		}
		return c.SetReadDeadline(at)
	}, x.firstByteLimit())
}

func (x *call) answerBegan() {
	if x.stream == nil && x.t.FirstByteTimeout > 0 && x.c.awaitFirst.Swap(false) {
		x.c.setDeadline(net.Conn.SetReadDeadline, x.deadline)
	}
	x.phase = Reading
	if x.x != nil {
		x.x.FirstByte = time.Now()
	}
	if x.trace != nil && x.trace.GotFirstResponseByte != nil {
		x.trace.GotFirstResponseByte()
	}
}

// readError makes of a failed read what the caller is told.
func (x *call) readError(err error, missing string) error {
	if cause := x.interrupted(err); cause != nil {
		return cause
	}
	return &TruncatedError{
		Protocol: x.to.target.Protocol,
		Read:     x.came(),
		Missing:  missing,
		Reused:   x.c.requests.Load() > 1,
		Err:      cmp.Or(x.writeErr, err),
	}
}

// writeError is a failed write: the end of a limit, or else nil. A server may
// answer before it has read all, and close: the reading finds out.
func (x *call) writeError(err error) error {
	if cause := x.interrupted(err); cause != nil {
		return cause
	}
	x.writeErr = err
	return nil
}

// interrupted is the context's error or a limit's, where one of them was why.
func (x *call) interrupted(err error) error {
	if x.ctx.Err() != nil {
		return context.Cause(x.ctx)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return x.timeout()
	}
	return nil
}

// timeout is the limit that was reached, and what for.
func (x *call) timeout() error {
	if x.phase == FirstByte && x.upload != nil && x.upload.sentTime().IsZero() {
		x.phase = Writing
	}
	return &TimeoutError{x.phase, x.limit(x.phase)}
}

// limit is the one that a phase is under.
func (x *call) limit(phase Phase) time.Duration {
	limit := time.Duration(0)
	switch phase {
	case Writing:
		limit = x.t.WriteTimeout
	case FirstByte:
		limit = x.t.FirstByteTimeout
	}
	if limit == 0 || x.t.Timeout > 0 && time.Since(x.began) >= x.t.Timeout {
		return x.t.Timeout
	}
	return limit
}

// came is how many bytes of this answer have come.
func (x *call) came() int64 {
	if x.stream != nil {
		return x.stream.taken()
	}
	return x.c.read - x.readFrom
}

// breach is an answer that breaks a rule, told with the bytes at the
// connection's read position.
func (x *call) breach(err error) error {
	return &BreachError{x.to.target.Protocol, x.c.position() - x.readFrom, x.c.shown(), err}
}

// readCGIHead parses the header block that the pieces of a CGI answer begin
// with (RFC 3875 6), and keeps what follows it.
func (x *call) readCGIHead() error {
	var head []byte // pieces, where one is not enough
	for {
		piece, err := x.w.next(x)
		if err == io.EOF && x.to.target.Protocol == SCGI {
			return x.readError(err, "the end of the header")
		}
		if err == io.EOF {
			return x.malformed(head, errors.New("expected a CGI header and a blank line, got an answer that ends before it"))
		}
		if err != nil {
			return err
		}
		if head != nil {
			head = append(head, piece...)
			piece = head
		}
		answer, n, err := x.parser.Parse(piece)
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

func (x *call) malformed(head []byte, err error) error {
	var s *cgi.SyntaxError
	at := 0
	if errors.As(err, &s) {
		at = min(int(s.Offset), len(head))
	}
	bytes := head[at:min(len(head), at+shownBytes)]
	return &BreachError{x.to.target.Protocol, int64(at), append([]byte(nil), bytes...), err}
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
	x.left = r.ContentLength
	status := r.StatusCode
	x.bare = x.req.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified || status < 200
	if location := r.Header.Get("Location"); location != "" && x.t.target == nil {
		x.keepOnSocket(location)
	}
	if x.bare {
		x.left = 0
		return x.readBare()
	}
	x.cutToLength()
	if x.left == 0 {
		x.settleIfRead()
	}
	return nil
}

// readBare reads an answer without a body to its end, which is due at once.
func (x *call) readBare() error {
	x.resp.Body = http.NoBody
	for {
		if _, err := x.w.next(x); err == io.EOF {
			x.settle(x.w.keeps(x))
			return nil
		} else if err != nil {
			return err
		}
	}
}

// keepOnSocket makes a redirect that stays on this server a URL of this socket,
// which a relative reference could not say: a socket's path is the URL's own.
func (x *call) keepOnSocket(location string) {
	if x.to.target.Network != "unix" {
		return
	}
	base, err := url.Parse("http://" + x.to.host + x.to.path)
	if err != nil {
		return
	}
	u, err := base.Parse(location)
	if err != nil || u.Host != base.Host || u.Scheme != "http" && u.Scheme != "https" {
		return
	}
	location = onSocket(x.to.target, u.RequestURI())
	if u.Fragment != "" {
		location += "#" + u.EscapedFragment()
	}
	x.resp.Header.Set("Location", location)
}

// fail ends a request that got no answer.
func (x *call) fail(err error) error {
	if x.upload != nil {
		if cause := x.upload.bodyError(); cause != nil {
			err = cause
		}
	}
	x.settle(x.refused(err))
	if cause := x.ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = context.Cause(x.ctx)
	}
	return err
}

// refused says that the application ended the request properly, without a
// result: the connection takes another.
func (x *call) refused(err error) bool {
	var rejected *RejectedError
	return errors.As(err, &rejected) && x.w.keeps(x)
}

// canRetry holds for a kept connection that ended before it gave a byte, a
// method that may be repeated, and a body that can be had again.
func (x *call) canRetry(err error) bool {
	var lost *TruncatedError
	if !errors.As(err, &lost) || !lost.Reused || lost.Read > 0 {
		return false
	}
	switch x.req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
	default:
		return false
	}
	return x.req.Body == nil || x.req.Body == http.NoBody || x.req.GetBody != nil
}

// again is the same request once more, on a connection of its own making.
func (t *Transport) again(lost *call) (*call, error) {
	req := lost.req
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("the request's body for a second try: %w", err)
		}
		req = req.Clone(req.Context())
		req.Body = body
	}
	t.stats.retried.Add(1)
	x, err := t.newCall(req)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	x.began, x.deadline, x.fresh = lost.began, lost.deadline, true
	if x.x != nil {
		x.x.Began, x.x.Retried = lost.began, true
	}
	return x, nil
}
