package client

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// MuxWindow is how many bytes of a multiplexed answer are held for a reader that
// is behind. Then the connection waits for it, and with it the others on it:
// FastCGI has no flow control of its own.
const MuxWindow = 1 << 20

const (
	muxBuffer  = 64 << 10  // one read takes a burst of small answers
	muxPending = 256 << 10 // bytes that wait to be written, beyond which bodies wait
	muxKept    = 64 << 10  // of a stream's buffers, which a usual answer fits in, for its next request
)

// abortGrace is how long an application may take to end an aborted request
// (5.4); then its connection takes no new ones. Tests have less patience.
var abortGrace = 5 * time.Second

// sharing is how many requests a connection takes at once.
type sharing struct {
	n atomic.Int32 // 0: not known

	mu    sync.Mutex
	asked *question // being asked
}

// question is one asking of the application, whose outcome all requests that
// come meanwhile wait for.
type question struct {
	done chan struct{} // closed with err set
	err  error
}

func (s *sharing) capacity() int { return max(int(s.n.Load()), 1) }

// askLimit is how long an application may take to answer GET_VALUES; one that
// does not know it stays silent.
const askLimit = 2 * time.Second

// maxSharing is how many request ids there are but for the null id (3.3).
const maxSharing = 65535

// learnSharing asks the application whether it multiplexes (4.1), once for a
// target.
func (p *pool) learnSharing(x *call) error {
	t, s := p.t, &p.sharing
	if t.Multiplex <= 1 || p.target.Protocol != FastCGI || t.DisableKeepAlives || s.n.Load() > 0 {
		return nil
	}
	if t.ForceMultiplex {
		s.n.Store(int32(min(t.Multiplex, maxSharing)))
		return nil
	}
	up, stop := alarm(x.deadline)
	defer stop()
	q := p.ask()
	select {
	case <-q.done:
		return q.err
	case <-up:
		return &TimeoutError{Connecting, t.Timeout}
	case <-x.ctx.Done():
		return context.Cause(x.ctx)
	}
}

// ask is the question, put now or before. It is no request's own: the first one
// may be cancelled while others wait.
func (p *pool) ask() *question {
	s := &p.sharing
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked != nil {
		return s.asked
	}
	q := &question{done: make(chan struct{})}
	s.asked = q
	go func() {
		defer close(q.done)
		c, err := p.dial(context.Background(), time.Time{})
		n := 0
		if err == nil {
			n = askSharing(c, min(p.t.Multiplex, maxSharing))
			c.Close() // before others are made: MaxConns counts it, too
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.n.Store(int32(n))
		s.asked, q.err = nil, err
	}()
	return q
}

// askSharing is how many requests, of at most want, the application says that it
// takes on a connection.
func askSharing(c *conn, want int) int {
	c.SetDeadline(time.Now().Add(askLimit))
	values, err := askValues(c)
	if err != nil || values[fcgi.FCGI_MPXS_CONNS] != "1" {
		return 1
	}
	if n, err := strconv.Atoi(values[fcgi.FCGI_MAX_REQS]); err == nil && n > 0 {
		want = min(want, n)
	}
	return want
}

// askValues queries an application's variables (4.1). The query is padded, since
// libfcgi answers only when a byte has come after it.
func askValues(c *conn) (map[string]string, error) {
	query := fcgi.AppendGetValues(nil, fcgi.HeaderLen, fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS)
	if _, err := c.Conn.Write(query); err != nil {
		return nil, err
	}
	r, err := c.record()
	if err != nil {
		return nil, err
	}
	if r.Type != fcgi.TypeGetValuesResult {
		return nil, errors.New("no FCGI_GET_VALUES_RESULT")
	}
	pairs, err := fcgi.ParseValues(r.Content)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(pairs))
	for _, p := range pairs {
		values[string(p.Name)] = string(p.Value)
	}
	return values, nil
}

// record waits for a whole record, whose header is one that an application may
// send.
func (c *conn) record() (fcgi.Record, error) {
	if err := c.ensure(fcgi.HeaderLen); err != nil {
		return fcgi.Record{}, err
	}
	h, _ := fcgi.ParseHeader(c.buffered())
	if err := checkAnswerHeader(h, fcgi.NullRequestID); err != nil {
		return fcgi.Record{}, &BreachError{FastCGI, c.position(), c.shown(), err}
	}
	if err := c.ensure(h.Len()); err != nil {
		return fcgi.Record{}, err
	}
	r, n, err := fcgi.ParseRecord(c.buffered())
	c.take(n)
	return r, err
}

