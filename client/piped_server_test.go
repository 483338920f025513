package client_test

import (
	"bufio"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/fcgikit/fcgikit/client"
)

// piped runs a test in a bubble of its own time, with a server at the end of
// pipes, which hold no byte that nobody reads.
func piped(t *testing.T, p client.Protocol, script func(n int, c *peer), test func(t *testing.T, tr *client.Transport)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tr, err := client.New(client.Target{Protocol: p, Network: "unix", Address: "/piped"})
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		defer close(over)
		var n atomic.Int64
		tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, its := net.Pipe()
			c := &peer{Conn: its, over: over, in: bufio.NewReaderSize(its, 128<<10)}
			go func() {
				defer its.Close()
				script(int(n.Add(1)), c)
			}()
			return ours, nil
		}
		defer tr.CloseIdleConnections()
		test(t, tr)
	})
}

// headOf is an answer up to its header's end, and what follows that.
func headOf(p client.Protocol, header string, pieces ...string) (head, rest []byte) {
	end := map[client.Protocol]int{client.FastCGI: len(stdoutEnd + endRequest), client.AJP: 6}[p]
	head = answers(p, header)
	head = head[:len(head)-end]
	return head, answers(p, header, pieces...)[len(head):]
}
