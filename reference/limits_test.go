package reference

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// dialling serves with s until the test's end, and dials it.
func dialling(t *testing.T, s *Server) (dial func() net.Conn) {
	t.Helper()
	if s.Handler == nil {
		s.Handler = HandlerFunc(echo)
	}
	path := filepath.Join(t.TempDir(), "s")
	l, err := Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Shutdown(t.Context()) })
	return func() net.Conn {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(10 * time.Second))
		return c
	}
}

// wholeRequest is one for GET /, by protocol.
func wholeRequest(p client.Protocol) []byte {
	switch p {
	case client.SCGI:
		h := scgi.AppendHeader(nil, "CONTENT_LENGTH", "0")
		h = scgi.AppendHeader(h, "SCGI", "1")
		return scgi.AppendNetstring(nil, scgi.AppendHeader(h, "REQUEST_METHOD", "GET"))
	case client.AJP:
		method, _ := ajp.MethodCode("GET")
		r := ajp.Request{Method: method, Protocol: []byte("HTTP/1.1"), ReqURI: []byte("/"), RemoteAddr: []byte("127.0.0.1"), ServerName: []byte("localhost"), ServerPort: 80}
		return r.Append(nil)
	}
	b := fcgi.AppendBeginRequest(nil, 1, fcgi.Responder, fcgi.KeepConn)
	params := fcgi.EncodeParams(b, 1)
	params.Add("REQUEST_METHOD", "GET")
	return fcgi.AppendEndOfStream(params.End(), fcgi.TypeStdin, 1)
}

func mustAnswer(t *testing.T, p client.Protocol, c net.Conn) {
	t.Helper()
	if _, err := c.Write(wholeRequest(p)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 4096)); n == 0 {
		t.Fatalf("no answer: %v", err)
	}
}

// ended waits for the server to end the connection.
func ended(t *testing.T, c net.Conn, what string) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the connection is open", what)
	}
}

func TestConnectionsThatWaitTooLongAreEnded(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			const limit = 300 * time.Millisecond
			dial := dialling(t, &Server{Protocol: p, ReadTimeout: limit, IdleTimeout: 3 * limit})
			idle, stalled := dial(), dial()
			if p != client.SCGI {
				mustAnswer(t, p, idle) // kept, and then nothing
			}
			stalled.Write(wholeRequest(p)[:5])
			start := time.Now()
			ended(t, stalled, "within a request")
			if took := time.Since(start); took > 3*limit+time.Second {
				t.Errorf("a stalled connection was ended after %v", took)
			}
			ended(t, idle, "between requests")
			mustAnswer(t, p, dial())
		})
	}
}

func TestAClientThatTakesNoAnswerIsEnded(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			gone := make(chan error, 1)
			dial := dialling(t, &Server{Protocol: p, WriteTimeout: 300 * time.Millisecond, Handler: HandlerFunc(func(w *Response, r *Request) {
				var err error
				for err == nil {
					_, err = w.Write(make([]byte, 64<<10))
				}
				gone <- err
			})})
			c := dial()
			c.Write(wholeRequest(p))
			select {
			case <-gone:
			case <-time.After(8 * time.Second):
				t.Error("the handler still writes")
			}
		})
	}
}

func TestParametersBeyondTheLimitEndTheConnection(t *testing.T) {
	for _, p := range []client.Protocol{client.FastCGI, client.SCGI} {
		dial := dialling(t, &Server{Protocol: p, MaxParams: 4 << 10})
		var flood []byte
		if p == client.SCGI {
			flood = append([]byte("999999999:"), bytes.Repeat([]byte("x"), 100<<10)...)
		} else {
			flood = fcgi.AppendBeginRequest(nil, 1, fcgi.Responder, 0)
			flood = fcgi.AppendStream(flood, fcgi.TypeParams, 1, make([]byte, 200<<10))
		}
		c := dial()
		c.Write(flood) // fails where the server is quick
		ended(t, c, string(p))
		mustAnswer(t, p, dial())
	}
}

func TestStalledAndResetClientsCostOthersNothing(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			dial := dialling(t, &Server{Protocol: p})
			for range 50 {
				dial().Write(wholeRequest(p)[:7])
				dial().Close()
				c := dial()
				c.Write(wholeRequest(p))
				c.Close() // with its answer unread
			}
			start := time.Now()
			for range 20 {
				mustAnswer(t, p, dial())
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("20 requests took %v", took)
			}
		})
	}
}

func TestNoMoreThanMaxThreadsAreServedAtOnce(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	dial := dialling(t, &Server{Protocol: client.SCGI, MaxThreads: 3, Handler: HandlerFunc(func(w *Response, r *Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
		echo(w, r)
	})})
	var wg sync.WaitGroup
	for range 20 {
		c := dial()
		wg.Go(func() {
			c.Write(wholeRequest(client.SCGI))
			if b, _ := io.ReadAll(c); len(b) == 0 {
				t.Error("no answer")
			}
		})
	}
	wg.Wait()
	if most != 3 {
		t.Errorf("%d at once, want 3", most)
	}
}

// TestASingleRequestServerRejectsASecond is a prefork worker's connection.
func TestASingleRequestServerRejectsASecond(t *testing.T) {
	release := make(chan struct{})
	dial := dialling(t, &Server{Protocol: client.FastCGI, single: true, Handler: HandlerFunc(func(w *Response, r *Request) {
		r.Detach()
		<-release
		echo(w, r)
	})})
	c := dial()
	first := wholeRequest(client.FastCGI)
	second := bytes.Clone(first)
	fcgi.SetRequestID(second, 2)
	c.Write(first)
	c.Write(second)
	var d fcgi.Decoder
	end := readEnd(t, c, &d)
	if body, _ := fcgi.ParseEndRequest(end.Content); end.RequestID != 2 || body.ProtocolStatus != fcgi.CantMpxConn {
		t.Errorf("got %v %v, want FCGI_CANT_MPX_CONN for request 2", end.Header, body.ProtocolStatus)
	}
	close(release)
	if end := readEnd(t, c, &d); end.RequestID != 1 {
		t.Errorf("got %v, want the end of request 1", end.Header)
	}
}

func readEnd(t *testing.T, c net.Conn, d *fcgi.Decoder) fcgi.Record {
	t.Helper()
	buf := make([]byte, 4096)
	for {
		r, err := d.Next()
		if err == nil && r.Type == fcgi.TypeEndRequest {
			return r
		}
		if err == fcgi.ErrShort {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			d.Feed(buf[:n])
		}
	}
}

// TestAStopLosesNoRequest: those that were sent before it are answered, though
// their connections had not been accepted.
func TestAStopLosesNoRequest(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			s := &Server{Protocol: p, MaxThreads: 1, Handler: HandlerFunc(func(w *Response, r *Request) {
				time.Sleep(5 * time.Millisecond)
				echo(w, r)
			})}
			path := filepath.Join(t.TempDir(), "s")
			l, err := Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- s.Serve(l) }()
			var conns []net.Conn
			for range 20 {
				c, err := net.Dial("unix", path)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				c.Write(wholeRequest(p))
				conns = append(conns, c)
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if err := <-served; err != ErrStopped {
				t.Error(err)
			}
			for i, c := range conns {
				if n, err := c.Read(make([]byte, 4096)); n == 0 {
					t.Errorf("request %d: %v", i, err)
				}
			}
			if _, err := os.Lstat(path); err == nil {
				t.Error("the socket is still there")
			}
		})
	}
}
