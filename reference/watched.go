package reference

import (
	"math"
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

	reads  atomic.Int64 // the tick at which reading began to wait; negative where idle; nothingDue; 0: it doesn't
	writes atomic.Int64
	served atomic.Bool // it has carried a request
	ending atomic.Bool
}

// due is what a connection that reads waits for.
type due int

const (
	dueRequest due = iota // it is idle
	dueRest               // of a request
	dueNothing            // its requests have come whole, and are not answered yet
)

// nothingDue is no tick, but that reading may wait for as long as it takes: the
// web server owes nothing.
const nothingDue = math.MaxInt64

// reading says that the next Read waits for a request, or for the rest of one.
func (w *watched) reading(idle bool) {
	if idle {
		w.awaits(dueRequest)
	} else {
		w.awaits(dueRest)
	}
}

// awaits says what the next Read waits for.
func (w *watched) awaits(d due) {
	w.reads.Store(w.since(d))
	w.endIfStopping(d)
}

// awaitsNow says what a Read that waits already, if there is one, waits for from
// now on. Like endRead it must not be called while another goroutine is in awaits.
func (w *watched) awaitsNow(d due) {
	since := w.reads.Load()
	if d != dueRest && since > 0 && w.reads.CompareAndSwap(since, w.since(d)) {
		w.endIfStopping(d)
	}
}

// endRead ends a Read that waits. It must leave another deadline alone where none
// does: linger's.
func (w *watched) endRead() {
	if w.reads.Load() != 0 {
		w.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// since is the value of reads that tells when the wait began, and for what.
func (w *watched) since(d due) int64 {
	switch d {
	case dueRequest:
		return -w.s.clock.now.Load()
	case dueNothing:
		return nothingDue
	}
	return w.s.clock.now.Load()
}

func (w *watched) endIfStopping(d due) {
	if d == dueRequest && w.s.stopping.Load() {
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
		return since > 0 && since != nothingDue && limit > 0 && time.Duration(now-since)*tick >= limit
	}
	reads := w.reads.Load()
	if late(-reads, s.IdleTimeout, DefaultIdleTimeout) ||
		late(reads, s.ReadTimeout, DefaultReadTimeout) ||
		late(w.writes.Load(), s.WriteTimeout, DefaultWriteTimeout) {
		w.Conn.Close()
	}
}
