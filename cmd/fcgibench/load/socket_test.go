package load

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/sys/unix"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/reports/result"
)

func socket(t *testing.T, p client.Protocol) client.Target {
	return client.Target{Protocol: p, Network: "unix", Address: filepath.Join(t.TempDir(), "s")}
}

// readAndHello takes the body first.
func readAndHello(w *reference.Response, r *reference.Request) {
	if _, err := io.Copy(io.Discard, &r.Stdin); err == nil {
		hello(w, r)
	}
}

// threaded serves hello in this process, until the test ends or stop is called.
func threaded(t *testing.T, target client.Target) (stop func()) {
	l, err := reference.Listen(target.Network, target.Address)
	if err != nil {
		t.Fatal(err)
	}
	s := &reference.Server{Protocol: target.Protocol, Handler: reference.HandlerFunc(readAndHello)}
	go s.Serve(l)
	stop = func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // at once
		s.Shutdown(ctx)
	}
	t.Cleanup(stop)
	return stop
}

// onSocket runs a round with a real clock.
func (r Round) onSocket(t *testing.T, target client.Target, connections int, limit time.Duration) result.Round {
	t.Helper()
	c, err := client.New(target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	c.MaxConns, c.Timeout = connections, limit
	r.Transport = c
	if r.Targets == nil {
		r.Targets = hellos()
	}
	found, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := found.Succeeded
	for _, n := range found.Errors {
		sum += n
	}
	if sum != found.Requests || found.Response.Count != found.Requests {
		t.Errorf("%d requests: %d succeeded, errors %v, %d response times", found.Requests, found.Succeeded, found.Errors, found.Response.Count)
	}
	return found
}

func TestRoundOverEachProtocol(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			target := socket(t, p)
			threaded(t, target)
			const requests, pool = 100, 4
			r := Round{Schedule: Constant(500), Requests: requests}.onSocket(t, target, pool, 10*time.Second)
			if r.Succeeded != requests || r.Statuses["200"] != requests || r.RateAsked != 500 {
				t.Errorf("%d succeeded, statuses %v, rate asked %v", r.Succeeded, r.Statuses, r.RateAsked)
			}
			if r.Opened+r.Reused != requests || p != client.SCGI && r.Opened > pool {
				t.Errorf("%d connections of %d made, %d requests on kept ones", r.Opened, pool, r.Reused)
			}
			if r.BytesIn < requests*int64(len(helloBody)) || r.BytesIn%requests != 0 || r.BytesOut <= 0 || r.BytesOut%requests != 0 {
				t.Errorf("%d bytes in and %d out of %d requests that are alike", r.BytesIn, r.BytesOut, requests)
			}
			checkPhases(t, r)
			if r.Generator.CPU <= 0 || r.Generator.Descriptors == 0 || r.Lateness.Count != requests {
				t.Errorf("generator %+v, %d latenesses", r.Generator, r.Lateness.Count)
			}
		})
	}
}

func checkPhases(t *testing.T, r result.Round) {
	t.Helper()
	for _, name := range phaseNames {
		want := r.Requests
		if name == phaseNames[phaseConnect] {
			want = r.Opened
		}
		if got := r.Phases[name]; got.Count != want || got.Max > r.Response.Max {
			t.Errorf("phase %s: %d of %d, %v at most of %v", name, got.Count, want, got.Max, r.Response.Max)
		}
	}
}

func TestUploadsAreSentWholeEachTime(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			target := socket(t, p)
			threaded(t, target)
			const requests, size = 30, 100 << 10
			upload := []vegeta.Target{{Method: "POST", URL: "http://h/", Body: make([]byte, size)}}
			r := Round{Targets: upload, InFlight: 3, Requests: requests}.onSocket(t, target, 3, 10*time.Second)
			if r.Succeeded != requests || r.BytesOut < requests*size {
				t.Errorf("%d of %d succeeded, %d bytes out: %v", r.Succeeded, requests, r.BytesOut, r.Errors)
			}
		})
	}
}

func TestServerThatDiesIsSeenFromThatMomentOn(t *testing.T) {
	target := socket(t, client.FastCGI)
	stop := threaded(t, target)
	time.AfterFunc(100*time.Millisecond, stop)
	r := Round{Schedule: Constant(500), Duration: 250 * time.Millisecond}.onSocket(t, target, 4, 10*time.Second)
	if r.Succeeded < 10 || r.Errors[string(NoSocket)] < 10 {
		t.Errorf("%d succeeded, errors %v", r.Succeeded, r.Errors)
	}
}

func TestNobodyListensIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := client.Target{Protocol: client.FastCGI, Network: "tcp", Address: l.Addr().String()}
	l.Close()
	r := Round{InFlight: 2, Requests: 20}.onSocket(t, target, 2, time.Second)
	if r.Errors[string(Refused)] != 20 {
		t.Errorf("errors %v of 20", r.Errors)
	}
}

// slow holds a worker for as long as several requests come.
func slow(json.RawMessage) (reference.Handler, error) {
	return reference.HandlerFunc(func(w *reference.Response, r *reference.Request) {
		time.Sleep(20 * time.Millisecond)
		hello(w, r)
	}), nil
}

