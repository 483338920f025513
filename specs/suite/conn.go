package suite

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// Conn is a connection of a case. What goes over it is kept for the report.
type Conn struct {
	net.Conn
	t      *T
	number int
	in     []byte // came and was not taken
	taken  int64
	sent   int
	end    End
}

// End is how the server's side of a connection ended.
type End int

const (
	Open    End = iota // it has not
	FIN                // in order
	RST                // with a reset
	Nothing            // it is open, and nothing came within the limit
)

func (e End) String() string {
	return [...]string{"the connection stayed open", "the server closed the connection (FIN)",
		"the server reset the connection (RST)", "nothing more came, and the connection stayed open"}[e]
}

// Dial makes a connection to the server.
func (t *T) Dial() *Conn {
	d := net.Dialer{Deadline: t.deadline}
	nc, err := d.DialContext(t.ctx, t.Target.Network, t.Target.Address)
	switch {
	case err != nil && !time.Now().Before(t.deadline):
		panic(spent{})
	case err != nil:
		panic(lost{err})
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &Conn{t: t, number: len(t.conns) + 1}
	c.Conn = client.Trace(nc, t.Target.Protocol, t.start, c.note)
	c.Conn.SetDeadline(t.deadline)
	t.conns = append(t.conns, c)
	return c
}

func (c *Conn) note(e client.Event) {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	c.t.events = append(c.t.events, result.Event{
		Connection: c.number, At: e.At, Sent: e.Sent, Offset: e.Offset, Bytes: e.Bytes, Text: e.Text, Detail: e.Detail,
	})
}

// Send sends records or packets, cut as the axis says. A server may have closed
// already, so an error is no failure: what came back tells.
func (c *Conn) Send(pieces ...[]byte) *Conn {
	for _, b := range c.t.variant.pieces(c.t, pieces) {
		if _, err := c.Conn.Write(b); err != nil {
			return c
		}
		c.sent += len(b)
		c.t.variant.pause(c.sent)
	}
	return c
}

// Buffered is what came and was not taken.
func (c *Conn) Buffered() []byte { return c.in }

// Take takes n bytes of what came.
func (c *Conn) Take(n int) { c.in, c.taken = c.in[n:], c.taken+int64(n) }

// Taken is how many bytes have been taken: the place in what the server sent
// where Buffered begins.
func (c *Conn) Taken() int64 { return c.taken }

// Mark says which bytes of what the server sent a failure is about.
func (c *Conn) Mark(offset int64, length int) {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	c.t.mark = &result.Mark{Connection: c.number, Offset: offset, Length: length}
}

// More waits for further bytes, for at most d; without them it says how the
// wait ended. A wait that the case's budget cuts short ends the case: it tells
// nothing of the server.
func (c *Conn) More(d time.Duration) (End, bool) {
	if c.end == FIN || c.end == RST {
		return c.end, false
	}
	deadline := time.Now().Add(c.t.Within(d))
	short := deadline.After(c.t.deadline)
	if short {
		deadline = c.t.deadline
	}
	c.Conn.SetReadDeadline(deadline)
	var buf [16 << 10]byte
	n, err := c.Conn.Read(buf[:])
	c.in = append(c.in, buf[:n]...)
	if n > 0 {
		return Open, true
	}
	if c.end = endOf(err); c.end == Nothing {
		if c.t.quiet = c; short {
			panic(spent{})
		}
	}
	return c.end, false
}

func endOf(err error) End {
	switch {
	case errors.Is(err, io.EOF):
		return FIN
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Nothing
	}
	return RST
}

// CloseWrite ends this side of the connection.
func (c *Conn) CloseWrite() { CloseWrite(c.Conn) }
