package client_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// answerWithoutAllocation answers each request with the same bytes, and
// allocates nothing for it.
func answerWithoutAllocation(_ int, c *peer) {
	end := fcgi.AppendEndOfStream(nil, fcgi.TypeStdin, 1)
	answer := fcgiAnswer(1, "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
	buf := make([]byte, 8192)
	for n := 0; ; {
		m, err := c.Conn.Read(buf[n:])
		if err != nil {
			return
		}
		if n += m; bytes.HasSuffix(buf[:n], end) {
			n = 0
			if _, err := c.Conn.Write(answer); err != nil {
				return
			}
		}
	}
}

// TestARoundTripInAClosedLoopAllocatesLittle holds what the issue promises: six
// allocations a request, those of the http.Response and its header.
func TestARoundTripInAClosedLoopAllocatesLittle(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates, too")
	}
	tr := serve(t, client.FastCGI, answerWithoutAllocation).transport(t)
	req := newRequest(t, "GET", "http://www.example.org/app/page?x=1&y=2", nil)
	for _, name := range []string{"User-Agent", "Accept", "Accept-Language", "Cookie", "Referer", "X-Forwarded-For"} {
		req.Header.Set(name, "some value")
	}
	buf := make([]byte, 4096)
	failed := 0
	allocations := testing.AllocsPerRun(500, func() {
		resp, err := tr.RoundTrip(req)
		if err != nil {
			failed++
			return
		}
		n := 0
		for err == nil {
			var m int
			m, err = resp.Body.Read(buf)
			n += m
		}
		resp.Body.Close()
		if err != io.EOF || n != 5 || resp.StatusCode != 200 {
			failed++
		}
	})
	if failed > 0 {
		t.Fatalf("%d requests failed", failed)
	}
	if allocations > 6 {
		t.Errorf("%v allocations a request, expected 6 at most", allocations)
	}
	t.Logf("%v allocations a request", allocations)
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%d connections in a closed loop", s.Opened)
	}
}
