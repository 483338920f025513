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
	"github.com/fcgikit/fcgikit/client/fcgi"
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
				r.Header.Set("X-Large", string(pattern(16<<20)))
			},
			"Timeout, of the head": func(tr *client.Transport, r *http.Request) {
				tr.Timeout = limit
				r.Header.Set("X-Large", string(pattern(16<<20)))
			},
		} {
			t.Run(name, func(t *testing.T) {
				tr := serve(t, p, deaf).transport(t)
				body := &closeCounter{Reader: bytes.NewReader(pattern(16 << 20))}
				req := newRequest(t, "POST", "http://example.org/", body)
				req.ContentLength = 16 << 20
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
	if got, want := run(bytes.NewReader(pattern(100000))), "get "+address+", got, headers, request, first byte, put"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func mustBeNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

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
