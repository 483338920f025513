package reference

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// last is a request after which the connection is not kept.
func last(request []byte) []byte {
	b := bytes.Clone(request)
	b[fcgi.HeaderLen+2] &^= byte(fcgi.KeepConn)
	return b
}

// slowHTTP answers after longer than a handler is lent the goroutine that reads.
var slowHTTP = HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	time.Sleep(20 * lendFor)
	io.WriteString(w, "abc")
}))

// lasting are handlers and queries of requests that are over at once, and of
// such as another goroutine reads on beside.
var lasting = map[string]struct {
	h     Handler
	query string
}{
	"at once":      {&Probe{}, "size=3"},
	"delay":        {&Probe{}, "delay=20&size=3"},
	"pause":        {&Probe{}, "pause=20&chunk=1&size=3"},
	"http.Handler": {slowHTTP, ""},
	"stall":        {Stall{20 * time.Millisecond, 21 * time.Millisecond}.Handler(&Probe{}), "size=3"},
}

// TestAConnectionEndsWithItsLastRequest where that was not asked to be kept (5.1).
func TestAConnectionEndsWithItsLastRequest(t *testing.T) {
	for name, test := range lasting {
		for _, kept := range []int{0, 1} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := dialServed(t, serveHandler(t, client.FastCGI, test.h))
				request := records{params: query(test.query)}.bytes()
				for range kept {
					c.Write(request)
					readAnswer(t, c)
				}
				c.Write(last(request))
				c.SetReadDeadline(time.Now().Add(2 * time.Second))
				b, err := io.ReadAll(c)
				if err != nil || !bytes.Contains(b, []byte("c")) {
					t.Errorf("%q, and then %v", b, err)
				}
			})
		}
	}
}

// TestTheLastOfSeveralRequestsEndsTheConnection, whichever of them had asked that
// it be not kept.
func TestTheLastOfSeveralRequestsEndsTheConnection(t *testing.T) {
	rejected := last(records{role: fcgi.Responder}.bytes()[:2*fcgi.HeaderLen])
	rejected[fcgi.HeaderLen+1] = 9
	for name, with := range map[string][]byte{
		"shorter":  last(records{params: query("delay=10")}.bytes()),
		"longer":   last(records{params: query("delay=60")}.bytes()),
		"rejected": rejected,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dialServed(t, serveHandler(t, client.FastCGI, &Probe{}))
			fcgi.SetRequestID(with, 2)
			c.Write(records{params: query("delay=30")}.bytes())
			time.Sleep(5 * time.Millisecond)
			c.Write(with)
			c.SetReadDeadline(time.Now().Add(2 * time.Second))
			b, err := io.ReadAll(c)
			if err != nil {
				t.Errorf("the server does not close: %v", err)
			}
			var d fcgi.Decoder
			d.Feed(b)
			ends := 0
			for r, err := d.Next(); err == nil; r, err = d.Next() {
				if r.Type == fcgi.TypeEndRequest {
					ends++
				}
			}
			if ends != 2 {
				t.Errorf("%d of 2 requests were ended", ends)
			}
		})
	}
}

// TestAnAbortedLastRequestEndsTheConnection, and one whose body is not read.
func TestAnAbortedLastRequestEndsTheConnection(t *testing.T) {
	for name, request := range map[string]records{
		"aborted":     {params: query("delay=5000"), then: fcgi.AppendAbortRequest(nil, 1)},
		"unread body": {params: query("delay=20&read=no"), stdin: "begun", withhold: true},
	} {
		c := dialServed(t, serveHandler(t, client.FastCGI, &Probe{}))
		c.Write(last(request.bytes()))
		c.SetReadDeadline(time.Now().Add(2 * time.Second))
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("%s: the server does not close: %v", name, err)
		}
	}
}

// narrow is a listener whose connections hold no answer back from a web server
// that does not read.
type narrow struct{ *net.UnixListener }

func (l narrow) Accept() (net.Conn, error) {
	c, err := l.AcceptUnix()
	if err == nil {
		err = c.SetWriteBuffer(1)
	}
	return c, err
}

// TestAnAnswerComesWholeBesideTheRestOfTheBody, though by then the connection is
// over for the goroutine that reads.
func TestAnAnswerComesWholeBesideTheRestOfTheBody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Protocol: client.FastCGI, Handler: HandlerFunc(func(w *Response, r *Request) {
		r.Detach()
		w.Write(letters[:30_000]) // in one write
	})}
	go s.Serve(narrow{l})
	defer s.Shutdown(t.Context())
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	c.Write(last(records{params: query(""), stdin: "begun", withhold: true}.bytes()))
	time.Sleep(30 * time.Millisecond) // for the answer, which is stuck
	c.Write(fcgi.AppendStream(nil, fcgi.TypeStdin, 1, []byte("rest")))
	time.Sleep(30 * time.Millisecond)
	if a := readAnswer(t, c); len(a.body(t)) != 30_000 {
		t.Errorf("%d bytes", len(a.body(t)))
	}
}

