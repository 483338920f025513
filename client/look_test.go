package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

func lostAnswer(t *testing.T, err error) *client.TruncatedError {
	t.Helper()
	var lost *client.TruncatedError
	if !errors.As(err, &lost) {
		t.Errorf("%v", err)
		return &client.TruncatedError{}
	}
	return lost
}

// The server ends its side between two requests, and reads no more: nothing
// happens on the socket after the later one is written.
func TestAHalfClosedConnectionIsNotWaitedForThoughNobodyReads(t *testing.T) {
	for i := range 30 {
		tr := kept(t, func(c *peer) {
			c.Conn.(*net.UnixConn).CloseWrite()
			<-c.over
		})
		tr.Timeout = 2 * time.Second
		get(t, tr, "/second")
		for gap := time.Now().Add(time.Duration(i) * 30 * time.Microsecond); time.Now().Before(gap); {
		}
		_, _, err := do(tr, newRequest(t, "GET", "http://x/third", nil))
		if err == nil && tr.Stats().Lost == 1 {
			continue // it was found before use
		}
		if lost := lostAnswer(t, err); !lost.Reused || !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
}

// What a later request's answer takes is bounded by the limits alone.
func TestALaterAnswerMayComeLateAndInPieces(t *testing.T) {
	const pause = 25 * time.Millisecond
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			whole := fcgiAnswer(1, okHead+strings.Repeat("x", 40_000))
			time.Sleep(pause)
			for _, cut := range []int{3, 20, 30_000, len(whole) - 30_023} {
				c.send(whole[:cut])
				whole = whole[cut:]
				time.Sleep(pause / 2)
			}
		}
	}).transport(t)
	for i, timeout := range []time.Duration{0, 0, 0, 5 * time.Second, 0, 5 * time.Second} {
		tr.Timeout, tr.FirstByteTimeout = timeout, timeout
		if _, body := get(t, tr, "/"); body != strings.Repeat("x", 40_000) {
			t.Errorf("%d: %d bytes", i, len(body))
		}
		time.Sleep(time.Duration(i%2) * pause)
	}
	if st := tr.Stats(); st.Opened != 1 || st.Lost != 0 {
		t.Errorf("%+v", st)
	}
}

func TestALimitHoldsInTheMidstOfALaterAnswer(t *testing.T) {
	for name, head := range map[string]string{"header": "Status: 200 OK\r\n", "body": okHead + "x"} {
		for _, limit := range []time.Duration{3 * time.Millisecond, 40 * time.Millisecond} {
			tr := kept(t, func(c *peer) {
				c.fcgiRequest()
				c.send(stdout(head))
				<-c.over
			})
			get(t, tr, "/second")
			tr.Timeout = limit
			_, _, err := do(tr, newRequest(t, "GET", "http://x/third", nil))
			t.Run(name, func(t *testing.T) { checkTimeout(t, err, client.Reading, limit) })
			tr.Timeout = 0
			if _, body := get(t, tr, "/fourth"); body != "kept" {
				t.Errorf("%q", body)
			}
		}
	}
}

func TestALimitShorterThanTheLookHoldsForALaterRequest(t *testing.T) {
	for name, set := range map[string]func(*client.Transport, time.Duration){
		"Timeout":          func(tr *client.Transport, d time.Duration) { tr.Timeout = d },
		"FirstByteTimeout": func(tr *client.Transport, d time.Duration) { tr.FirstByteTimeout = d },
	} {
		tr := kept(t, func(c *peer) {
			c.fcgiRequest()
			<-c.over
		})
		get(t, tr, "/second")
		const limit = 4 * time.Millisecond
		set(tr, limit)
		_, _, err := do(tr, newRequest(t, "GET", "http://x/third", nil))
		t.Run(name, func(t *testing.T) { checkTimeout(t, err, client.FirstByte, limit) })
	}
}

func TestALaterRequestIsCancelledAfterTheLook(t *testing.T) {
	tr := kept(t, func(c *peer) {
		c.fcgiRequest()
		c.send(stdout(okHead + "x"))
		<-c.over
	})
	get(t, tr, "/second")
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://x/third", nil).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	time.AfterFunc(30*time.Millisecond, cancel)
	within(t, 5*time.Second, func() {
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
