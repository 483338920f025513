package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func TestErrorsAreHeardBeforeTheAnswerIs(t *testing.T) {
	heard := make(chan string, 1)
	proceed := make(chan bool)
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		e, _ := m.next()
		m.send(fcgi.AppendStream(nil, fcgi.TypeStderr, e.id, []byte("warning")))
		<-proceed
		m.answer(e.id, "body")
		m.next()
	})
	tr := muxed(t, s, 2, 1)
	tr.Stderr = writerFunc(func(p []byte) { heard <- string(p) })
	done := make(chan string)
	go func() { _, body := get(t, tr, "/"); done <- body }()
	select {
	case got := <-heard:
		if got != "warning" {
			t.Errorf("%q", got)
		}
	case <-time.After(2 * time.Second):
		t.Error("the error waits for the answer")
	}
	close(proceed)
	if body := <-done; body != "body" {
		t.Errorf("%q", body)
	}
}

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func TestABadHeaderIsOneRequestsAffair(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			if e.params["REQUEST_URI"] == "/bad" {
				delete(m.requests, e.id)
				m.send(fcgiAnswer(e.id, "no colon\r\n\r\n"))
			} else if m.answer(e.id, "fine") != nil {
				return
			}
		}
	})
	tr := muxed(t, s, 2, 1)
	for range 5 {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/bad", nil))
		var breach *client.BreachError
		if !errors.As(err, &breach) || string(breach.Bytes) != "no colon\r\n\r\n" {
			t.Error(err)
		}
		if _, body := get(t, tr, "/"); body != "fine" {
			t.Errorf("%q", body)
		}
	}
	if st := tr.Stats(); st.Opened != 1 {
		t.Errorf("%+v", st)
	}
}

func TestARejectionIsOneRequestsAffair(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			delete(m.requests, e.id)
			m.send(fcgi.AppendEndRequest(nil, e.id, 0, fcgi.CantMpxConn))
		}
	})
	tr := muxed(t, s, 2, 1)
	for range 3 {
		if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); !errors.Is(err, client.ErrCantMultiplex) {
			t.Error(err)
		}
	}
	if st := tr.Stats(); st.Opened != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}

func TestALimitEndsOneSharedRequestAlone(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			e, ok := m.next()
			switch {
			case !ok:
				return
			case e.abort:
				delete(m.requests, e.id)
				m.send(fcgi.AppendEndRequest(nil, e.id, 0, fcgi.RequestComplete))
			case e.params["REQUEST_URI"] == "/headers":
				m.send(fcgi.AppendStream(nil, fcgi.TypeStdout, e.id, []byte(okHead)))
			case e.params["REQUEST_URI"] != "/silent":
				m.answer(e.id, "fine")
			}
		}
	})
	const limit = 40 * time.Millisecond
	for name, test := range map[string]struct {
		set   func(*client.Transport)
		uri   string
		body  io.Reader
		phase client.Phase
	}{
		"first byte":                  {func(tr *client.Transport) { tr.FirstByteTimeout = limit }, "/silent", nil, client.FirstByte},
		"first byte, after an upload": {func(tr *client.Transport) { tr.FirstByteTimeout = limit }, "/silent", io.MultiReader(strings.NewReader("x")), client.FirstByte},
		"all, waiting":                {func(tr *client.Transport) { tr.Timeout = limit }, "/silent", nil, client.FirstByte},
		"all, reading":                {func(tr *client.Transport) { tr.Timeout, tr.FirstByteTimeout = limit, time.Hour }, "/headers", nil, client.Reading},
		"all, uploading":              {func(tr *client.Transport) { tr.Timeout, tr.FirstByteTimeout = limit, time.Hour }, "/", &slowReader{1, time.Second}, client.Writing},
	} {
		tr := muxed(t, s, 4, 1)
		test.set(tr)
		_, _, err := do(tr, newRequest(t, "POST", "http://example.org"+test.uri, test.body))
		t.Run(name, func(t *testing.T) { checkTimeout(t, err, test.phase, limit) })
		if _, body := get(t, tr, "/"); body != "fine" {
			t.Errorf("%s: afterwards %q", name, body)
		}
		if st := tr.Stats(); st.Opened != 1 {
			t.Errorf("%s: %+v", name, st)
		}
		tr.CloseIdleConnections()
	}
}