// muxer shares a connection among requests: one goroutine reads and hands out,
// one gathers what is to be written.
type muxer struct {
	c    *conn
	wake chan struct{} // something is to be written
	dead chan struct{} // closed with err set
	news []*muxStream  // the reading goroutine's: something came, and they don't know yet

	mu      sync.Mutex
	out     []byte // to be written
	room    sync.Cond
	streams []*muxStream // by id less one
	spare   []uint16     // ids that are not active
	err     error
}

func newMuxer(c *conn) *muxer {
	m := &muxer{c: c, wake: make(chan struct{}, 1), dead: make(chan struct{})}
	m.room.L = &m.mu
	m.streams = make([]*muxStream, c.capacity)
	for i := range m.streams {
		id := uint16(i + 1)
		m.streams[i] = &muxStream{m: m, id: id, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
		m.spare = append(m.spare, uint16(c.capacity-i))
	}
	c.in = make([]byte, muxBuffer)
	go m.readLoop()
	go m.writeLoop()
	return m
}

// muxStream is one request's share of the connection. It serves one request
// after the other: the ids are few and small (3.3).
type muxStream struct {
	m     *muxer
	id    uint16
	ready chan struct{} // there is something to read
	room  chan struct{} // the reader has read

	turn uint64 // counts the requests that it served
	x    *call  // whose it is
	read []byte // taken from buf, being read
	sent int64

	mu      sync.Mutex
	buf     []byte // STDOUT that came
	stderr  []byte
	wire    int64 // bytes of this request's records that came
	ended   bool
	end     fcgi.EndRequestBody
	err     error
	active  bool
	aborted bool // nobody reads; END_REQUEST frees the id
	givenUp bool // the application did not end it in time
	timer   *time.Timer
}

// enter makes a stream the request's.
func (m *muxer) enter(x *call) (*muxStream, error) {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return nil, m.err
	}
	id := m.spare[len(m.spare)-1]
	m.spare = m.spare[:len(m.spare)-1]
	m.mu.Unlock()
	m.c.requests.Add(1)
	s := m.streams[id-1]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset(x)
	return s, nil
}

func (s *muxStream) reset(x *call) {
	drain(s.ready)
	drain(s.room)
	s.turn++
	s.x, s.sent, s.wire = x, 0, 0
	s.buf, s.read, s.stderr = kept(s.buf), kept(s.read), nil
	s.ended, s.err, s.active, s.aborted, s.givenUp = false, nil, true, false, false
}

// kept is a buffer for the next request, or none where the last one's answer
// made it large.
func kept(b []byte) []byte {
	if cap(b) > muxKept {
		return nil
	}
	return b[:0]
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// taken is how many bytes of this answer were on the wire.
func (s *muxStream) taken() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire
}

// counts are the bytes of this request's records, either way.
func (s *muxStream) counts() (read, written int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire, s.sent
}

// begun says that something of the answer has come, or its end has.
func (s *muxStream) begun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire > 0 || s.err != nil
}

// send gives whole records to the writer.
func (m *muxer) send(b []byte) error {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return m.err
	}
	m.out = append(m.out, b...)
	m.mu.Unlock()
	signal(m.wake)
	return nil
}

// write is send for a request's body, which waits while much is to be written.
// It stops when the request is over: another may have its id by then.
func (s *muxStream) write(turn uint64, b []byte) error {
	m := s.m
	m.mu.Lock()
	for len(m.out) > muxPending && m.err == nil {
		m.room.Wait()
	}
	m.mu.Unlock()
	return s.queue(turn, b)
}

// queue is send for the request whose turn it is, while it is not over.
func (s *muxStream) queue(turn uint64, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != turn || s.aborted || s.ended || !s.active {
		return errOver
	}
	if err := s.m.send(b); err != nil {
		return err
	}
	s.sent += int64(len(b))
	return nil
}

var errOver = errors.New("the request is over")

// writeLoop writes what has gathered. It lets those go first who are about to
// add to it, so that a burst of requests is one write.
func (m *muxer) writeLoop() {
	var b []byte
	for {
		select {
		case <-m.wake:
		case <-m.dead:
			return
		}
		runtime.Gosched()
		m.mu.Lock()
		b, m.out = m.out, b[:0]
		m.room.Broadcast()
		m.mu.Unlock()
		if len(b) == 0 {
			continue
		}
		if err := m.c.writeAll(b, m.writeLimit()); err != nil {
			m.fail(err)
			return
		}
	}
}

