package suite

import (
	"io"
	"net"
	"time"
)

// Untraced is a connection whose bytes are too many for a report, or of no use
// in it; nil where the server takes no further one.
func (t *T) Untraced() net.Conn {
	nc, err := net.DialTimeout(t.Target.Network, t.Target.Address, t.Within(queueLimit))
	if err != nil {
		return nil
	}
	nc.SetDeadline(time.Now().Add(t.Within(AnswerLimit)))
	return nc
}

// queueLimit is how long a connection may wait for its place in a listener's queue.
const queueLimit = 300 * time.Millisecond

// Crowd is n connections at once, or as many as the server takes, with these
// first bytes on each of them.
func (t *T) Crowd(n int, first []byte) []net.Conn {
	var all []net.Conn
	for range n {
		nc := t.Untraced()
		if nc == nil {
			return all
		}
		nc.SetWriteDeadline(time.Now().Add(t.Within(fullLimit)))
		nc.Write(first)
		all = append(all, nc)
	}
	return all
}

// fullLimit is how long it is waited for room in a connection's buffers.
const fullLimit = 50 * time.Millisecond

// Disperse ends the connections, and lets the server notice before the canary
// asks.
func Disperse(all []net.Conn) {
	for _, nc := range all {
		CloseWrite(nc)
	}
	deadline := time.Now().Add(leaveLimit)
	for _, nc := range all {
		nc.SetReadDeadline(deadline)
		io.Copy(io.Discard, nc)
		nc.Close()
	}
}

// CloseWrite ends this side of a connection.
func CloseWrite(nc net.Conn) {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// Reset ends a connection with what came unread, which over TCP, and on a unix
// socket if anything came, is a reset.
func Reset(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	nc.Close()
}
