package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
)

// bareWait is how long the end of an answer without a body is waited for.
const bareWait = 50 * time.Millisecond

var bareAnswers = []struct{ method, header string }{
	{"HEAD", "Content-Type: text/event-stream\r\n"},
	{"GET", "Status: 204 No Content\r\n"},
	{"GET", "Status: 304 Not Modified\r\n"},
}

// An application may ignore HEAD, and its stream be endless.
func TestAHeaderThatIsAllOfTheAnswerIsTheAnswer(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, goOn := range map[string]func(c *peer, piece []byte){
			"silent":  func(*peer, []byte) {},
			"trickle": func(c *peer, piece []byte) { time.Sleep(20 * time.Millisecond); c.send(piece) },
			"flood":   func(c *peer, piece []byte) { c.send(piece) },
		} {
			for _, bare := range bareAnswers {
				t.Run(name+" "+bare.method+" "+bare.header[:11], func(t *testing.T) {
					head, _ := headOf(p, bare.header)
					_, piece := headOf(p, bare.header, strings.Repeat("data: x\n", 1000))
					piece = piece[:len(piece)-map[client.Protocol]int{client.FastCGI: len(stdoutEnd + endRequest), client.AJP: 6}[p]]
					var ended atomic.Bool
					piped(t, p, func(_ int, c *peer) {
						c.receive(p)
						over := make(chan bool)
						go func() { io.Copy(io.Discard, c.in); close(over) }()
						c.send(head)
						for {
							select {
							case <-over:
								ended.Store(true)
								return
							default:
								if name == "silent" {
									<-over
								}
								goOn(c, piece)
							}
						}
					}, func(t *testing.T, tr *client.Transport) {
						start := time.Now()
						resp, body, err := do(tr, newRequest(t, bare.method, "http://example.org/", nil))
						if err != nil || body != "" {
							t.Fatalf("%q, %v", body, err)
						}
						if took := time.Since(start); took > bareWait {
							t.Errorf("%s after %v", resp.Status, took)
						}
						time.Sleep(bareWait)
						if s := tr.Stats(); !ended.Load() || s.Open != 0 {
							t.Errorf("the application was told to stop: %t, %+v", ended.Load(), s)
						}
					})
				})
			}
		}
	})
}

// Under a limit of the caller's the answer has to end within it, and may take as
// long: who measures it wants all of it.
func TestALimitBoundsAHeaderThatIsAllOfTheAnswer(t *testing.T) {
	const limit = 200 * time.Millisecond
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, limited := range map[string]func(*client.Transport) (context.Context, context.CancelFunc){
			"Timeout": func(tr *client.Transport) (context.Context, context.CancelFunc) {
				tr.Timeout = limit
				return context.Background(), func() {}
			},
			"context": func(*client.Transport) (context.Context, context.CancelFunc) {
				return context.WithTimeout(context.Background(), limit)
			},
		} {
			for end, ends := range map[time.Duration]bool{limit - time.Millisecond: true, time.Hour: false} {
				head, rest := headOf(p, "X-A: b\r\n")
				piped(t, p, func(_ int, c *peer) {
					c.receive(p)
					c.send(head)
					select {
					case <-time.After(end):
						c.send(rest)
					case <-c.over:
					}
				}, func(t *testing.T, tr *client.Transport) {
					ctx, cancel := limited(tr)
					defer cancel()
					start := time.Now()
					resp, _, err := do(tr, newRequest(t, "HEAD", "http://example.org/", nil).WithContext(ctx))
					if ended := err == nil && resp.Header.Get("X-A") == "b"; ended != ends {
						t.Errorf("%s, an end after %v: %v", name, end, err)
					}
					if took := time.Since(start); took != min(end, limit) {
						t.Errorf("%s, an end after %v: it took %v", name, end, took)
					}
				})
			}
		}
	})
}

// What the wait was bounded by is no limit of the next request's.
func TestAnEndSoonAfterAHeaderKeepsTheConnection(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for _, pieces := range [][]string{{}, {"hello"}} {
			for _, bare := range bareAnswers {
				head, rest := headOf(p, bare.header, pieces...)
				piped(t, p, func(_ int, c *peer) {
					for {
						if _, ok := c.receive(p); !ok {
							return
						}
						time.Sleep(time.Second)
						c.send(head)
						time.Sleep(bareWait - time.Millisecond)
						if c.send(rest); p == client.SCGI {
							return
						}
					}
				}, func(t *testing.T, tr *client.Transport) {
					for range 3 {
						if _, _, err := do(tr, newRequest(t, bare.method, "http://example.org/", nil)); err != nil {
							t.Fatal(err)
						}
					}
					if s := tr.Stats(); s.Opened != opened(p, 3) || s.Idle != int(opened(p, 3))%3 {
						t.Errorf("%q: %+v", bare.header, s)
					}
				})
			}
		}
	})
}

