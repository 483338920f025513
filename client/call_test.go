package client_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

func TestARequestThatWouldSmuggleIsRefusedBeforeAByte(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		s := serve(t, p, echo(p))
		tr := s.transport(t)
		for name, spoil := range map[string]func(*http.Request){
			"header name":  func(r *http.Request) { r.Header["X-A: b\r\nX-B"] = []string{"c"} },
			"header space": func(r *http.Request) { r.Header["X A"] = []string{"c"} },
			"no name":      func(r *http.Request) { r.Header[""] = []string{"c"} },
			"header value": func(r *http.Request) { r.Header["X-A"] = []string{"fine", "b\r\nX-B: c"} },
			"NUL in value": func(r *http.Request) { r.Header["X-A"] = []string{"b\x00c"} },
			"method":       func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nX:" },
			"method NUL":   func(r *http.Request) { r.Method = "GET\x00" },
			"path":         func(r *http.Request) { r.URL.Opaque = "/a\r\nb" },
			"path NUL":     func(r *http.Request) { r.URL.Path = "/a\x00b" },
			"query":        func(r *http.Request) { r.URL.RawQuery = "a\nb" },
			"query NUL":    func(r *http.Request) { r.URL.RawQuery = "a\x00b" },
			"host":         func(r *http.Request) { r.Host = "a\r\nb" },
			"URL's host":   func(r *http.Request) { r.Host, r.URL.Host = "", "a\nb" },
		} {
			body := &closeCounter{Reader: strings.NewReader("x")}
			req := newRequest(t, "POST", "http://example.org/", body)
			spoil(req)
			if _, _, err := do(tr, req); err == nil {
				t.Errorf("%s: it is sent", name)
			}
			if body.closed.Load() != 1 {
				t.Errorf("%s: the body was closed %d times", name, body.closed.Load())
			}
		}
		if n := s.accepted.Load(); n != 0 {
			t.Errorf("%d connections were made", n)
		}
		for _, param := range [][2]string{{"", "x"}, {"A\x00", "x"}, {"A", "x\x00"}} {
			tr := s.transport(t)
			tr.Params = [][2]string{param}
			if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err == nil {
				t.Errorf("parameter %q is sent", param)
			}
		}
	})
}

// silent takes a request and says nothing until the client ends the connection.
func silent(p client.Protocol, ended chan<- int) func(int, *peer) {
	return func(n int, c *peer) {
		c.receive(p)
		io.Copy(io.Discard, c.in)
		ended <- n
	}
}

// deaf reads nothing.
func deaf(_ int, c *peer) { <-c.over }

func TestAFailedDialIsTold(t *testing.T) {
	tr, err := client.New(client.Target{Protocol: client.FastCGI, Network: "unix", Address: "/no/such/socket"})
	if err != nil {
		t.Fatal(err)
	}
	tr.Timeout, tr.DialTimeout = time.Hour, time.Hour
	_, _, err = do(tr, newRequest(t, "GET", "http://example.org/", nil))
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		t.Error(err)
	}
}

func TestCancellingEndsAnExchangeInAnyPhase(t *testing.T) {
	why := errors.New("the reason why")
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, stuck := range map[string]func() (func(int, *peer), io.Reader){
			"writing": func() (func(int, *peer), io.Reader) {
				return deaf, bytes.NewReader(pattern(4 << 20))
			},
			"body keeps us waiting": func() (func(int, *peer), io.Reader) {
				r, _ := io.Pipe()
				return echo(p), r
			},
			"waiting": func() (func(int, *peer), io.Reader) { return silent(p, make(chan int, 9)), nil },
			"reading": func() (func(int, *peer), io.Reader) {
				return func(_ int, c *peer) {
					c.receive(p)
					whole := plainAnswer(p, 1, "body")
					c.send(whole[:len(whole)-20])
					io.Copy(io.Discard, c.in)
				}, nil
			},
		} {
			for _, cause := range []error{nil, why} {
				script, body := stuck()
				s := serve(t, p, script)
				tr := s.transport(t)
				ctx, cancel := context.WithCancelCause(t.Context())
				timer := time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
				counted := &closeCounter{Reader: strings.NewReader("")}
				if body != nil {
					counted.Reader = body
				}
				req := newRequest(t, "POST", "http://example.org/", counted)
				switch {
				case body == nil:
					req.Body = http.NoBody
					counted.closed.Store(1)
				case name == "writing":
					req.ContentLength = 4 << 20
				}
				_, _, err := do(tr, req.WithContext(ctx))
				timer.Stop()
				cancel(nil)
				want := cause
				if want == nil {
					want = context.Canceled
				}
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
				soon(t, name+": the body is closed", func() bool { return counted.closed.Load() == 1 })
				if st := tr.Stats(); st.Open != 0 {
					t.Errorf("%s: %+v", name, st)
				}
			}
		}
	})
}