func TestConnectionsBeyondThePreforkWorkersAreNotRead(t *testing.T) {
	target := socket(t, client.FastCGI)
	l, err := reference.Listen(target.Network, target.Address)
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	p := &reference.Pool{Config: reference.Config{Protocol: client.FastCGI, Handler: "slow"},
		MinSpare: 1, MaxSpare: 2, MaxChildren: 2, Ready: func() { close(ready) }}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	defer func() { p.Shutdown(context.Background()); <-served }()
	select {
	case <-ready:
	case err := <-served:
		t.Fatal(err)
	}
	r := Round{Schedule: Constant(300), Duration: 200 * time.Millisecond}.onSocket(t, target, 6, 400*time.Millisecond)
	if n := r.Errors[string(TimeoutUnread)]; r.Succeeded == 0 || n < 4 {
		t.Errorf("6 connections to 2 workers: %d succeeded, errors %v", r.Succeeded, r.Errors)
	}
}

// A backlog of 0 holds one connection that nobody has accepted.
func TestFullBacklogIsNamed(t *testing.T) {
	target := socket(t, client.FastCGI)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: target.Address}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	r := Round{Schedule: Constant(1000), Requests: 20}.onSocket(t, target, 8, 200*time.Millisecond)
	if r.Errors[string(BacklogFull)] == 0 || r.Errors[string(TimeoutUnread)] != 1 {
		t.Errorf("errors %v", r.Errors)
	}
	if unread := r.Phases["first byte"]; unread.Count != 1 || unread.Max < 150*time.Millisecond {
		t.Errorf("the time-out went into waiting for the first byte; there %d of %v", unread.Count, unread.Max)
	}
}

// answering serves FastCGI requests of id 1 with the same bytes. Where they are
// no whole answer, it closes then.
func answering(t *testing.T, bytes []byte, whole bool) client.Target {
	target := socket(t, client.FastCGI)
	l, err := net.Listen(target.Network, target.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go clitest.EachConn(l, func(c net.Conn) {
		for in := bufio.NewReader(c); readRequest(in) == nil; {
			if _, err := c.Write(bytes); err != nil || !whole {
				return
			}
		}
	})
	return target
}

// readRequest reads to the end of STDIN.
func readRequest(in *bufio.Reader) error {
	for {
		header, err := in.Peek(fcgi.HeaderLen)
		if err != nil {
			return err
		}
		h, err := fcgi.ParseHeader(header)
		if err != nil {
			return err
		}
		if _, err := in.Discard(h.Len()); err != nil {
			return err
		}
		if h.Type == fcgi.TypeStdin && h.ContentLength == 0 {
			return nil
		}
	}
}

func TestBrokenAnswersAreToldApart(t *testing.T) {
	body := fcgi.AppendStream(nil, fcgi.TypeStdout, 1, []byte("Content-Type: text/plain\r\n\r\nhello"))
	whole := fcgi.AppendEndRequest(fcgi.AppendEndOfStream(body, fcgi.TypeStdout, 1), 1, 0, fcgi.RequestComplete)
	for name, c := range map[string]struct {
		bytes []byte
		whole bool
		want  Cause
	}{
		"whole":                {whole, true, none},
		"nothing":              {nil, false, Unanswered},
		"without END_REQUEST":  {body, false, NoEndRequest},
		"cut within a record":  {body[:len(body)-3], false, Truncated},
		"another version":      {append([]byte{9}, whole[1:]...), false, Breach},
		"FCGI_OVERLOADED":      {fcgi.AppendEndRequest(nil, 1, 0, fcgi.Overloaded), true, Overloaded},
		"FCGI_CANT_MPX_CONN":   {fcgi.AppendEndRequest(nil, 1, 0, fcgi.CantMpxConn), true, CantMultiplex},
		"a status that is bad": {fcgi.AppendEndRequest(nil, 1, 0, fcgi.UnknownRole), true, Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			r := Round{InFlight: 2, Requests: 10}.onSocket(t, answering(t, c.bytes, c.whole), 2, 5*time.Second)
			if c.want == none && r.Succeeded != 10 || c.want != none && r.Errors[string(c.want)] != 10 {
				t.Errorf("%d succeeded, errors %v", r.Succeeded, r.Errors)
			}
		})
	}
}

func TestInterruptedRoundDoesNotWaitForTheServer(t *testing.T) {
	target := socket(t, client.FastCGI)
	l, err := net.Listen(target.Network, target.Address) // and nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := client.New(target)
	if err != nil {
		t.Fatal(err)
	}
	c.MaxConns = 2
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	r, err := (&Round{Transport: c, Targets: hellos(), Schedule: Constant(200), Duration: time.Minute}).Run(ctx)
	if err != nil || r.Abandoned < 3 || r.Requests != 0 || time.Since(start) > 5*time.Second {
		t.Errorf("%d abandoned, %d requests after %v, error %v, errors %v", r.Abandoned, r.Requests, time.Since(start), err, r.Errors)
	}
}

// TestAnInterruptedRoundEndsThoughNobodyAnswers: its requests have no context that
// ends with the round's.
func TestAnInterruptedRoundEndsThoughNobodyAnswers(t *testing.T) {
	target := socket(t, client.FastCGI)
	l, err := net.Listen(target.Network, target.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, s := range []Schedule{Constant(100), nil} {
		c, err := client.New(target)
		if err != nil {
			t.Fatal(err)
		}
		c.MaxConns, c.Timeout = 2, time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		r, err := (&Round{Transport: c, Targets: hellos(), Schedule: s, InFlight: 4, Duration: time.Minute}).Run(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 5*time.Second || r.Requests != 0 || r.Abandoned < 4 || len(r.Errors) != 0 || c.Stats().Open != 0 {
			t.Errorf("after %v: %d requests, %d abandoned, errors %v, %+v", took, r.Requests, r.Abandoned, r.Errors, c.Stats())
		}
	}
}
