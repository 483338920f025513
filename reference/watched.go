package reference

import (
	"net"
	"sync/atomic"
	"time"
)

// clock tells the time coarsely, for a load of a word: a server looks at it
// several times a request.
type clock struct {
	now  atomic.Int64 // ticks since the start
	done chan struct{}
}

// tick is fine enough for limits of seconds.
const tick = 100 * time.Millisecond

func (c *clock) start() {
	c.now.Store(1)
	c.done = make(chan struct{})
	go func(done chan struct{}) {
		t := time.NewTicker(tick)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				c.now.Add(1)
			case <-done:
				return
			}
		}
	}(c.done)
}

func (c *clock) stop() { close(c.done) }

// watched is a connection whose waits are bounded: the server ends one that
// waits too long. That costs two stores a wait, where a deadline costs a timer.
type watched struct {
	net.Conn
	s *Server

	reads  atomic.Int64 // the tick at which reading began to wait; negative where idle; 0: it doesn't
	writes atomic.Int64
	served atomic.Bool // it has carried a request
	ending atomic.Bool
}

// reading says that the next Read waits for a request, or for the rest of one.
func (w *watched) reading(idle bool) {
	now := w.s.clock.now.Load()
	if idle {
		now = -now
	}
	w.reads.Store(now)
	if idle && w.s.stopping.Load() {
		w.endSoon()
	}
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.reads.Store(0)
	return n, err
}

func (w *watched) Write(p []byte) (int, error) {
	w.writes.Store(w.s.clock.now.Load())
	n, err := w.Conn.Write(p)
	w.writes.Store(0)
	return n, err
}

// endIfIdle ends a connection that waits for a request, when the server stops.
func (w *watched) endIfIdle() {
	if w.reads.Load() < 0 && !w.ending.Swap(true) {
		w.endSoon()
	}
}

// firstRequest is how long a stopping server waits for the first request of a
// connection: who has just connected is about to send it.
const firstRequest = time.Second

// endSoon lets the connection read what has come already.
func (w *watched) endSoon() {
	limit := drainPause
	if !w.served.Load() {
		limit = firstRequest
	}
	w.Conn.SetReadDeadline(time.Now().Add(limit))
}

// linger waits for the web server to close, for at most d, after its answer.
func (w *watched) linger(d time.Duration) {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	w.Conn.SetReadDeadline(time.Now().Add(d))
	var sink [4096]byte
	for {
		if _, err := w.Conn.Read(sink[:]); err != nil {
			return
		}
	}
}

// watch ends connections that wait too long, until it is stopped.
func (s *Server) watch() (stop func()) {
	done := make(chan struct{})
	go func() {
		t := time.NewTicker(5 * tick)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				s.eachConn(s.endIfLate)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

func (s *Server) endIfLate(w *watched) {
	now := s.clock.now.Load()
	late := func(since int64, limit, otherwise time.Duration) bool {
		if limit == 0 {
			limit = otherwise
		}
		return since > 0 && limit > 0 && time.Duration(now-since)*tick >= limit
	}
	reads := w.reads.Load()
	if late(-reads, s.IdleTimeout, DefaultIdleTimeout) ||
		late(reads, s.ReadTimeout, DefaultReadTimeout) ||
		late(w.writes.Load(), s.WriteTimeout, DefaultWriteTimeout) {
		w.Conn.Close()
	}
}