func TestACancelledContextTakesNoConnection(t *testing.T) {
	s := serve(t, client.FastCGI, echo(client.FastCGI))
	tr := s.transport(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	cancel(why)
	body := &closeCounter{Reader: strings.NewReader("x")}
	_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", body).WithContext(ctx))
	if !errors.Is(err, why) || s.accepted.Load() != 0 || body.closed.Load() != 1 {
		t.Errorf("%v, %d connections, body closed %d times", err, s.accepted.Load(), body.closed.Load())
	}
}

func TestCancellingWhileConnectingIsTheContextsError(t *testing.T) {
	tr := serve(t, client.FastCGI, deaf).transport(t)
	tr.DialTimeout = time.Hour
	tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil).WithContext(ctx))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// A context that is cancelled after the answer has been read harms nobody.
func TestCancellingAfterwardsLeavesTheConnection(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		if p == client.SCGI {
			t.Skip("it is not kept")
		}
		tr := serve(t, p, echo(p)).transport(t)
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil).WithContext(ctx)); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
		if s := tr.Stats(); s.Opened != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTheTraceToldWhatHappenedInOrder(t *testing.T) {
	s := serve(t, client.FastCGI, echo(client.FastCGI))
	tr := s.transport(t)
	var mu sync.Mutex
	var events []string
	note := func(e string) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}
	var info httptrace.GotConnInfo
	trace := &httptrace.ClientTrace{
		GetConn:              func(hostPort string) { note("get " + hostPort) },
		GotConn:              func(i httptrace.GotConnInfo) { info = i; note("got") },
		PutIdleConn:          func(err error) { note("put"); mu.Lock(); defer mu.Unlock(); mustBeNil(t, err) },
		GotFirstResponseByte: func() { note("first byte") },
		ConnectStart:         func(network, addr string) { note("connect " + network + " " + addr) },
		ConnectDone:          func(_, _ string, err error) { note("connected"); mustBeNil(t, err) },
		WroteHeaders:         func() { note("headers") },
		WroteRequest:         func(i httptrace.WroteRequestInfo) { note("request"); mustBeNil(t, i.Err) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { note("tls") },
	}
	run := func(body io.Reader) string {
		events = nil
		req := newRequest(t, "POST", "http://example.org/", body)
		if _, _, err := do(tr, req.WithContext(httptrace.WithClientTrace(t.Context(), trace))); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(events, ", ")
	}
	address := s.target.Address
	if got, want := run(nil), "get "+address+", connect unix "+address+", connected, got, headers, request, first byte, put"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if info.Reused || info.WasIdle || info.Conn == nil {
		t.Errorf("%+v", info)
	}
	time.Sleep(5 * time.Millisecond)
	if got, want := run(strings.NewReader("hello")), "get "+address+", got, headers, request, first byte, put"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !info.Reused || !info.WasIdle || info.IdleTime < 5*time.Millisecond || info.IdleTime > time.Second {
		t.Errorf("%+v", info)
	}
	// Beside the reading, the answer may overtake the news that the body is written.
	got := run(bytes.NewReader(pattern(100000)))
	if want := "get " + address + ", got, headers, first byte, put"; strings.Replace(got, ", request", "", 1) != want || !strings.Contains(got, "request") {
		t.Errorf("got  %s\nwant %s and the request", got, want)
	}
}

func mustBeNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
