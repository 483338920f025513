//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package client

import (
	"syscall"
	"time"
)

// staleAfter is for how long a kept connection may have been idle without a
// look at it. The look is one system call; in a closed loop it is never needed.
const staleAfter = time.Millisecond

// stale says whether the server has ended a kept connection, or has sent on it
// what nobody asked for.
func (p *pool) stale(c *conn) bool {
	if c.requests.Load() == 0 || c.idleFor() < staleAfter {
		return false
	}
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	quiet := false
	err = raw.Control(func(fd uintptr) { // whatever the deadlines
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	})
	return err != nil || !quiet
}
