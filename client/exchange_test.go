package client_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

func TestAnExchangeCountsWhatTheServerSaw(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		type counts struct{ got, sent int64 }
		seen := make(chan counts, 1)
		tr := serve(t, p, func(_ int, c *peer) {
			for {
				before := c.taken
				r, ok := c.receive(p)
				if !ok {
					return
				}
				answer := plainAnswer(p, r.id, "a body")
				asked := int64(0)
				if p == client.AJP { // each Get Body Chunk is seven bytes of answer
					asked = 7 * int64((len(r.body)-1)/8186)
				}
				seen <- counts{c.taken - before, int64(len(answer)) + asked}
				if c.send(answer) != nil || p == client.SCGI {
					return
				}
			}
		}).transport(t)
		for i, body := range []io.Reader{nil, bytes.NewReader(pattern(1000)), bytes.NewReader(pattern(100000))} {
			x := client.Exchange{AppStatus: 7, Retried: true}
			req := newRequest(t, "POST", "http://example.org/", body)
			start := time.Now()
			if _, _, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x))); err != nil {
				t.Fatal(err)
			}
			end := time.Now()
			want := <-seen
			if x.BytesWritten != want.got || x.BytesRead != want.sent {
				t.Errorf("body %d: wrote %d, read %d; the server got %d, sent %d", i, x.BytesWritten, x.BytesRead, want.got, want.sent)
			}
			if x.Reused != (i > 0 && p != client.SCGI) || x.Retried || x.AppStatus != 0 || (x.ConnectTime > 0) == x.Reused {
				t.Errorf("%+v", x)
			}
			last := start
			for _, at := range []time.Time{x.Began, x.GotConn, x.WroteHead, x.FirstByte, x.Ended, end} {
				if at.Before(last) {
					t.Errorf("the phases are not in order: %+v", x)
				}
				last = at
			}
		}
	})
}

func TestAnExchangeIsCompleteAfterAnErrorToo(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := serve(t, p, func(_ int, c *peer) {
			c.receive(p)
			c.send("\x01")
		}).transport(t)
		var x client.Exchange
		req := newRequest(t, "GET", "http://example.org/", nil)
		if _, _, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x))); err == nil {
			t.Fatal("no error")
		}
		if x.Ended.IsZero() || x.BytesRead != 1 || x.BytesWritten == 0 {
			t.Errorf("%+v", x)
		}
	})
}