func (m *muxer) writeLimit() time.Time {
	if limit := m.c.pool.t.WriteTimeout; limit > 0 {
		return time.Now().Add(limit)
	}
	return time.Time{}
}

// readLoop takes records and hands them out; who waits is woken once for all
// that one read brought.
func (m *muxer) readLoop() {
	for {
		s, err := m.readRecord()
		if err != nil {
			m.fail(err)
			return
		}
		if s != nil && (len(m.news) == 0 || m.news[len(m.news)-1] != s) {
			m.news = append(m.news, s)
		}
		if !m.whole() {
			m.wakeReaders()
		}
	}
}

func (m *muxer) wakeReaders() {
	for _, s := range m.news {
		signal(s.ready)
	}
	m.news = m.news[:0]
}

// whole says that a whole record is buffered.
func (m *muxer) whole() bool {
	h, err := fcgi.ParseHeader(m.c.buffered())
	return err == nil && len(m.c.buffered()) >= h.Len()
}

// readRecord takes one record; it says whose request has something new.
func (m *muxer) readRecord() (*muxStream, error) {
	r, err := m.c.record()
	if err != nil {
		return nil, err
	}
	if r.Type.IsManagement() {
		return nil, nil
	}
	if int(r.RequestID) > len(m.streams) {
		return nil, m.inactive(r)
	}
	s := m.streams[r.RequestID-1]
	if !s.waitForRoom(len(r.Content)) {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.active || s.ended {
		return nil, m.inactive(r)
	}
	s.wire += int64(r.Len())
	return s, s.take(r)
}

// breach is one by the record that was just taken.
func (m *muxer) breach(r fcgi.Record, err error) error {
	b := r.Append(nil)
	return &BreachError{FastCGI, m.c.position() - int64(len(b)), b[:min(len(b), shownBytes)], err}
}

func (m *muxer) inactive(r fcgi.Record) error {
	return m.breach(r, &fcgi.SyntaxError{Section: "3.3", Offset: 2, Expected: "the id of an active request", Got: strconv.Itoa(int(r.RequestID))})
}

// take notes what a record brings. The lock is held.
func (s *muxStream) take(r fcgi.Record) error {
	switch r.Type {
	case fcgi.TypeStdout:
		if !s.aborted {
			s.buf = append(s.buf, r.Content...)
		}
	case fcgi.TypeStderr:
		if !s.aborted {
			s.stderr = append(s.stderr, r.Content...)
		}
	case fcgi.TypeEndRequest:
		end, err := fcgi.ParseEndRequest(r.Content)
		if err != nil {
			return s.m.breach(r, inContent(err))
		}
		s.end, s.ended = end, true
		if s.aborted {
			s.release()
		}
	}
	return nil
}

// waitForRoom holds the connection up while a reader is far behind; false says
// that the connection has ended meanwhile.
func (s *muxStream) waitForRoom(n int) bool {
	for {
		s.mu.Lock()
		held := len(s.buf) + len(s.stderr)
		full := s.active && !s.aborted && held > 0 && held+n > MuxWindow
		s.mu.Unlock()
		if !full {
			return true
		}
		s.m.wakeReaders()
		signal(s.ready)
		select {
		case <-s.room:
		case <-s.m.dead:
			return false
		}
	}
}

// fail ends the connection and every request on it.
func (m *muxer) fail(err error) {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return
	}
	m.err = err
	close(m.dead)
	m.room.Broadcast()
	m.mu.Unlock()
	for _, s := range m.streams {
		s.mu.Lock()
		if s.active && !s.ended {
			s.err = err
		}
		s.mu.Unlock()
		signal(s.ready)
	}
	m.c.pool.drop(m.c)
}

// release frees the id after END_REQUEST. The stream's lock is held.
func (s *muxStream) release() {
	s.active = false
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if s.givenUp {
		return // its room was given back
	}
	s.m.free(s.id)
}

// free makes an id that is not active any more usable for the next request.
func (m *muxer) free(id uint16) {
	m.mu.Lock()
	m.spare = append(m.spare, id)
	m.mu.Unlock()
	m.c.pool.put(m.c)
}

// giveUp retires a connection on which an aborted request goes on; it ends
// with the others on it.
func (s *muxStream) giveUp(turn uint64) {
	s.mu.Lock()
	late := s.turn == turn && s.active && s.aborted
	s.givenUp = s.givenUp || late
	s.mu.Unlock()
	if late {
		s.m.c.pool.retire(s.m.c)
		s.m.c.pool.put(s.m.c)
	}
}

