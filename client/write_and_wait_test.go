package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// kept serves some requests on a connection that is known to be kept, then does
// as then says. A later request is written and waited for at once.
func kept(t *testing.T, then func(c *peer)) *client.Transport {
	t.Helper()
	tr := serve(t, client.FastCGI, func(n int, c *peer) {
		for range 2 {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			c.send(plainAnswer(client.FastCGI, 1, "kept"))
		}
		then(c)
	}).transport(t)
	tr.MaxConns = 1
	get(t, tr, "/first")
	return tr
}

func TestLimitsHoldForALaterRequest(t *testing.T) {
	silent := func(c *peer) {
		c.fcgiRequest()
		<-c.over
	}
	for name, test := range map[string]struct {
		phase client.Phase
		limit func(tr *client.Transport, limit time.Duration)
	}{
		"FirstByteTimeout": {client.FirstByte, func(tr *client.Transport, limit time.Duration) { tr.FirstByteTimeout = limit }},
		"Timeout":          {client.FirstByte, func(tr *client.Transport, limit time.Duration) { tr.Timeout = limit }},
	} {
		t.Run(name, func(t *testing.T) {
			tr := kept(t, silent)
			const limit = 50 * time.Millisecond
			test.limit(tr, limit)
			get(t, tr, "/second")
			_, _, err := do(tr, newRequest(t, "GET", "http://x/third", nil))
			checkTimeout(t, err, test.phase, limit)
		})
	}
	t.Run("context", func(t *testing.T) {
		tr := kept(t, silent)
		get(t, tr, "/second")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, _, err := do(tr, newRequest(t, "GET", "http://x/third", nil).WithContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestAConnectionThatEndsBeforeALaterRequestIsNotWaitedFor(t *testing.T) {
	for name, end := range map[string]func(c *peer){
		"closed": func(c *peer) { c.Close() },
		"half closed": func(c *peer) {
			c.Conn.(*net.UnixConn).CloseWrite()
			c.fcgiRequest()
			<-c.over
		},
		"reset": func(c *peer) { // by a close with bytes unread
			c.in.Peek(1)
			c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := kept(t, end)
			get(t, tr, "/second")
			within(t, 5*time.Second, func() {
				_, _, err := do(tr, newRequest(t, "GET", "http://x/third", nil))
				var truncated *client.TruncatedError
				if err != nil && (!errors.As(err, &truncated) || !truncated.Reused || truncated.Read != 0) {
					t.Error(err)
				}
				if err == nil && tr.Stats().Lost == 0 {
					t.Error("an answer from nowhere")
				}
			})
		})
	}
}

func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("still waiting after %v", limit)
	}
}

func TestALaterRequestLongerThanTheSocketsBufferIsWrittenWhole(t *testing.T) {
	const fields, length = 12, 50_000 // 600 kB: the buffer has some 200
	tr := kept(t, func(c *peer) {
		time.Sleep(10 * time.Millisecond) // until it is full
		r, _ := c.fcgiRequest()
		n := 0
		for name, value := range r.params {
			if strings.HasPrefix(name, "HTTP_X_LONG") {
				n += len(value)
			}
		}
		c.send(plainAnswer(client.FastCGI, 1, fmt.Sprint(n)))
		<-c.over
	})
	get(t, tr, "/second")
	req := newRequest(t, "GET", "http://x/third", nil)
	for i := range fields {
		req.Header.Set(fmt.Sprint("X-Long-", i), strings.Repeat("x", length))
	}
	if _, body, err := do(tr, req); err != nil || body != fmt.Sprint(fields*length) {
		t.Errorf("%q, %v", body, err)
	}
}

func TestALaterExchangeHasItsPhasesInOrder(t *testing.T) {
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			time.Sleep(5 * time.Millisecond)
			c.send(plainAnswer(client.FastCGI, 1, "late"))
		}
	}).transport(t)
	for range 3 {
		var x client.Exchange
		ctx := client.WithExchange(t.Context(), &x)
		if _, _, err := do(tr, newRequest(t, "GET", "http://x/", nil).WithContext(ctx)); err != nil {
			t.Fatal(err)
		}
		if x.GotConn.Before(x.Began) || x.WroteHead.Before(x.GotConn) || x.FirstByte.Sub(x.WroteHead) < 3*time.Millisecond || x.Ended.Before(x.FirstByte) {
			t.Errorf("%+v", x)
		}
	}
}
