package specs_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// nullServers keep no rule: a case that passes on one of them tests nothing.
var nullServers = map[string]func(net.Conn){
	"closes at once": func(net.Conn) {},
	"says nothing":   func(c net.Conn) { io.Copy(io.Discard, c) },
	"echo":           func(c net.Conn) { io.Copy(c, c) },
	"random bytes":   randomBytes,
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

// constants answer whatever comes with one whole answer, and close.
func constants(p client.Protocol) map[string]func(net.Conn) {
	return map[string]func(net.Conn){
		"constant 200": constantly(constant(p, 200, "OK", "hello\n")),
		"constant 500": constantly(constant(p, 500, "Internal Server Error", "no\n")),
	}
}

func constantly(answer []byte) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 64<<10))
		c.Write(answer)
	}
}

func constant(p client.Protocol, status uint16, reason, body string) []byte {
	page := fmt.Sprintf("Status: %d %s\r\nContent-Type: text/plain\r\n\r\n%s", status, reason, body)
	switch p {
	case client.FastCGI:
		b := fcgi.AppendStream(nil, fcgi.TypeStdout, 1, []byte(page))
		b = fcgi.AppendEndOfStream(b, fcgi.TypeStdout, 1)
		return fcgi.AppendEndRequest(b, 1, 0, fcgi.RequestComplete)
	case client.AJP:
		h := ajp.ResponseHeaders{Status: status, Message: []byte(reason), Headers: []ajp.Header{{Name: []byte("Content-Type"), Value: []byte("text/plain")}}}
		return ajp.AppendEndResponse(ajp.AppendSendBodyChunk(h.Append(nil), []byte(body)), false)
	}
	return []byte(page)
}

// TestNullServersPassNothing: but for what a constant keeps by being what it is,
// which nullPasses lists.
func TestNullServersPassNothing(t *testing.T) {
	for _, p := range protocols {
		for name, serve := range nullServers {
			t.Run(string(p)+"/"+name, func(t *testing.T) {
				t.Parallel()
				mustHold(t, func() []string { return passed(t, p, serve, nil) })
			})
		}
		for name, serve := range constants(p) {
			t.Run(string(p)+"/"+name, func(t *testing.T) {
				t.Parallel()
				mustHold(t, func() []string { return passed(t, p, serve, nullPasses) })
			})
		}
	}
}

// passed are the cases that such a server passes, and those that fail by the
// harness.
func passed(t *testing.T, p client.Protocol, serve func(net.Conn), but map[string]string) (wrong []string) {
	t.Helper()
	var o specs.Options
	o.TimeoutScale, o.Anyway = 0.3, true
	found, err := specs.Run(t.Context(), nullServer(t, p, serve), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found.Results {
		_, listed := but[r.Case()]
		if r.Level == string(suite.May) || but != nil && r.Level == string(suite.Robustness) {
			continue
		}
		if r.Verdict == result.Pass && !listed {
			wrong = append(wrong, r.ID+" passes")
		}
		if r.Verdict == result.Error {
			wrong = append(wrong, r.ID+": "+r.Message)
		}
	}
	return wrong
}

func nullServer(t *testing.T, p client.Protocol, serve func(net.Conn)) client.Target {
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
				serve(c)
			}()
		}
	}()
	return client.Target{Protocol: p, Network: "unix", Address: l.Addr().String()}
}
