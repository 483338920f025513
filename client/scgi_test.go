package client_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

func TestSCGIBeginsWithContentLength(t *testing.T) {
	got := make(chan []byte, 1)
	tr := serve(t, client.SCGI, func(_ int, c *peer) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		got <- b[:n]
		c.send("X: y\r\n\r\n")
	}).transport(t)
	for body, begin := range map[string]string{"": "CONTENT_LENGTH\x000\x00SCGI\x001\x00", "hello": "CONTENT_LENGTH\x005\x00SCGI\x001\x00"} {
		if _, _, err := do(tr, newRequest(t, "POST", "http://example.org/", strings.NewReader(body))); err != nil {
			t.Fatal(err)
		}
		_, headers, _ := bytes.Cut(<-got, []byte(":"))
		if !bytes.HasPrefix(headers, []byte(begin)) || !bytes.HasSuffix(headers, []byte(","+body)) || bytes.Count(headers, []byte("CONTENT_LENGTH")) != 1 {
			t.Errorf("%q", headers)
		}
	}
}

func TestAnSCGIBodyOfUnknownLengthIsCollected(t *testing.T) {
	got := make(chan request, 1)
	s := serve(t, client.SCGI, func(_ int, c *peer) {
		if r, ok := c.scgiRequest(); ok {
			got <- r
			c.send("X: y\r\n\r\n")
		}
	})
	tr := s.transport(t)
	tr.MaxBuffered = 1000
	for n, want := range map[int]error{0: nil, 1: nil, 1000: nil, 1001: client.ErrLengthRequired, 5000: client.ErrLengthRequired} {
		body := &closeCounter{Reader: bytes.NewReader(pattern(n))}
		_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", body))
		if err != want {
			t.Errorf("%d bytes: %v", n, err)
		}
		if body.closed.Load() != 1 {
			t.Errorf("%d bytes: the body was closed %d times", n, body.closed.Load())
		}
		if err != nil {
			continue
		}
		if r := <-got; !bytes.Equal(r.body, pattern(n)) || r.names[0] != "CONTENT_LENGTH" {
			t.Errorf("%d bytes: %d came, first %s", n, len(r.body), r.names[0])
		}
	}
	if s.accepted.Load() != 3 {
		t.Errorf("%d connections: what is refused takes none", s.accepted.Load())
	}
}

func TestAnSCGIAnswerTruncatedInItsHeaderIsATruncatedError(t *testing.T) {
	answer := "Status: 200 OK\r\nContent-Length: 4\r\n\r\nbody"
	for cut := range len(answer) {
		tr := serve(t, client.SCGI, func(_ int, c *peer) {
			c.scgiRequest()
			c.send(answer[:cut])
		}).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var truncated *client.TruncatedError
		if !errors.As(err, &truncated) || truncated.Read != int64(cut) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

func TestAnSCGIBreachIsToldWithItsPlace(t *testing.T) {
	tr := serve(t, client.SCGI, func(_ int, c *peer) {
		c.scgiRequest()
		c.send("X-A: b\r\nno colon\r\n\r\n")
	}).transport(t)
	_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
	var breach *client.BreachError
	if !errors.As(err, &breach) || breach.Offset != 8 || string(breach.Bytes) != "no colon\r\n\r\n" {
		t.Errorf("%v", err)
	}
}

// A server that closes a connection whose request it has not read resets it.
func TestAResetAfterAllOfAnAnnouncedBodyIsItsEnd(t *testing.T) {
	for network, serve := range map[string]func(testing.TB, client.Protocol, func(int, *peer)) *scripted{"unix": serve, "tcp": serveTCP} {
		for name, answer := range map[string]string{
			"announced": "Content-Length: 5\r\n\r\nhello", "empty": "Content-Length: 0\r\n\r\n", "bare": "Status: 204 Nothing\r\n\r\n",
		} {
			tr := serve(t, client.SCGI, func(_ int, c *peer) {
				io.ReadFull(c, make([]byte, 10)) // and leave the rest
				c.send(answer)
			}).transport(t)
			_, body, err := do(tr, newRequest(t, "POST", "http://example.org/", bytes.NewReader(pattern(10<<20))))
			if err != nil || strings.HasSuffix(answer, "hello") != (body == "hello") {
				t.Errorf("%s, %s: %q, %v", network, name, body, err)
			}
		}
		tr := serve(t, client.SCGI, func(_ int, c *peer) {
			io.ReadFull(c, make([]byte, 10))
			c.send("Content-Length: 6\r\n\r\nhello")
		}).transport(t)
		var truncated *client.TruncatedError
		if _, _, err := do(tr, newRequest(t, "POST", "http://example.org/", bytes.NewReader(pattern(10<<20)))); !errors.As(err, &truncated) {
			t.Errorf("%s, short: %v", network, err)
		}
	}
}

func TestAnSCGIConnectionServesOneRequest(t *testing.T) {
	s := serve(t, client.SCGI, echo(client.SCGI))
	tr := s.transport(t)
	for range 3 {
		if _, body := get(t, tr, "/a"); body != "GET /a " {
			t.Errorf("%q", body)
		}
	}
	if st := tr.Stats(); st.Opened != 3 || st.Reused != 0 || st.Open != 0 {
		t.Errorf("%+v", st)
	}
}
