package client_test

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// A server may write an answer, however long, before it reads the request.
func TestALongAnswerMayComeBeforeTheBodyIsRead(t *testing.T) {
	const size = 1<<20 - 10
	answer := strings.Repeat("x", 4<<20)
	var pieces []string
	for rest := answer; rest != ""; rest = rest[min(len(rest), 8000):] {
		pieces = append(pieces, rest[:min(len(rest), 8000)])
	}
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, length := range map[string]int64{"known": size, "unknown": -1} {
			tr := serve(t, p, func(_ int, c *peer) {
				c.in.Peek(1)
				c.send(answers(p, "Content-Type: text/plain\r\n", pieces...))
				if p == client.SCGI {
					c.scgiRequest() // its end would reset the connection
					return
				}
				io.Copy(io.Discard, c.in)
			}).transport(t)
			tr.Timeout = 5 * time.Second
			req := newRequest(t, "POST", "http://example.org/", io.MultiReader(bytes.NewReader(pattern(size))))
			req.ContentLength = length
			if _, got, err := do(tr, req); err != nil || got != answer {
				t.Errorf("%s length: %d bytes, %v", name, len(got), err)
			}
		}
	})
}

// endless ends only once it is closed.
type endless struct {
	io.Reader
	closed chan struct{}
	once   sync.Once
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err == io.EOF {
		<-e.closed
	}
	return n, err
}

func (e *endless) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}

// lastWrite is how long the answer's reader waits at most for what is left of a
// request that is answered.
const lastWrite = 50 * time.Millisecond

func TestAnEarlyAnswersReaderDoesNotWaitForTheUpload(t *testing.T) {
	for name, script := range map[string]func(c *peer){
		"the last piece is not read": func(c *peer) {},
		"the body does not end":      func(c *peer) { c.record() },
	} {
		for _, header := range []string{"X-A: b\r\n", "Content-Length: 5\r\n"} {
			for _, closes := range []bool{false, true} {
				piped(t, client.FastCGI, func(n int, c *peer) {
					if n > 1 {
						echo(client.FastCGI)(n, c)
						return
					}
					c.fcgiHead()
					script(c)
					time.Sleep(time.Millisecond) // till the upload waits
					c.send(answers(client.FastCGI, header, "hello"))
					<-c.over
				}, func(t *testing.T, tr *client.Transport) {
					tr.MaxConns = 1
					body := &endless{Reader: strings.NewReader("hello"), closed: make(chan struct{})}
					req := newRequest(t, "POST", "http://example.org/", body)
					req.ContentLength = 5
					start := time.Now()
					resp, err := tr.RoundTrip(req)
					if err != nil {
						t.Fatal(err)
					}
					if !closes {
						if got, err := io.ReadAll(resp.Body); string(got) != "hello" || err != nil {
							t.Errorf("%s: %q, %v", name, got, err)
						}
					}
					resp.Body.Close()
					if took := time.Since(start); took > time.Millisecond+lastWrite {
						t.Errorf("%s: after %v", name, took)
					}
					if s := tr.Stats(); s.Open != 0 {
						t.Errorf("%s: %+v", name, s)
					}
					<-body.closed
					if _, got := get(t, tr, "/next"); got != "GET /next " {
						t.Errorf("%s: then %q", name, got)
					}
				})
			}
		}
	}
}

// A shared connection goes on whatever one request's upload does.
func TestAnEarlyAnswerOnASharedConnectionWaitsForNothing(t *testing.T) {
	piped(t, client.FastCGI, func(_ int, c *peer) {
		c.fcgiHead()
		c.record()
		c.send(fcgiAnswer(1, "\r\nhello"))
		muxEcho(1, c)
	}, func(t *testing.T, tr *client.Transport) {
		tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = 2, true, 1
		body := &endless{Reader: strings.NewReader("hello"), closed: make(chan struct{})}
		req := newRequest(t, "POST", "http://example.org/", body)
		req.ContentLength = 5
		start := time.Now()
		_, got, err := do(tr, req)
		if took := time.Since(start); got != "hello" || err != nil || took > 0 {
			t.Errorf("%q, %v, after %v", got, err, took)
		}
		<-body.closed
		if _, got := get(t, tr, "/next"); got != "/next " {
			t.Errorf("%q", got)
		}
		if s := tr.Stats(); s.Opened != 1 || s.Idle != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// Most servers have read all that they answer, and the writer learns it late.
func TestAnUploadThatEndsSoonAfterTheAnswerKeepsTheConnection(t *testing.T) {
	piped(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiHead(); !ok {
				return
			}
			time.Sleep(time.Millisecond) // till the upload waits
			c.send(fcgiAnswer(1, "\r\nhello"))
			time.Sleep(lastWrite / 2)
			c.stdin()
		}
	}, func(t *testing.T, tr *client.Transport) {
		for range 3 {
			req := newRequest(t, "POST", "http://example.org/", io.MultiReader(strings.NewReader("hello")))
			req.ContentLength = 5
			if _, got, err := do(tr, req); got != "hello" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			if s := tr.Stats(); s.Idle != 1 {
				t.Errorf("%+v", s)
			}
		}
		tr.CloseIdleConnections()
		if s := tr.Stats(); s.Opened != 1 || s.Open != 0 {
			t.Errorf("%+v", s)
		}
	})
}
