package client

import (
	"bytes"
	"runtime"
	"slices"
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

	missed atomic.Bool // it had ended when it was wanted

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
		m.streams[i] = &muxStream{m: m, id: id, ready: make(chan struct{}, 1), room: make(chan struct{}, 1), usualEnd: slices.Clone(usualEnd)}
		m.streams[i].parser.Share = &c.pool.answers
		fcgi.SetRequestID(m.streams[i].usualEnd, id)
		m.spare = append(m.spare, uint16(c.capacity-i))
	}
	c.in = make([]byte, muxBuffer)
	return m
}

func (m *muxer) start() {
	go m.readLoop()
	go m.writeLoop()
}

// enter makes a stream the request's; false where the connection has ended.
func (m *muxer) enter(x *call) bool {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return false
	}
	id := m.spare[len(m.spare)-1]
	m.spare = m.spare[:len(m.spare)-1]
	m.mu.Unlock()
	s := m.streams[id-1]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset(x)
	x.stream, x.reused = s, m.c.requests.Add(1) > 1
	return true
}

// send gives whole records to the writer.
func (m *muxer) send(b []byte) error {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return m.err
	}
	start := len(m.out)
	m.out = append(m.out, b...)
	m.mu.Unlock()
	if start == 0 { // the others find the writer on its way
		signal(m.wake)
	}
	return nil
}

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
		r, err := m.c.record()
		if err == nil {
			err = m.deliver(r)
		}
		if err != nil {
			m.fail(err)
			return
		}
		if _, whole := m.following(); !whole {
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

// following is the request id of the next record, where all of it is buffered.
func (m *muxer) following() (id uint16, whole bool) {
	h, err := fcgi.ParseHeader(m.c.buffered())
	return h.RequestID, err == nil && len(m.c.buffered()) >= h.Len()
}

// deliver gives a record to the request that it is for, with those behind it
// that are for the same one and have come.
func (m *muxer) deliver(r fcgi.Record) error {
	if r.Type.IsManagement() {
		return nil
	}
	if int(r.RequestID) > len(m.streams) {
		return m.inactive(r)
	}
	s := m.streams[r.RequestID-1]
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if !s.waitForRoom(len(r.Content)) {
			return nil // the next record will tell
		}
		if !s.active || s.ended {
			return m.inactive(r)
		}
		s.wire += int64(r.Len())
		if err := s.take(r); err != nil {
			return err
		}
		m.tell(s)
		if m.takeUsualEnd(s) {
			return nil
		}
		if id, whole := m.following(); !whole || id != s.id {
			return nil
		}
		var err error
		if r, err = m.c.record(); err != nil {
			return err
		}
	}
}

// takeUsualEnd ends an answer whose usual end has come behind its last piece.
func (m *muxer) takeUsualEnd(s *muxStream) bool {
	if s.ended || !bytes.HasPrefix(m.c.buffered(), s.usualEnd) {
		return false
	}
	m.c.take(len(s.usualEnd))
	s.wire += int64(len(s.usualEnd))
	s.finish(fcgi.EndRequestBody{})
	return true
}

// tell notes that a stream has news.
func (m *muxer) tell(s *muxStream) {
	if len(m.news) == 0 || m.news[len(m.news)-1] != s {
		m.news = append(m.news, s)
	}
}

// breach is one by the record that was just taken.
func (m *muxer) breach(r fcgi.Record, err error) error {
	b := r.Append(nil)
	return &BreachError{FastCGI, m.c.position() - int64(len(b)), b[:min(len(b), shownBytes)], err}
}

func (m *muxer) inactive(r fcgi.Record) error {
	return m.breach(r, &fcgi.SyntaxError{Section: "3.3", Offset: 2, Expected: "the id of an active request", Got: strconv.Itoa(int(r.RequestID))})
}

// fail ends the connection and every request on it.
func (m *muxer) fail(err error) {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return
	}
	m.c.lost = now()
	m.err = err
	close(m.dead)
	m.room.Broadcast()
	m.mu.Unlock()
	m.c.pool.drop(m.c) // first: who hears of it may try again, on another one
	for _, s := range m.streams {
		s.mu.Lock()
		if s.active && !s.ended {
			s.err = err
		}
		s.mu.Unlock()
		signal(s.ready)
	}
}

// free makes an id that is not active any more usable for the next request.
func (m *muxer) free(id uint16) {
	m.mu.Lock()
	m.spare = append(m.spare, id)
	m.mu.Unlock()
	m.c.pool.put(m.c)
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
