package client

import (
	"errors"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// muxStream is one request's share of the connection. It serves one request
// after the other: the ids are few and small (3.3).
type muxStream struct {
	m     *muxer
	id    uint16
	ready chan struct{} // there is something to read
	room  chan struct{} // the reader has read

	usualEnd []byte // of this id

	turn uint64 // counts the requests that it served
	x    *call  // whose it is
	read []byte // taken from buf, being read
	last bool   // read is all that was left: END_REQUEST came behind it
	out  []byte // the request is built in it

	built *prepared // whose whole request is in out

	parser cgi.Parser

	mu      sync.Mutex
	sent    int64  // bytes of this request's records
	buf     []byte // STDOUT that came
	stderr  []byte
	behind  bool  // the connection waits for room
	wire    int64 // bytes of this answer's records
	ended   bool
	end     fcgi.EndRequestBody
	err     error
	active  bool
	aborted bool // nobody reads; END_REQUEST frees the id
	givenUp bool // the application did not end it in time
	timer   *time.Timer
}

func (s *muxStream) reset(x *call) {
	drain(s.ready)
	drain(s.room)
	s.turn++
	s.x, s.sent, s.wire, s.last = x, 0, 0, false
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
		s.finish(end)
	}
	return nil
}

// finish notes END_REQUEST. The lock is held.
func (s *muxStream) finish(end fcgi.EndRequestBody) {
	s.end, s.ended = end, true
	if s.aborted {
		s.release()
	}
}

// waitForRoom holds the connection up while a reader is far behind; false says
// that the connection has ended meanwhile. The lock is held, but for the wait.
func (s *muxStream) waitForRoom(n int) bool {
	for s.full(n) {
		s.behind = true
		s.mu.Unlock()
		s.m.wakeReaders()
		signal(s.ready)
		alive := true
		select {
		case <-s.room:
		case <-s.m.dead:
			alive = false
		}
		s.mu.Lock()
		if !alive {
			return false
		}
	}
	return true
}

// full says that the reader is so far behind that n more bytes are too many. The
// lock is held.
func (s *muxStream) full(n int) bool {
	held := len(s.buf) + len(s.stderr)
	return held > 0 && held+n > MuxWindow && s.active && !s.aborted
}

// swap takes what has come, and leaves the buffer that was read for more. After
// the last piece it says that the answer has ended, or why it can't go on.
func (s *muxStream) swap() (piece []byte, ended bool, err error) {
	if s.last {
		return nil, true, s.x.endRequest(s.end)
	}
	s.mu.Lock()
	s.read, s.buf = s.buf, s.read[:0]
	stderr, x, behind := s.stderr, s.x, s.behind
	s.stderr, s.behind, s.last = nil, false, s.ended
	if err = s.err; s.ended {
		err = nil
	}
	s.mu.Unlock()
	if len(stderr) > 0 {
		x.writeStderr(stderr)
	}
	if behind {
		signal(s.room)
	}
	switch {
	case len(s.read) > 0:
		return s.read, false, nil
	case s.last:
		return nil, true, x.endRequest(s.end)
	}
	return nil, false, err
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

// abortGrace is how long an application may take to end an aborted request
// (5.4); then its connection takes no new ones. Tests have less patience.
var abortGrace = 5 * time.Second

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
