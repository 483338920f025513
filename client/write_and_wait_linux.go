package client

import (
	"net"
	"os"
	"syscall"
	"time"
)

// writeAndWait writes a request and waits for its answer in one visit to Go's
// poller. Write, then Read would first try to read what can't be there yet: a
// quarter of a short exchange's system calls.
//
// The poller tells what comes after the visit began. What came before it, unasked
// or the connection's end, it tells of a unix socket once the server takes the
// request, or at the writing; of TCP perhaps never. So it is for unix sockets only,
// and limitVisit's look finds out where a server takes nothing any more.
type writeAndWait struct {
	raw     syscall.RawConn
	visit   func(fd uintptr) (done bool) // step, which is made a func once
	x       *call
	request []byte
	written int
	slow    int // requests that go without a visit, since an answer kept one waiting
}

// sendAndWait leaves what it can't do at once to Write and Read: it returns what
// of the request is still to be written.
func (x *call) sendAndWait(request []byte) (rest []byte) {
	c := x.c
	nc, ok := c.Conn.(*net.UnixConn)
	if !ok || x.trace != nil || x.upload != nil || c.in == nil || len(c.buffered()) > 0 {
		return request
	}
	w := c.wait
	if w == nil {
		raw, err := nc.SyscallConn()
		if err != nil {
			return request
		}
		w = &writeAndWait{raw: raw}
		w.visit, c.wait = w.step, w
	}
	if w.slow > 0 {
		w.slow--
		return request
	}
	w.x, w.request, w.written = x, request, 0
	x.limitVisit()
	if err := w.raw.Read(w.visit); err != nil { // which is Read's, too
		w.slow = slowInARow
	}
	w.x, w.request = nil, nil
	return request[w.written:]
}

// lookAfter is how long a visit waits at most. Then Read waits on: it looks first
// at what the poller may have told before the visit began.
const lookAfter = 10 * time.Millisecond

// slowInARow is how many requests follow one that a look was wasted on before the
// next visit: the look costs more than a visit saves, and slow answers are seldom
// alone.
const slowInARow = 15

// limitVisit sets the deadline of a visit that begins now. It stays for those of
// the next requests: in a closed loop it is set once in hundreds of them.
func (x *call) limitVisit() {
	c, start := x.c, now()
	c.limit = x.deadline
	at := start.after(lookAfter)
	if x.deadline != 0 {
		at = min(at, x.deadline)
	}
	if limit := x.p.t.FirstByteTimeout; limit > 0 {
		at = min(at, start.after(limit))
	}
	if c.lookAt >= start.after(lookAfter/2) && c.lookAt <= at {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.aborted.Load() {
		c.Conn.SetReadDeadline(at.time())
		c.lookAt = at
	}
}

func (w *writeAndWait) step(fd uintptr) (done bool) {
	if w.written == 0 {
		n, _ := syscall.Write(int(fd), w.request)
		w.written = max(n, 0)
		w.x.c.written.Add(int64(w.written))
		if w.written < len(w.request) {
			return true
		}
		w.x.wrote()
		w.x.phase = firstByte
		w.x.c.awaited = true
		return false
	}
	return w.x.c.readNow(fd)
}

// readNow reads into the empty buffer what there is, if there is anything.
func (c *conn) readNow(fd uintptr) (done bool) {
	n, err := syscall.Read(int(fd), c.in)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return false
	case err != nil: // which is told but once
		c.broken = &net.OpError{Op: "read", Net: "unix", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("read", err)}
	default:
		c.r, c.w = 0, n
		c.read += int64(n)
	}
	return true
}
