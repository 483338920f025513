package reference

import (
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// fcgiConn serves FastCGI on one connection. One goroutine at a time reads it:
// usually the one that also runs the handlers, so that a request costs no switch
// between goroutines. A handler that has to wait gives the reading away
// (Request.Detach); a request that comes complete while another's handler waits
// for its body gets a goroutine.
type fcgiConn struct {
	s  *Server
	w  *watched
	in buffer

	// Of the goroutine that reads.
	starting []*Request // their parameters are complete
	broken   error      // what ended the reading while a handler waited for its body

	mu          sync.Mutex
	arrived     sync.Cond // something of a detached request's body, or the connection's end
	drained     sync.Cond // what waited to be written is written
	active      []*Request
	spare       []*Request
	out         []byte // answers that wait to be written
	other       []byte // the buffer that out is exchanged with
	writing     bool
	multiplexed bool     // it has carried several requests at once
	cut         bool     // what is read next is the rest of a record
	users       int      // the reading goroutine, and those of detached requests
	lent        *Request // runs on the goroutine that reads, until takeOver
	lendTimer   *time.Timer
	closing     bool // a request without KEEP_CONN has ended
	unended     bool // one has ended before its input did
	err         error
	finished    chan struct{}
}

func serveFastCGI(s *Server, w *watched) {
	c := &fcgiConn{s: s, in: buffer{nc: w}, w: w, users: 1, finished: make(chan struct{})}
	c.arrived.L, c.drained.L = &c.mu, &c.mu
	c.readLoop()
	<-c.finished
}

// readLoop reads and runs what is complete, until the connection ends or a
// handler has given the reading away.
func (c *fcgiConn) readLoop() {
	for {
		r, err := c.nextRequest()
		if err == errServed {
			c.linger()
		}
		if err != nil {
			c.endOfInput(err)
			return
		}
		if !c.run(r) {
			c.leave()
			return
		}
	}
}

// leave is the end of a goroutine's use of the connection; the last one closes
// it.
func (c *fcgiConn) leave() {
	c.mu.Lock()
	c.users--
	last := c.users == 0
	c.mu.Unlock()
	if last {
		c.flush()
		c.w.Close()
		close(c.finished)
	}
}

// endOfInput ends the reading: every request that waits for more gets an error;
// answers are still written.
func (c *fcgiConn) endOfInput(err error) {
	c.mu.Lock()
	for _, r := range slices.Clone(c.active) {
		if err != io.EOF { // half a close is none: the answers are still wanted
			c.abort(r)
		}
		r.Stdin.err, r.Data.err = ErrAborted, ErrAborted
	}
	c.arrived.Broadcast()
	c.write()
	c.mu.Unlock()
	c.leave()
}

// nextRequest reads until a request can start: its parameters are complete, and
// as much of its body as has come is at hand.
func (c *fcgiConn) nextRequest() (*Request, error) {
	for c.broken == nil {
		h, whole := c.peek()
		if !whole && len(c.starting) > 0 {
			r := c.starting[0]
			c.starting = c.starting[:copy(c.starting, c.starting[1:])]
			return r, nil
		}
		if err := c.advance(h, whole); err != nil {
			return nil, err
		}
	}
	return nil, c.broken
}

// over says that a request without KEEP_CONN has ended (5.1), and no other one
// is there. The lock is held.
func (c *fcgiConn) over() bool { return c.closing && len(c.active) == 0 }

// lingerLimit is how long a connection that has served its request waits for
// the web server to read the answer and close, where it was still sending: a
// close with bytes unread would reset the connection, answer and all.
const lingerLimit = time.Second

var errServed = errors.New("the connection has served its requests")

func (c *fcgiConn) linger() {
	c.flush()
	c.mu.Lock()
	unended := c.unended || len(c.in.bytes()) > 0
	c.mu.Unlock()
	if unended {
		c.w.linger(lingerLimit)
	}
}

// peek is the next record's header, and whether all of it is buffered.
func (c *fcgiConn) peek() (fcgi.Header, bool) {
	b := c.in.bytes()
	if len(b) < fcgi.HeaderLen {
		return fcgi.Header{}, false
	}
	h, _ := fcgi.ParseHeader(b)
	return h, len(b) >= h.Len()
}

// advance takes a whole record, or reads more; errServed is the end of both.
func (c *fcgiConn) advance(h fcgi.Header, whole bool) error {
	if whole {
		return c.takeRecords()
	}
	need := fcgi.HeaderLen
	if h != (fcgi.Header{}) {
		if err := checkVersion(h); err != nil {
			return err
		}
		need = h.Len()
	}
	if err := c.beforeReading(); err != nil {
		return err
	}
	if err := c.in.fill(need); err != nil {
		return c.afterReading(err)
	}
	return nil
}

// beforeReading writes what waits, and says what the reading waits for.
func (c *fcgiConn) beforeReading() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.write()
	if c.over() {
		return errServed
	}
	if err == nil {
		c.cut = len(c.in.bytes()) > 0
		c.w.awaits(c.due())
	}
	return err
}

