package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// forgetful serves as many requests on a connection as serves says, and then
// closes it upon the next one.
func forgetful(serves int) func(int, *peer) {
	return func(_ int, c *peer) {
		for range serves {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			c.send(plainAnswer(client.FastCGI, r.id, string(r.body)))
		}
		c.fcgiRequest()
	}
}

func TestALostConnectionIsRetriedOnceWhereThatIsAskedForAndSafe(t *testing.T) {
	for name, test := range map[string]struct {
		off    bool
		method string
		body   io.Reader
		want   bool
	}{
		"GET":                 {false, "GET", nil, true},
		"PUT, replayable":     {false, "PUT", strings.NewReader("hello"), true},
		"PUT, large":          {false, "PUT", bytes.NewReader(pattern(100000)), true},
		"PUT, not replayable": {false, "PUT", io.MultiReader(strings.NewReader("hello")), false},
		"POST":                {false, "POST", nil, false},
		"PATCH":               {false, "PATCH", strings.NewReader("hello"), false},
		"GET, off":            {true, "GET", nil, false},
	} {
		tr := serve(t, client.FastCGI, forgetful(1)).transport(t)
		tr.RetryLost = !test.off
		get(t, tr, "/")
		var x client.Exchange
		req := newRequest(t, test.method, "http://example.org/", test.body)
		_, _, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x)))
		if (err == nil) != test.want {
			t.Errorf("%s: %v", name, err)
		}
		want := client.Stats{Opened: 1, Reused: 1}
		if test.want {
			want = client.Stats{Opened: 2, Reused: 1, Retried: 1, Open: 1, Idle: 1}
		}
		if s := tr.Stats(); s != want || x.Retried != test.want {
			t.Errorf("%s: %+v, want %+v; the exchange says %v", name, s, want, x.Retried)
		}
		var lost *client.TruncatedError
		if !test.want && (!errors.As(err, &lost) || !lost.Reused || lost.Read != 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARetryHappensOnce(t *testing.T) {
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		r, _ := c.fcgiRequest()
		if n == 1 {
			c.send(plainAnswer(client.FastCGI, r.id, ""))
			c.fcgiRequest()
		}
	})
	tr := s.transport(t)
	tr.RetryLost = true
	get(t, tr, "/")
	if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err == nil {
		t.Error("an answer from nowhere")
	}
	if n := s.accepted.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestAnAnswerThatHasBegunIsNotRetried(t *testing.T) {
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		c.fcgiRequest()
		c.send(plainAnswer(client.FastCGI, 1, ""))
		c.fcgiRequest()
		c.send("\x01")
	}).transport(t)
	tr.RetryLost = true
	get(t, tr, "/")
	_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
	var truncated *client.TruncatedError
	if !errors.As(err, &truncated) || tr.Stats().Retried != 0 {
		t.Errorf("%v, %+v", err, tr.Stats())
	}
}

// opaque hides the descriptor, so that a lost connection is not found before use.
type opaque struct{ net.Conn }

func TestAConnectionFoundLostInWritingIsRetried(t *testing.T) {
	for _, retry := range []bool{true, false} {
		s := serve(t, client.FastCGI, func(_ int, c *peer) {
			for range 2 { // the second one makes it known that the server keeps connections
				c.fcgiRequest()
				c.send(plainAnswer(client.FastCGI, 1, "body"))
			}
		})
		tr := s.transport(t)
		tr.RetryLost = retry
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return opaque{c}, err
		}
		get(t, tr, "/")
		get(t, tr, "/")
		soon(t, "the server has closed", func() bool { return s.open.Load() == 0 })
		time.Sleep(5 * time.Millisecond)
		_, body, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var lost *client.TruncatedError
		if retry && (err != nil || body != "body") || !retry && (!errors.As(err, &lost) || !lost.Reused) {
			t.Errorf("retry %v: %q, %v", retry, body, err)
		}
	}
}
