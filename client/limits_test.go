package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func checkTimeout(t *testing.T, err error, phase client.Phase, limit time.Duration) {
	t.Helper()
	var timeout *client.TimeoutError
	if !errors.As(err, &timeout) || timeout.Phase != phase || timeout.Limit != limit {
		t.Errorf("got %v, want a timeout after %v while %s", err, limit, phase)
		return
	}
	if ne := net.Error(timeout); !ne.Timeout() {
		t.Error("it is no timeout to net.Error")
	}
}

func TestDialTimeoutEndsConnecting(t *testing.T) {
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	const limit = 20 * time.Millisecond
	for name, set := range map[string]func(*client.Transport){
		"own":              func(tr *client.Transport) { tr.DialTimeout = limit },
		"Timeout":          func(tr *client.Transport) { tr.Timeout = limit },
		"own is shorter":   func(tr *client.Transport) { tr.DialTimeout, tr.Timeout = limit, time.Hour },
		"Timeout, shorter": func(tr *client.Transport) { tr.DialTimeout, tr.Timeout = time.Hour, limit },
	} {
		tr := serve(t, client.FastCGI, deaf).transport(t)
		tr.DialContext = hang
		set(tr)
		body := &closeCounter{Reader: strings.NewReader("x")}
		_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", body))
		t.Run(name, func(t *testing.T) { checkTimeout(t, err, client.Connecting, limit) })
		if body.closed.Load() != 1 {
			t.Errorf("%s: the body was closed %d times", name, body.closed.Load())
		}
		if s := tr.Stats(); s.Open != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestWriteTimeoutEndsAWriteThatNobodyReads(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		if p == client.AJP {
			t.Skip("a container asks for each piece: no write waits")
		}
		const limit = 50 * time.Millisecond
		for name, set := range map[string]func(*client.Transport, *http.Request){
			"own, of the body":     func(tr *client.Transport, _ *http.Request) { tr.WriteTimeout = limit },
			"Timeout, of the body": func(tr *client.Transport, _ *http.Request) { tr.Timeout = limit },
			"own, of the head": func(tr *client.Transport, r *http.Request) {
				tr.WriteTimeout = limit
				r.Header.Set("X-Large", string(pattern(4<<20)))
			},
			"Timeout, of the head": func(tr *client.Transport, r *http.Request) {
				tr.Timeout = limit
				r.Header.Set("X-Large", string(pattern(4<<20)))
			},
		} {
			t.Run(name, func(t *testing.T) {
				tr := serve(t, p, deaf).transport(t)
				body := &closeCounter{Reader: bytes.NewReader(pattern(4 << 20))}
				req := newRequest(t, "POST", "http://example.org/", body)
				req.ContentLength = 4 << 20
				set(tr, req)
				start := time.Now()
				_, _, err := do(tr, req)
				checkTimeout(t, err, client.Writing, limit)
				if took := time.Since(start); took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				soon(t, "the body is closed", func() bool { return body.closed.Load() == 1 })
				if s := tr.Stats(); s.Open != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	})
}

func TestFirstByteTimeoutEndsTheWaitForAnAnswer(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		const limit = 30 * time.Millisecond
		for name, body := range map[string]func() io.Reader{
			"no body": func() io.Reader { return nil }, "small": func() io.Reader { return strings.NewReader("hello") },
			"streamed": func() io.Reader { return bytes.NewReader(pattern(200 << 10)) },
			"chunked":  func() io.Reader { return io.MultiReader(strings.NewReader("hello")) },
		} {
			ended := make(chan int, 1)
			tr := serve(t, p, silent(p, ended)).transport(t)
			tr.FirstByteTimeout, tr.Timeout = limit, time.Hour
			_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", body()))
			t.Run(name, func(t *testing.T) { checkTimeout(t, err, client.FirstByte, limit) })
			<-ended
		}
	})
}

func TestFirstByteTimeoutStartsWhenTheBodyIsWritten(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := serve(t, p, echo(p)).transport(t)
		tr.FirstByteTimeout = 40 * time.Millisecond
		body := &slowReader{pieces: 8, pause: 15 * time.Millisecond}
		req := newRequest(t, "POST", "http://example.org/x", body)
		req.ContentLength = 8
		if _, got, err := do(tr, req); err != nil || got != "POST /x xxxxxxxx" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// slowReader is pieces of one byte each, with a pause before it.
type slowReader struct {
	pieces int
	pause  time.Duration
}

func (r *slowReader) Read(p []byte) (int, error) {
	if r.pieces == 0 {
		return 0, io.EOF
	}
	time.Sleep(r.pause)
	r.pieces--
	p[0] = 'x'
	return 1, nil
}

// After the first byte its limit is over.
func TestFirstByteTimeoutDoesNotBoundTheRest(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		b := plainAnswer(p, 1, "body")
		tr := serve(t, p, func(_ int, c *peer) {
			c.receive(p)
			c.send(b[:len(b)-18]) // AJP's first packet
			time.Sleep(80 * time.Millisecond)
			c.send(b[len(b)-18:])
		}).transport(t)
		tr.FirstByteTimeout = 40 * time.Millisecond
		if _, body := get(t, tr, "/"); body != "body" {
			t.Errorf("%q", body)
		}
	})
}

func TestTheAnswersFirstByteIsAnErrorStreamsToo(t *testing.T) {
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		c.fcgiRequest()
		c.send(fcgi.AppendRecord(nil, fcgi.TypeStderr, 1, []byte("warning"), 0))
		time.Sleep(60 * time.Millisecond)
		c.send(plainAnswer(client.FastCGI, 1, "late"))
	}).transport(t)
	tr.FirstByteTimeout = 30 * time.Millisecond
	if _, body := get(t, tr, "/"); body != "late" {
		t.Errorf("%q", body)
	}
}

func TestTimeoutBoundsTheAnswersBodyToo(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		const limit = 40 * time.Millisecond
		whole := answers(p, "Content-Type: text/plain\r\n", "one")
		ended := make(chan bool, 1)
		tr := serve(t, p, func(_ int, c *peer) {
			c.receive(p)
			c.send(whole[:strings.Index(string(whole), "one")+3])
			if p == client.AJP {
				c.send("\x00")
			}
			io.Copy(io.Discard, c.in)
			ended <- true
		}).transport(t)
		tr.Timeout = limit
		_, body, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		checkTimeout(t, err, client.Reading, limit)
		if body != "one" {
			t.Errorf("%q", body)
		}
		<-ended
	})
}

func TestTimeoutBoundsABodyThatKeepsUsWaiting(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for _, length := range []int64{-1, 10} {
			tr := serve(t, p, echo(p)).transport(t)
			tr.Timeout = 40 * time.Millisecond
			r, w := io.Pipe()
			body := &closeCounter{Reader: r}
			req := newRequest(t, "POST", "http://example.org/", body)
			req.ContentLength = length
			_, _, err := do(tr, req)
			checkTimeout(t, err, client.Writing, tr.Timeout)
			w.Close()
			soon(t, "the body is closed", func() bool { return body.closed.Load() == 1 })
		}
	})
}

func TestHTTPClientsTimeoutIsATimeout(t *testing.T) {
	s := serve(t, client.FastCGI, silent(client.FastCGI, make(chan int, 1)))
	c, _ := registered(t)
	c.Timeout = 20 * time.Millisecond
	_, err := c.Get(urlOn(s, "/"))
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Error(err)
	}
}
