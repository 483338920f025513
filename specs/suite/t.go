package suite

import (
	"context"
	"fmt"
	"math/rand/v2"
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
	variant  Variant
	random   *rand.Rand
	start    time.Time

	mu     sync.Mutex
	conns  []*Conn
	quiet  *Conn // on which nothing more came
	events []result.Event
	notes  []string
	mark   *result.Mark
}

// Server is what the first requests found out.
type Server struct {
	Probe      bool     // its application is the probe application
	Can        []string // that one's extras
	Name       string   // as it names itself
	Concurrent int      // so many connections it serves at once, of those that were tried

	// Of the options: what makes the server's application answer.
	ScriptFilename, DocumentRoot, Secret string
	Params                               [][2]string
	PacketSize                           int // AJP's; 0 is 8192
}

// What a case ends with before its end.
type (
	failure  struct{ message string }
	hang     struct{ message string }
	missing  struct{ reason string }   // untested
	declared struct{ evidence string } // n/a
	lost     struct{ err error }       // the server does not take a connection
	spent    struct{}                  // the case has no time left
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