// afterReading is what a Read that failed means. One that was ended because the
// connection was idle goes on if a request has come meanwhile.
func (c *fcgiConn) afterReading(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over():
		return errServed
	case errors.Is(err, os.ErrDeadlineExceeded) && (c.cut || len(c.active) > 0):
		return c.w.SetReadDeadline(time.Time{})
	}
	return err
}

// due is what the web server has yet to send. The lock is held.
func (c *fcgiConn) due() due {
	switch {
	case c.cut || slices.ContainsFunc(c.active, (*Request).isCut):
		return dueRest
	case len(c.active) > 0:
		return dueNothing
	}
	return dueRequest
}

// isCut says that more of the request has to come.
func (r *Request) isCut() bool {
	return !r.state.aborted && !(r.state.paramsEnded && r.Stdin.ended && r.Data.ended)
}

// takeRecords takes all records that are whole, under one lock.
func (c *fcgiConn) takeRecords() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over() {
		return errServed
	}
	if c.takeRepeated() {
		return nil
	}
	came, alone, answers := c.in.bytes(), len(c.active) == 0, len(c.out)
	for !c.over() {
		r, n, err := fcgi.ParseRecord(c.in.bytes())
		if err != nil {
			break // no further one is whole
		}
		c.in.take(n)
		if err := c.record(r); err != nil {
			return err
		}
	}
	if alone && len(c.active) == 1 && len(c.in.bytes()) == 0 && len(c.out) == answers {
		c.active[0].remember(came)
	}
	return nil
}

func checkVersion(h fcgi.Header) error {
	if h.Version != fcgi.Version {
		return &fcgi.SyntaxError{Section: "3.3", Expected: "version 1", Got: strconv.Itoa(int(h.Version))}
	}
	return nil
}

// pump takes one record for a handler that waits for its body on the goroutine
// that reads. A request that is complete meanwhile gets a goroutine of its own.
func (c *fcgiConn) pump() error {
	h, whole := c.peek()
	if c.broken == nil {
		c.broken = c.advance(h, whole)
	}
	if c.broken != nil {
		return ErrAborted
	}
	for _, r := range c.starting {
		c.mu.Lock()
		c.users++
		c.mu.Unlock()
		r.inline = false
		go func() {
			c.s.respond(r, fcgiFramer{})
			r.over()
			c.leave()
		}()
	}
	c.starting = c.starting[:0]
	return nil
}

// record takes one record (3.3).
func (c *fcgiConn) record(r fcgi.Record) error {
	if err := checkVersion(r.Header); err != nil {
		return err
	}
	if r.RequestID == fcgi.NullRequestID {
		c.management(r)
		return nil
	}
	switch r.Type {
	case fcgi.TypeBeginRequest:
		return c.beginRequest(r)
	case fcgi.TypeAbortRequest:
		if req := c.find(r.RequestID); req != nil {
			c.abort(req)
		}
	case fcgi.TypeParams:
		return c.params(r)
	case fcgi.TypeStdin:
		return c.input(r, func(req *Request) *Input { return &req.Stdin })
	case fcgi.TypeData:
		return c.input(r, func(req *Request) *Input { return &req.Data })
	}
	return nil // a type that is not for applications, or an unknown one
}

func (c *fcgiConn) find(id uint16) *Request {
	for _, r := range c.active {
		if r.id == id {
			return r
		}
	}
	return nil
}

// management answers a management record (4).
func (c *fcgiConn) management(r fcgi.Record) {
	if r.Type != fcgi.TypeGetValues {
		c.out = fcgi.AppendUnknownType(c.out, r.Type)
		return
	}
	asked, err := fcgi.ParseValues(r.Content)
	if err != nil {
		return
	}
	var values []fcgi.Pair
	for _, p := range asked {
		if value := c.s.value(string(p.Name)); value != "" {
			values = append(values, fcgi.Pair{Name: p.Name, Value: []byte(value)})
		}
	}
	c.out = fcgi.AppendGetValuesResult(c.out, values...)
}

