package reference

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// drain is a stopping server's accepting of the connections that were made
// before the stop.
type drain struct {
	begun bool
	until time.Time // of a queue that others may still join; zero is its end
}

// drainPause is how long an Accept looks for one: no time at all would look at
// none.
const drainPause = 5 * time.Millisecond

// sharedDrain is how long a queue is served that never ends, since it can't be
// closed to newcomers: it belongs to whoever left us the socket.
const sharedDrain = time.Second

func (d *drain) begin(hidden bool) {
	d.begun = true
	if !hidden {
		d.until = time.Now().Add(sharedDrain)
	}
}

// goesOn bounds the next Accept, and says whether there is to be one.
func (d *drain) goesOn(l net.Listener) bool {
	now := time.Now()
	setDeadline(l, now.Add(drainPause))
	return d.until.IsZero() || now.Before(d.until)
}

// hide sees to it that nobody connects any more, while those who have are
// served. It says whether it could: an inherited socket is not ours to hide.
func hide(l net.Listener) bool {
	h, ok := l.(interface{ hide() bool })
	return ok && h.hide()
}

// hides is hide, for a worker also where its parent has done it.
func (s *Server) hides(l net.Listener) bool { return s.hidden.Load() || hide(l) }

// awaitSlot waits until one more connection can be served. It says no where the
// server stops and none is waiting: then the address is a successor's, who need
// not wait for what is still being served.
func (s *Server) awaitSlot(l net.Listener, slots chan<- struct{}) bool {
	select {
	case slots <- struct{}{}:
		return true
	default:
	}
	select {
	case slots <- struct{}{}:
		return true
	case <-s.halted:
	}
	for until := time.Now().Add(sharedDrain); s.takesMore(l, until); {
		select {
		case slots <- struct{}{}:
			return true
		case <-time.After(drainPause): // other processes take from the queue, too
		}
	}
	return false
}

// takesMore says whether a stopping server takes from the queue still: to its
// end, but not after the time given if others may join it. A server that held the
// address for as long as it answers would keep a successor from it.
func (s *Server) takesMore(l net.Listener, until time.Time) bool {
	hidden := s.hides(l)
	return queued(l) && (hidden || time.Now().Before(until))
}

// queued tells whether a connection waits to be accepted; of a listener that
// doesn't tell, one may.
func queued(l net.Listener) bool {
	c, ok := l.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		for {
			if n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0); err != unix.EINTR {
				return
			}
		}
	})
	return err == nil && n > 0
}
