package specs_test

import (
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// nullServers keep no rule: what passes on one of them tests nothing. Those that
// answer with a constant may pass what their constant keeps.
var nullServers = map[string]struct {
	serve func(net.Conn)
	pass  []string // what may pass, and why
}{
	"closes at once": {func(net.Conn) {}, nil},
	"says nothing":   {func(c net.Conn) { io.Copy(io.Discard, c) }, nil},
	"echo":           {func(c net.Conn) { io.Copy(c, c) }, nil},
	"random bytes":   {randomBytes, nil},
	"constant 500": {constant("Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nno\n"), []string{
		// The constant is one whole answer to request 1, and then the connection closes.
		suite.FirstID, "fcgi/3.3/version", "fcgi/3.3/nothing-left-over", "fcgi/3.3/end-of-stdout", "fcgi/3.3/nothing-after-end",
		"fcgi/3.3/types", "fcgi/3.3/inactive-id", "fcgi/5.1/close", "fcgi/5.4/abort-of-inactive-id", "fcgi/5.5/end-request",
		"fcgi/robustness/half-a-request", "fcgi/robustness/short-header",
	}},
}

func randomBytes(c net.Conn) {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 4096)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	c.Read(make([]byte, 4096))
	c.Write(b)
}

// constant answers whatever comes with one good answer to request 1.
func constant(page string) func(net.Conn) {
	b := fcgi.AppendStream(nil, fcgi.TypeStdout, 1, []byte(page))
	b = fcgi.AppendEndOfStream(b, fcgi.TypeStdout, 1)
	b = fcgi.AppendEndRequest(b, 1, 0, fcgi.RequestComplete)
	return func(c net.Conn) {
		c.Read(make([]byte, 64<<10))
		c.Write(b)
	}
}

func TestNullServersPassNothing(t *testing.T) {
	for name, null := range nullServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						defer c.Close()
						null.serve(c)
					}()
				}
			}()
			target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: l.Addr().String()}
			found, err := specs.Run(t.Context(), target, specs.Options{Options: suite.Options{TimeoutScale: 0.3}})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range found.Results {
				if r.Verdict == result.Pass && r.Level != string(suite.May) && !slices.Contains(null.pass, r.ID) {
					t.Errorf("%s passes", r.ID)
				}
				if r.Verdict == result.Error {
					t.Errorf("%s: %s", r.ID, r.Message)
				}
			}
		})
	}
}
