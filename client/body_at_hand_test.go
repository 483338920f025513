package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// GetBody says that a body can be had again, not that it is there.
func TestABodyThatCanBeHadAgainIsReadWithinTheLimits(t *testing.T) {
	const limit = 300 * time.Millisecond
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, form := range map[string]func(r io.Reader) io.Reader{
			"a pipe":       func(r io.Reader) io.Reader { return r },
			"never closed": func(r io.Reader) io.Reader { return io.NopCloser(io.MultiReader(r)) },
		} {
			for _, timeout := range []bool{false, true} {
				piped(t, p, func(_ int, c *peer) { io.Copy(io.Discard, c.in) }, func(t *testing.T, tr *client.Transport) {
					r, w := io.Pipe()
					defer w.Close()
					ctx, cancel := context.WithCancelCause(context.Background())
					defer cancel(nil)
					gone := errors.New("the client is gone")
					if timeout {
						tr.Timeout = limit
					} else {
						time.AfterFunc(limit, func() { cancel(gone) })
					}
					body := &closeCounter{Reader: form(r)}
					req := newRequest(t, "POST", "http://example.org/", body).WithContext(ctx)
					req.ContentLength = 5
					req.GetBody = func() (io.ReadCloser, error) { return body, nil }
					start := time.Now()
					_, _, err := do(tr, req)
					if took := time.Since(start); took != limit {
						t.Errorf("%s: after %v", name, took)
					}
					if timeout {
						checkTimeout(t, err, client.Writing, limit)
					} else if !errors.Is(err, gone) {
						t.Errorf("%s: %v", name, err)
					}
					if s := tr.Stats(); s.Open != 0 || body.closed.Load() != 1 {
						t.Errorf("%s: closed %d times, %+v", name, body.closed.Load(), s)
					}
				})
			}
		}
	})
}

// What comes too late must not get into the next request.
func TestABodyReadTooLateGoesNowhere(t *testing.T) {
	piped(t, client.FastCGI, muxEcho, func(t *testing.T, tr *client.Transport) {
		tr.Multiplex, tr.ForceMultiplex, tr.MaxConns, tr.Timeout = 2, true, 1, time.Second
		r, w := io.Pipe()
		late := newRequest(t, "POST", "http://example.org/", io.NopCloser(io.MultiReader(r)))
		late.ContentLength = 5
		late.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("no second try") }
		_, _, err := do(tr, late)
		checkTimeout(t, err, client.Writing, time.Second)
		go func() { io.WriteString(w, "late!"); w.Close() }()
		for _, want := range []string{"first", "other"} {
			if _, got, err := do(tr, newRequest(t, "POST", "http://example.org/", strings.NewReader(want))); got != "/ "+want || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}
	})
}

// writeCounter counts a connection's writes.
type writeCounter struct {
	net.Conn
	writes *atomic.Int64
}

func (c writeCounter) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestASmallBodyAtHandGoesOutWithTheHead(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		s := serve(t, p, echo(p))
		c, tr := registered(t)
		var writes atomic.Int64
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			return writeCounter{nc, &writes}, err
		}
		tr.Timeout = time.Minute
		for name, body := range map[string]func() io.Reader{
			"strings.Reader": func() io.Reader { return strings.NewReader("hello") },
			"bytes.Reader":   func() io.Reader { return bytes.NewReader([]byte("hello")) },
			"bytes.Buffer":   func() io.Reader { return bytes.NewBufferString("hello") },
		} {
			for how, send := range map[string]func(*http.Request) (*http.Response, error){
				"RoundTrip": tr.RoundTrip,
				"RoundTrip, once": func(req *http.Request) (*http.Response, error) {
					req.GetBody = nil
					return tr.RoundTrip(req)
				},
				"http.Client": c.Do, // which hides the body's type
			} {
				writes.Store(0)
				resp, err := send(newRequest(t, "POST", urlOn(s, "/"), body()))
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(got) != "POST / hello" || err != nil || writes.Load() != 1 {
					t.Errorf("%s by %s: %q in %d writes, %v", name, how, got, writes.Load(), err)
				}
			}
		}
	})
}

// A load's body is in memory, and costs what its bytes cost.
func TestASmallBodyInMemoryIsReadWithoutAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates, too")
	}
	tr := serve(t, client.FastCGI, answerWithoutAllocation).transport(t)
	tr.Timeout = time.Minute
	payload := bytes.NewReader(pattern(100))
	req := newRequest(t, "POST", "http://example.org/", payload)
	body, failed := req.Body, 0
	buf := make([]byte, 4096)
	allocations := testing.AllocsPerRun(200, func() {
		payload.Seek(0, io.SeekStart)
		req.Body = body
		resp, err := tr.RoundTrip(req)
		if err != nil {
			failed++
			return
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		resp.Body.Close()
	})
	if failed > 0 || allocations > 7 {
		t.Errorf("%v allocations a request, %d requests failed", allocations, failed)
	}
}

// net/http refuses it, too.
func TestALengthWithoutABodyIsRefused(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		s := serve(t, p, echo(p))
		tr := s.transport(t)
		req := newRequest(t, "POST", "http://example.org/", nil)
		req.ContentLength = 5
		_, _, err := do(tr, req)
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "expected 5 bytes as ContentLength says, got a nil Body")
		if s.accepted.Load() != 0 || tr.Stats().Opened != 0 {
			t.Errorf("%d connections", s.accepted.Load())
		}
	})
}
