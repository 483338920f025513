package scgi

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// TestTheFirstRequestTellsInWordsWhyItFailed: there is nothing else to go by
// where no case can run.
func TestTheFirstRequestTellsInWordsWhyItFailed(t *testing.T) {
	for words, serve := range map[string]func(net.Conn){
		"it closes early": func(c net.Conn) { c.Read(make([]byte, 4096)) },
		"the server waits for the client's end": func(c net.Conn) {
			io.Copy(io.Discard, c)
			c.Write([]byte("Status: 200 OK\r\nContent-Length: 0\r\n\r\n"))
		},
		"until this side of the connection was closed; then": func(c net.Conn) { io.Copy(io.Discard, c) },
		"the server does not answer":                         func(c net.Conn) { io.Copy(io.Discard, c); time.Sleep(time.Minute) },
		"no CGI answer":                                      func(c net.Conn) { c.Write([]byte("hello\n")) },
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			found, err := suite.Run(t.Context(), serving(t, serve), nil, Face, suite.Options{TimeoutScale: 0.1})
			if err != nil {
				t.Fatal(err)
			}
			first := found.Results[0]
			if first.Verdict != result.Fail || !strings.Contains(first.Message, words) {
				t.Errorf("%s: %s", first.Verdict, first.Message)
			}
		})
	}
}

// TestAServerThatHasToBeUrgedIsReadLeniently by all cases but the one about it.
func TestAServerThatHasToBeUrgedIsReadLeniently(t *testing.T) {
	target := serving(t, func(c net.Conn) {
		io.Copy(io.Discard, c)
		c.Write([]byte("Status: 200 OK\r\nContent-Length: 0\r\n\r\n"))
	})
	c := Cases.Get("scgi/5/example")
	found, err := suite.Run(t.Context(), target, []*suite.Case{c}, Face, suite.Options{TimeoutScale: 0.1, Anyway: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found.Results {
		if r.ID == c.ID && r.Verdict != result.Pass {
			t.Errorf("%s: %s", r.Verdict, r.Message)
		}
	}
}

// serving serves each connection by the function, and closes it.
func serving(t *testing.T, serve func(net.Conn)) client.Target {
	t.Helper()
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
	return client.Target{Protocol: client.SCGI, Network: "unix", Address: l.Addr().String()}
}
