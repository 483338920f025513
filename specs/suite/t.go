package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// T is what a case works with: connections to the server, expectations, and the
// ways to end without a verdict.
type T struct {
	Target client.Target
	Server Server // what is known of the server

	gomega.Gomega
	ctx      context.Context
	deadline time.Time
	scale    float64
	cut      Cut
	random   *rand.Rand
	start    time.Time

	mu     sync.Mutex
	conns  []*Conn
	events []result.Event
	notes  []string
}

// Server is what the first requests found out.
type Server struct {
	Probe      bool     // its application is the probe application
	Can        []string // that one's extras
	Name       string   // as it names itself
	Concurrent bool     // it serves a connection while another is open

	// Of the options: what makes the server's application answer.
	ScriptFilename, DocumentRoot, Secret string
	Params                               [][2]string
}

// What a case ends with before its end.
type (
	failure  struct{ message string }
	hang     struct{ message string }
	missing  struct{ reason string }   // untested
	declared struct{ evidence string } // n/a
	lost     struct{ err error }       // the server does not take a connection
)

// newGomega is a case's own: its failures panic, since Gomega goes on after
// one.
func newGomega() gomega.Gomega {
	return gomega.NewGomega(types.GomegaFailHandler(func(message string, _ ...int) { panic(failure{message}) }))
}

// Fail ends the case: its rule is broken. The message's first line is the check.
func (t *T) Fail(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

// Hang ends the case: nothing came, and no close, within the limit.
func (t *T) Hang(format string, args ...any) { panic(hang{fmt.Sprintf(format, args...)}) }

// Untested ends the case: its rule can't be put to the test.
func (t *T) Untested(format string, args ...any) { panic(missing{fmt.Sprintf(format, args...)}) }

// NA ends the case: the server has declared that it lacks the feature, by the
// evidence.
func (t *T) NA(format string, args ...any) { panic(declared{fmt.Sprintf(format, args...)}) }

// Note keeps what was seen with a verdict of pass.
func (t *T) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// Within scales a duration by -timeout-scale.
func (t *T) Within(d time.Duration) time.Duration {
	return time.Duration(float64(d) * t.scale)
}

// Random is a source of bytes that the run's seed determines.
func (t *T) Random() *rand.Rand { return t.random }

// Conn is a connection of a case. What goes over it is kept for the report.
type Conn struct {
	net.Conn
	t      *T
	number int
	in     []byte // came and was not taken
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
	if err != nil {
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
	for _, b := range c.t.cut.pieces(c.t.random, pieces) {
		if _, err := c.Conn.Write(b); err != nil {
			return c
		}
		if c.t.cut.pause > 0 {
			time.Sleep(c.t.cut.pause)
		}
	}
	return c
}

// Buffered is what came and was not taken.
func (c *Conn) Buffered() []byte { return c.in }

// Take takes n bytes of what came.
func (c *Conn) Take(n int) { c.in = c.in[n:] }

// More waits for further bytes, for at most d; without them it says how the
// wait ended.
func (c *Conn) More(d time.Duration) (End, bool) {
	if c.end == FIN || c.end == RST {
		return c.end, false
	}
	deadline := time.Now().Add(c.t.Within(d))
	if deadline.After(c.t.deadline) {
		deadline = c.t.deadline
	}
	c.Conn.SetReadDeadline(deadline)
	var buf [16 << 10]byte
	n, err := c.Conn.Read(buf[:])
	c.in = append(c.in, buf[:n]...)
	if n > 0 {
		return Open, true
	}
	c.end = endOf(err)
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
func (c *Conn) CloseWrite() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// close ends what a case left open: a server with one worker would wait for it.
func (t *T) close() {
	t.mu.Lock()
	conns := t.conns
	t.mu.Unlock()
	for _, c := range conns {
		c.Conn.Close()
	}
}

// firstLine is a failure's check.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