func TestFirstByteTimeoutOfASharedRequestStartsWhenItsBodyIsWritten(t *testing.T) {
	tr := muxed(t, serve(t, client.FastCGI, muxEcho), 4, 1)
	tr.FirstByteTimeout = 50 * time.Millisecond
	_, body, err := do(tr, newRequest(t, "POST", "http://example.org/", &slowReader{8, 15 * time.Millisecond}))
	if err != nil || body != "/ xxxxxxxx" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestABodyThatFailsEndsOneSharedRequestAlone(t *testing.T) {
	tr := muxed(t, serve(t, client.FastCGI, muxEcho), 2, 1)
	for name, body := range map[string]func() (io.Reader, int64){
		"stream":        func() (io.Reader, int64) { return io.MultiReader(strings.NewReader("x"), failing{}), -1 },
		"small, short":  func() (io.Reader, int64) { return strings.NewReader("x"), 5 },
		"stream, short": func() (io.Reader, int64) { return io.MultiReader(strings.NewReader("x")), 5 },
	} {
		for range 3 {
			r, length := body()
			req := newRequest(t, "POST", "http://example.org/", r)
			req.ContentLength = length
			counted := &closeCounter{Reader: r}
			req.Body = counted
			if _, _, err := do(tr, req); err == nil || !strings.Contains(err.Error(), "the request's body") {
				t.Errorf("%s: %v", name, err)
			}
			if _, got := get(t, tr, "/fine"); got != "/fine " {
				t.Errorf("%s: %q", name, got)
			}
			soon(t, "the body is closed", func() bool { return counted.closed.Load() == 1 })
		}
	}
	if st := tr.Stats(); st.Opened != 1 {
		t.Errorf("%+v", st)
	}
}

func TestTimeoutBoundsASharedAnswerThatNeverEnds(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		e, _ := m.next()
		m.send(fcgi.AppendStream(nil, fcgi.TypeStdout, e.id, []byte(okHead)))
		for piece := fcgi.AppendStream(nil, fcgi.TypeStdout, e.id, pattern(60000)); m.send(piece) == nil; {
		}
	})
	tr := muxed(t, s, 2, 1)
	tr.Timeout = 50 * time.Millisecond
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	checkTimeout(t, err, client.Reading, tr.Timeout)
}

func TestATraceHearsOfSharedConnections(t *testing.T) {
	tr := muxed(t, serve(t, client.FastCGI, muxEcho), 2, 1)
	var mu sync.Mutex
	var events []string
	note := func(e string) { mu.Lock(); defer mu.Unlock(); events = append(events, e) }
	trace := &httptrace.ClientTrace{
		GetConn:              func(string) { note("get") },
		GotConn:              func(i httptrace.GotConnInfo) { note(fmt.Sprint("got, reused ", i.Reused)) },
		WroteHeaders:         func() { note("headers") },
		WroteRequest:         func(httptrace.WroteRequestInfo) { note("request") },
		GotFirstResponseByte: func() { note("first byte") },
	}
	for _, body := range []io.Reader{nil, io.MultiReader(strings.NewReader("x"))} {
		req := newRequest(t, "POST", "http://example.org/", body)
		if _, _, err := do(tr, req.WithContext(httptrace.WithClientTrace(t.Context(), trace))); err != nil {
			t.Fatal(err)
		}
	}
	sent := func() int {
		mu.Lock()
		defer mu.Unlock()
		return strings.Count(strings.Join(events, ", "), "request")
	}
	soon(t, "both are written", func() bool { return sent() == 2 })
	mu.Lock()
	defer mu.Unlock()
	want := "get, got, reused false, headers, request, first byte, get, got, reused true, headers, first byte"
	second := slices.DeleteFunc(events[5:], func(e string) bool { return e == "request" }) // the answer may overtake it
	if got := strings.Join(slices.Concat(events[:5], second), ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSharedAnswersWithoutABody(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			delete(m.requests, e.id)
			m.send(fcgiAnswer(e.id, "Status: 204 None\r\n\r\nignored"))
		}
	})
	tr := muxed(t, s, 2, 1)
	for range 3 {
		if resp, body := get(t, tr, "/"); body != "" || resp.StatusCode != http.StatusNoContent {
			t.Errorf("%s %q", resp.Status, body)
		}
	}
	if st := tr.Stats(); st.Opened != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}

func TestContentLengthBoundsASharedAnswersBody(t *testing.T) {
	for name, test := range map[string]struct{ header, body, want string }{
		"exact":   {"Content-Length: 5\r\n", "hello", "hello"},
		"longer":  {"Content-Length: 5\r\n", "hello, world", "hello"},
		"shorter": {"Content-Length: 6\r\n", "hello", "hello"},
		"none":    {"Content-Length: 0\r\n", "", ""},
	} {
		s := serve(t, client.FastCGI, func(_ int, c *peer) {
			m := shared(c)
			for {
				e, ok := m.next()
				if !ok {
					return
				}
				delete(m.requests, e.id)
				m.send(fcgiAnswer(e.id, test.header+"\r\n"+test.body))
			}
		})
		tr := muxed(t, s, 2, 1)
		for range 3 {
			_, body, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
			if body != test.want || (err != nil) != (name == "shorter") {
				t.Errorf("%s: %q, %v", name, body, err)
			}
		}
		if st := tr.Stats(); st.Opened != 1 || st.Idle != 1 {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

func TestALostSharedConnectionIsRetried(t *testing.T) {
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		m := shared(c)
		for i := 0; ; i++ {
			e, ok := m.next()
			if !ok || n == 1 && i == 1 {
				return
			}
			m.answer(e.id, fmt.Sprint("connection ", n))
		}
	})
	tr := muxed(t, s, 2, 1)
	tr.RetryLost = true
	for _, want := range []string{"connection 1", "connection 2"} {
		if _, body := get(t, tr, "/"); body != want {
			t.Errorf("%q", body)
		}
	}
	if st := tr.Stats(); st.Retried != 1 {
		t.Errorf("%+v", st)
	}
}