// leave ends a request's use of its stream. One that is not over is aborted
// (5.4); its id is free once the application has ended it.
func (m *muxer) leave(s *muxStream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.x = nil
	switch {
	case s.err != nil: // with its connection
		s.active = false
	case s.ended, s.sent == 0: // or never begun
		s.release()
	default:
		s.aborted = true
		s.buf, s.stderr = kept(s.buf), nil
		turn := s.turn
		s.timer = time.AfterFunc(abortGrace, func() { s.giveUp(turn) })
		signal(s.room)
		m.send(fcgi.AppendAbortRequest(nil, s.id))
	}
}

// muxWire is FastCGI where requests share a connection.
type muxWire struct{}

func (muxWire) send(x *call) error {
	m := x.c.mux
	s, err := m.enter(x)
	if err != nil {
		return x.muxError(err)
	}
	x.stream = s
	b, err := x.appendRequest(x.scratch(), s.id, fcgi.KeepConn)
	if err != nil {
		return err
	}
	if err := s.queue(s.turn, b); err != nil {
		return x.muxError(err)
	}
	x.keepScratch(b)
	if x.upload != nil {
		x.upload.start(x, s.id)
	}
	return nil
}

// requestBuffers are those that multiplexed requests are built in.
var requestBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (x *call) scratch() []byte {
	x.built = requestBuffers.Get().(*[]byte)
	return (*x.built)[:0]
}

func (x *call) keepScratch(b []byte) {
	*x.built = b[:0]
	requestBuffers.Put(x.built)
	x.built = nil
}

func (muxWire) head(x *call) error {
	for !x.stream.begun() {
		if err := x.waitReady(x.firstByteLimit()); err != nil {
			return err
		}
	}
	x.answerBegan()
	return x.readCGIHead()
}

func (muxWire) keeps(*call) bool { return true }

// next is what has come of STDOUT since the last call.
func (muxWire) next(x *call) ([]byte, error) {
	for {
		if x.ctx.Err() != nil {
			return nil, context.Cause(x.ctx)
		}
		piece, err := x.stream.swap()
		if piece != nil || err == io.EOF {
			return piece, err
		}
		if err != nil {
			return nil, x.muxError(err)
		}
		if err := x.waitReady(x.deadline); err != nil {
			return nil, err
		}
	}
}

// swap takes what has come, and leaves the buffer that was read for more.
func (s *muxStream) swap() (piece []byte, err error) {
	s.mu.Lock()
	s.read, s.buf = s.buf, s.read[:0]
	stderr, x := s.stderr, s.x
	s.stderr = nil
	switch {
	case len(s.read) > 0:
		piece = s.read
	case s.ended:
		err = s.endError()
	default:
		err = s.err
	}
	s.mu.Unlock()
	if len(stderr) > 0 {
		x.writeStderr(stderr)
	}
	signal(s.room)
	return piece, err
}

// endError is what END_REQUEST says: io.EOF if all is well.
func (s *muxStream) endError() error {
	if s.x.x != nil {
		s.x.x.AppStatus = s.end.AppStatus
	}
	if s.end.ProtocolStatus != fcgi.RequestComplete {
		return &RejectedError{s.end.ProtocolStatus}
	}
	return io.EOF
}

// waitReady waits for something to read, until the deadline.
func (x *call) waitReady(deadline time.Time) error {
	up, stop := alarm(deadline)
	defer stop()
	select {
	case <-x.stream.ready:
		if x.upload != nil {
			return x.upload.bodyError()
		}
		return nil
	case <-up:
		return x.timeout()
	case <-x.ctx.Done():
		return context.Cause(x.ctx)
	}
}

// muxError makes of a shared connection's end what the caller is told.
func (x *call) muxError(err error) error {
	var breach *BreachError
	var rejected *RejectedError
	switch {
	case errors.As(err, &breach), errors.As(err, &rejected):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded): // only writing has one here
		return &TimeoutError{Writing, x.t.WriteTimeout}
	}
	var got int64
	if x.stream != nil {
		got = x.stream.taken()
	}
	return &TruncatedError{FastCGI, got, "END_REQUEST", x.c.requests.Load() > 1, err}
}

func (muxWire) ready(x *call) bool {
	s := x.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buf) > 0 || s.ended || s.err != nil
}

func (muxWire) direct(*call, []byte) (int, error) { return 0, nil }