func TestAnAnswerThatEndsWronglyAfterItsHeaderIsAnError(t *testing.T) {
	for p, wrong := range map[client.Protocol]string{client.FastCGI: "\x01\x06\x00\x07\x00\x00\x00\x00", client.AJP: "AB\x00\x01\x07"} {
		for _, bare := range bareAnswers {
			head, _ := headOf(p, bare.header)
			for _, then := range []string{"", wrong} {
				piped(t, p, func(_ int, c *peer) {
					c.receive(p)
					c.send(head)
					c.send(then)
				}, func(t *testing.T, tr *client.Transport) {
					_, _, err := do(tr, newRequest(t, bare.method, "http://example.org/", nil))
					var truncated *client.TruncatedError
					var breach *client.BreachError
					if then == "" && !errors.As(err, &truncated) || then != "" && !errors.As(err, &breach) {
						t.Errorf("%s, %q: %v", p, then, err)
					}
				})
			}
		}
	}
}

// On a shared connection the request is aborted, and the others go on.
func TestASharedConnectionOutlivesAHeaderThatIsAllOfTheAnswer(t *testing.T) {
	piped(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		e, _ := m.next()
		head, _ := headOf(client.FastCGI, "X-A: b\r\n")
		c.send(head)
		if e, ok := m.next(); !ok || !e.abort {
			t.Errorf("%+v: it is not aborted", e)
			return
		}
		delete(m.requests, e.id)
		c.send(endRequest)
		e, _ = m.next()
		m.answer(e.id, "next")
		m.next()
	}, func(t *testing.T, tr *client.Transport) {
		tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = 2, true, 1
		start := time.Now()
		resp, _, err := do(tr, newRequest(t, "HEAD", "http://example.org/", nil))
		if took := time.Since(start); err != nil || resp.Header.Get("X-A") != "b" || took != bareWait {
			t.Errorf("after %v: %v", took, err)
		}
		if _, body := get(t, tr, "/"); body != "next" {
			t.Errorf("%q", body)
		}
	})
}

// A container may ask on for a body that nobody writes.
func TestABodyAskedForBehindAHeaderIsNotWaitedFor(t *testing.T) {
	piped(t, client.AJP, func(_ int, c *peer) {
		c.ajpHead()
		head, _ := headOf(client.AJP, "Status: 204 No Content\r\n")
		c.send(head, ajp.AppendGetBodyChunk(nil, 100))
		io.Copy(io.Discard, c.in)
	}, func(t *testing.T, tr *client.Transport) {
		r, w := io.Pipe()
		defer w.Close()
		start := time.Now()
		resp, _, err := do(tr, newRequest(t, "POST", "http://example.org/", r))
		if took := time.Since(start); err != nil || resp.StatusCode != 204 || took != bareWait {
			t.Errorf("after %v: %v", took, err)
		}
		if _, err := fmt.Fprint(w, "x"); err == nil {
			t.Error("the body is not closed")
		}
	})
}

// Nor is a server waited for that answers so and reads no further.
func TestAnUploadDoesNotHoldUpAHeaderThatIsAllOfTheAnswer(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		head, _ := headOf(p, "Status: 204 No Content\r\n")
		piped(t, p, func(_ int, c *peer) {
			c.in.Peek(1)
			time.Sleep(time.Millisecond)
			c.send(head)
			<-c.over
		}, func(t *testing.T, tr *client.Transport) {
			tr.WriteTimeout, tr.FirstByteTimeout = time.Second, time.Second
			body := &closeCounter{Reader: bytes.NewReader(pattern(4 << 20))}
			req := newRequest(t, "POST", "http://example.org/", body)
			req.ContentLength = 4 << 20
			start := time.Now()
			resp, _, err := do(tr, req)
			if took := time.Since(start); err != nil || resp.StatusCode != 204 || took > time.Millisecond+bareWait {
				t.Errorf("after %v: %v", took, err)
			}
			time.Sleep(time.Millisecond)
			if s := tr.Stats(); s.Open != 0 || body.closed.Load() != 1 {
				t.Errorf("the body is closed %d times, %+v", body.closed.Load(), s)
			}
		})
	})
}