// beginRequest makes a request id active (5.1), or ends it at once (5.5).
func (c *fcgiConn) beginRequest(r fcgi.Record) error {
	body, err := fcgi.ParseBeginRequest(r.Content)
	if err != nil {
		return err
	}
	if c.find(r.RequestID) != nil {
		return &fcgi.SyntaxError{Section: "3.3", Expected: "an id that is not active in FCGI_BEGIN_REQUEST", Got: strconv.Itoa(int(r.RequestID))}
	}
	keep := body.Flags&fcgi.KeepConn != 0
	if status := c.reject(body.Role); status != fcgi.RequestComplete {
		c.out = fcgi.AppendEndRequest(c.out, r.RequestID, 0, status)
		c.closing = c.closing || !keep
		return nil
	}
	req := c.newRequest()
	req.id, req.Role, req.KeepConn, req.keep = r.RequestID, body.Role, keep, keep
	c.multiplexed = c.multiplexed || len(c.active) > 0
	c.active = append(c.active, req)
	return nil
}

// reject is why a new request is not taken (5.5).
func (c *fcgiConn) reject(role fcgi.Role) fcgi.ProtocolStatus {
	switch {
	case role.Inputs() == nil:
		return fcgi.UnknownRole
	case len(c.active) > 0 && !c.s.multiplexes():
		return fcgi.CantMpxConn
	case len(c.active) >= c.s.maxRequests():
		return fcgi.Overloaded
	}
	return fcgi.RequestComplete
}

func (c *fcgiConn) newRequest() *Request {
	var r *Request
	if n := len(c.spare); n > 0 {
		r, c.spare = c.spare[n-1], c.spare[:n-1]
	} else {
		r = &Request{conn: c, Protocol: client.FastCGI}
	}
	r.params, r.raw, r.whole = r.params[:0], r.raw[:0], r.whole[:0]
	r.repeats, r.made = false, nil
	r.renew()
	return r
}

// params takes a piece of the parameters (5.2). Their end starts the request.
func (c *fcgiConn) params(rec fcgi.Record) error {
	r := c.find(rec.RequestID)
	if r == nil || r.state.paramsEnded {
		return nil
	}
	if len(rec.Content) > 0 {
		if len(r.raw)+len(rec.Content) > c.s.maxParams() {
			return &fcgi.SyntaxError{Section: "3.4", Expected: "at most " + strconv.Itoa(c.s.maxParams()) + " bytes of parameters", Got: "more"}
		}
		r.raw = append(r.raw, rec.Content...)
		return nil
	}
	r.state.paramsEnded = true
	if r.Role == fcgi.Authorizer {
		r.Stdin.ended, r.Data.ended = true, true
	} else if r.Role == fcgi.Responder {
		r.Data.ended = true
	}
	if err := r.parseParams(); err != nil {
		return err
	}
	r.Params = slices.Clip(r.params)
	c.starting = append(c.starting, r)
	return nil
}

// parseParams makes parameters of the stream's bytes. Nearly all lengths are of the
// short form (3.4), so that one is decoded here.
func (r *Request) parseParams() error {
	for rest := r.raw; len(rest) > 0; {
		if len(rest) >= 2 && rest[0]|rest[1] < 0x80 {
			mid := 2 + int(rest[0])
			if end := mid + int(rest[1]); end <= len(rest) {
				r.params = append(r.params, Param{rest[2:mid:mid], rest[mid:end:end]})
				rest = rest[end:]
				continue
			}
		}
		p, n, err := fcgi.ParsePair(rest)
		if err != nil {
			return &fcgi.SyntaxError{Section: "3.4", Offset: int64(len(r.raw) - len(rest)), Expected: "a whole name-value pair", Got: "the end of the stream"}
		}
		r.params = append(r.params, Param{p.Name, p.Value})
		rest = rest[n:]
	}
	return nil
}

// input takes a piece of STDIN or DATA (5.3).
func (c *fcgiConn) input(rec fcgi.Record, of func(*Request) *Input) error {
	r := c.find(rec.RequestID)
	if r == nil || r.state.ended {
		return nil
	}
	in := of(r)
	if in.ended {
		return nil
	}
	if len(rec.Content) == 0 {
		in.ended = true
	} else if !r.state.aborted {
		c.awaitRoom(r, in)
		in.add(rec.Content)
	}
	c.arrived.Broadcast()
	return nil
}