// TestAStopDoesNotWaitForAKeptConnection, whatever its last request was.
func TestAStopDoesNotWaitForAKeptConnection(t *testing.T) {
	for _, p := range []client.Protocol{client.FastCGI, client.AJP} {
		for name, test := range lasting {
			t.Run(string(p)+"/"+name, func(t *testing.T) {
				t.Parallel()
				l, err := Listen("unix", filepath.Join(t.TempDir(), "s"))
				if err != nil {
					t.Fatal(err)
				}
				s := &Server{Protocol: p, Handler: test.h}
				ended := make(chan error, 1)
				go func() { ended <- s.Serve(l) }()
				tr := served{target: client.Target{Protocol: p, Network: "unix", Address: l.Addr().String()}}.transport(t)
				ask(t, tr, "GET", test.query, nil)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				if err := s.Shutdown(ctx); err != nil {
					t.Error(err)
				}
				if err := <-ended; err != ErrStopped {
					t.Error(err)
				}
			})
		}
	}
}

// TestAKeptConnectionIsIdleAfterASlowRequest: it lives as long as one is given
// that asks for nothing, and not as one that stalls.
func TestAKeptConnectionIsIdleAfterASlowRequest(t *testing.T) {
	const short, long = 300 * time.Millisecond, time.Minute
	for name, request := range map[string]records{
		"whole":       {params: query("delay=20")},
		"unread body": {params: query("delay=20&read=no"), stdin: "begun", withhold: true},
	} {
		for _, limits := range []struct {
			read, idle time.Duration
			ended      bool
		}{{short, long, false}, {long, short, true}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := dialling(t, &Server{Protocol: client.FastCGI, Handler: &Probe{}, ReadTimeout: limits.read, IdleTimeout: limits.idle})()
				c.Write(request.bytes())
				readAnswer(t, c)
				c.SetReadDeadline(time.Now().Add(5 * short))
				_, err := c.Read(make([]byte, 1))
				if open := errors.Is(err, os.ErrDeadlineExceeded); open == limits.ended {
					t.Errorf("within %v, with limits %v of reading and %v of idleness: %v", 5*short, limits.read, limits.idle, err)
				}
			})
		}
	}
}

// TestASlowHandlerIsNoStalledWebServer: who has sent a whole request owes
// nothing while it is answered; who has not does.
func TestASlowHandlerIsNoStalledWebServer(t *testing.T) {
	const limit = 300 * time.Millisecond
	dial := dialling(t, &Server{Protocol: client.FastCGI, Handler: &Probe{}, ReadTimeout: limit, IdleTimeout: limit})
	for name, test := range map[string]struct {
		request []byte
		ended   bool
	}{
		"whole":                {records{params: query("delay=1500&size=3")}.bytes(), false},
		"with a body to come":  {records{params: query("delay=1500&size=3&read=no"), withhold: true}.bytes(), true},
		"with half a record":   {append(records{params: query("delay=1500&size=3")}.bytes(), 1), true},
		"beside half of one":   {append(records{params: query("delay=1500&size=3")}.bytes(), fcgi.AppendBeginRequest(nil, 2, fcgi.Responder, 0)...), true},
		"beside an upload cut": {append(records{params: query("delay=1500&size=3")}.bytes(), otherRequest(records{params: query("delay=1"), withhold: true})...), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial()
			c.Write(test.request)
			b, err := io.ReadAll(io.LimitReader(c, 1<<10))
			if answered := strings.Contains(string(b), "\r\n\r\nabc"); answered == test.ended {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
}

// otherRequest has id 2.
func otherRequest(q records) []byte {
	b := q.bytes()
	fcgi.SetRequestID(b, 2)
	return b
}

// TestAStopWaitsForASlowRequest that it met on a new connection, or that came at
// the last moment of an idle one.
func TestAStopWaitsForASlowRequest(t *testing.T) {
	slow := records{params: query("delay=1200&size=3")}.bytes()
	for name, prepare := range map[string]func(*Server, net.Conn){
		"new": func(s *Server, c net.Conn) {
			s.stopping.Store(true)
			time.Sleep(10 * time.Millisecond)
		},
		"idle": func(s *Server, c net.Conn) {
			c.Write(records{params: query("size=3")}.bytes())
			readAnswer(t, c)
			s.eachConn(func(w *watched) { w.Conn.SetReadDeadline(time.Now().Add(time.Second)) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Server{Protocol: client.FastCGI, Handler: &Probe{}}
			c := dialling(t, s)()
			prepare(s, c)
			c.Write(slow)
			if a := readAnswer(t, c); !strings.HasSuffix(a.stdout, "abc") {
				t.Errorf("%+v", a)
			}
		})
	}
}