// inputWindow is how much of a body is held for a detached handler that reads
// slowly; then the connection waits for it, since FastCGI has no flow control.
const inputWindow = 256 << 10

func (c *fcgiConn) awaitRoom(r *Request, in *Input) {
	for !r.inline && in.unread() > inputWindow && !r.state.ended && !r.state.aborted {
		c.arrived.Wait()
	}
}

// abort notes that the web server gives a request up (5.4). One that has not
// started is ended at once; the handler of another finds out. The lock is held.
func (c *fcgiConn) abort(r *Request) {
	if r.state.aborted {
		return
	}
	r.state.aborted = true
	r.Stdin.err, r.Data.err = ErrAborted, ErrAborted
	if r.state.abortSignal != nil {
		close(r.state.abortSignal)
	}
	c.arrived.Broadcast()
	if !r.state.paramsEnded {
		c.out = fcgi.AppendEndRequest(c.out, r.id, 0, fcgi.RequestComplete)
		c.endRequest(r)
	}
}

// run answers one request; it says whether this goroutine still reads.
func (c *fcgiConn) run(r *Request) (reading bool) {
	c.s.respond(r, fcgiFramer{})
	return r.over()
}

// over gives the request's memory back, and says whether it was inline to its
// end. Where it was not, another goroutine may be waiting for bytes that the web
// server does not owe any more.
func (r *Request) over() bool {
	if r.inline {
		return true // endRequest has done so
	}
	c := r.conn.(*fcgiConn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spare = append(c.spare, r)
	if c.over() {
		c.w.endRead()
	} else {
		c.w.awaitsNow(c.due())
	}
	return false
}

// endRequest makes a request's id inactive. The lock is held.
func (c *fcgiConn) endRequest(r *Request) {
	r.state.ended = true
	c.unended = c.unended || !r.Stdin.ended || !r.Data.ended
	c.arrived.Broadcast()
	for i, other := range c.active {
		if other == r {
			c.active = append(c.active[:i], c.active[i+1:]...)
			break
		}
	}
	if !r.KeepConn {
		c.closing = true
	}
	if r.inline { // its goroutine is done with it before it reads the next
		c.spare = append(c.spare, r)
	}
}

func (c *fcgiConn) connection() *watched { return c.w }

func (c *fcgiConn) abortSignal(r *Request) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.state.abortSignal == nil {
		r.state.abortSignal = make(chan struct{})
		if r.state.aborted {
			close(r.state.abortSignal)
		}
	}
	return r.state.abortSignal
}

func (c *fcgiConn) ended(in *Input) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return in.ended
}

func (c *fcgiConn) interrupt(r *Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Stdin.err = ErrAborted
	c.arrived.Broadcast()
}

// read reads a request's input. Inline it reads the connection itself.
func (c *fcgiConn) read(in *Input, p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for in.unread() == 0 {
		switch {
		case in.ended:
			return 0, io.EOF
		case in.err != nil:
			return 0, in.err
		case !in.r.inline:
			c.arrived.Wait()
		default:
			c.mu.Unlock()
			err := c.pump()
			c.mu.Lock()
			if err != nil {
				return 0, err
			}
		}
	}
	n := in.take(p)
	c.arrived.Broadcast()
	return n, nil
}

// send takes what an answer has gathered. It is written at once, unless whole
// requests are at hand whose answers can go with it.
func (c *fcgiConn) send(w *Response, last bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.writing && len(c.out) > gathered && c.err == nil {
		c.drained.Wait()
	}
	if len(c.out) == 0 {
		c.out, w.out = w.out, c.out
	} else {
		c.out = append(c.out, w.out...)
	}
	w.out = w.out[:0]
	if last {
		c.endRequest(w.r)
	}
	if last && w.r.inline {
		if _, whole := c.peek(); whole {
			return c.err // beforeReading writes it
		}
	}
	return c.write()
}

// flush writes what waits, and waits for who is writing.
func (c *fcgiConn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write()
	for c.writing {
		c.drained.Wait()
	}
}

// write writes what waits. While one goroutine writes the others leave it to
// that one. The lock is held, but for the writing.
func (c *fcgiConn) write() error {
	for len(c.out) > 0 && !c.writing && c.err == nil {
		b := c.out
		c.out, c.writing = c.other[:0], true
		c.mu.Unlock()
		_, err := c.w.Write(b)
		c.mu.Lock()
		c.other, c.writing = b[:0], false
		if err != nil {
			c.err = err
		}
		c.drained.Broadcast()
	}
	return c.err
}
