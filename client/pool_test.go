package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// gated answers each request when the test lets it.
func gated(gate <-chan bool, order chan<- string) func(int, *peer) {
	return func(_ int, c *peer) {
		for {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			order <- r.params["REQUEST_URI"]
			select {
			case <-gate:
			case <-c.over:
				return
			}
			c.send(plainAnswer(client.FastCGI, r.id, ""))
		}
	}
}

func TestTheCapHoldsUnderABurst(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		s := serve(t, p, echo(p))
		tr := s.transport(t)
		tr.MaxConns = 3
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				uri := fmt.Sprint("/", i)
				_, body, err := do(tr, newRequest(t, "GET", "http://example.org"+uri, nil))
				if err != nil || body != "GET "+uri+" " {
					t.Errorf("%q, %v", body, err)
				}
			})
		}
		wg.Wait()
		// The server sees a connection's end a moment after the client does.
		if most := s.mostOpen.Load(); p != client.SCGI && most > 3 {
			t.Errorf("%d connections at once", most)
		}
		st := tr.Stats()
		if p != client.SCGI && (st.Opened != 3 || st.Open != 3 || st.Idle != 3) || st.Open > 3 || st.Waited == 0 {
			t.Errorf("%+v", st)
		}
	})
}

// The cap counts the connections that are open and those that are being made,
// as the dialer sees them.
func TestTheCapCountsConnectionsBeingMade(t *testing.T) {
	s := serve(t, client.SCGI, echo(client.SCGI))
	tr := s.transport(t)
	tr.MaxConns = 2
	var now, most atomic.Int64
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(time.Millisecond)
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &closing{c, func() { now.Add(-1) }}, nil
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() > 2 || now.Load() != 0 {
		t.Errorf("%d at once, %d left", most.Load(), now.Load())
	}
}

type closing struct {
	net.Conn
	closed func()
}

func (c *closing) Close() error {
	c.closed()
	return c.Conn.Close()
}

// waitFor starts a request that must wait, and returns once it does.
func waitFor(t *testing.T, tr *client.Transport, ctx context.Context, uri string) <-chan error {
	t.Helper()
	before := tr.Stats().Waited
	done := make(chan error, 1)
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org"+uri, nil).WithContext(ctx))
		done <- err
	}()
	soon(t, "the request waits", func() bool { return tr.Stats().Waited > before })
	return done
}

func TestWaitingIsFirstInFirstOutAndCanBeGivenUp(t *testing.T) {
	gate, order := make(chan bool), make(chan string, 10)
	tr := serve(t, client.FastCGI, gated(gate, order)).transport(t)
	tr.MaxConns = 1
	first := make(chan error, 1)
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/0", nil))
		first <- err
	}()
	if uri := <-order; uri != "/0" {
		t.Fatal(uri)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	one := waitFor(t, tr, t.Context(), "/1")
	two := waitFor(t, tr, ctx, "/2")
	three := waitFor(t, tr, t.Context(), "/3")
	four := waitFor(t, tr, t.Context(), "/4")
	why := errors.New("why")
	cancel(why)
	if err := <-two; !errors.Is(err, why) {
		t.Error(err)
	}
	for i, done := range []<-chan error{first, one, three, four} {
		gate <- true
		if err := <-done; err != nil {
			t.Error(i, err)
		}
	}
	for _, want := range []string{"/1", "/3", "/4"} {
		if uri := <-order; uri != want {
			t.Errorf("%s is served, want %s", uri, want)
		}
	}
	if s := tr.Stats(); s.Opened != 1 || s.Open != 1 || s.Idle != 1 || s.Waited != 4 {
		t.Errorf("%+v", s)
	}
}

func TestGivingUpWaitingLosesNoSlot(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := serve(t, p, echo(p)).transport(t)
		tr.MaxConns = 2
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%20)*100*time.Microsecond)
				defer cancel()
				do(tr, newRequest(t, "GET", "http://example.org/", nil).WithContext(ctx))
			})
		}
		wg.Wait()
		for range 4 {
			get(t, tr, "/")
		}
		if s := tr.Stats(); s.Open > 2 || s.Open != s.Idle {
			t.Errorf("%+v", s)
		}
	})
}

func TestAFailedDialGivesItsSlotToTheNext(t *testing.T) {
	tr := serve(t, client.FastCGI, echo(client.FastCGI)).transport(t)
	tr.MaxConns = 1
	start := make(chan bool)
	var n atomic.Int64
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		<-start
		if n.Add(1) <= 2 {
			return nil, errors.New("no luck")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	first := make(chan error, 1)
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		first <- err
	}()
	soon(t, "it dials", func() bool { return tr.Stats().Open == 1 })
	second := waitFor(t, tr, t.Context(), "/2")
	third := waitFor(t, tr, t.Context(), "/3")
	close(start)
	for i, done := range []<-chan error{first, second, third} {
		if err := <-done; (err == nil) != (i == 2) {
			t.Errorf("request %d: %v", i, err)
		}
	}
}

func TestWaitingForAConnectionIsWithinTheTimeout(t *testing.T) {
	tr := serve(t, client.FastCGI, echo(client.FastCGI)).transport(t)
	tr.MaxConns, tr.Timeout = 1, 50*time.Millisecond
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
	if err != nil {
		t.Fatal(err)
	}
	body := &closeCounter{Reader: strings.NewReader("x")}
	_, _, err = do(tr, newRequest(t, "POST", "http://example.org/", body)) // the first answer is not read
	checkTimeout(t, err, client.Queued, tr.Timeout)
	if body.closed.Load() != 1 {
		t.Errorf("the body was closed %d times", body.closed.Load())
	}
	resp.Body.Close()
	get(t, tr, "/")
}

func TestIdleConnectionsEndInTime(t *testing.T) {
	s := serve(t, client.FastCGI, echo(client.FastCGI))
	tr := s.transport(t)
	tr.IdleTimeout = 30 * time.Millisecond
	for range 3 {
		get(t, tr, "/")
		time.Sleep(10 * time.Millisecond) // used, it stays
	}
	if st := tr.Stats(); st.Opened != 1 {
		t.Errorf("%+v", st)
	}
	soon(t, "the idle connection ends", func() bool { return tr.Stats().Open == 0 })
	get(t, tr, "/")
	if st := tr.Stats(); st.Opened != 2 || st.Lost != 0 {
		t.Errorf("%+v", st)
	}
	soon(t, "the second one does, too", func() bool { return tr.Stats().Open == 0 && s.open.Load() == 0 })
}

// together sends n requests that are answered when all of them have come.
func together(t *testing.T, tr *client.Transport, n int, gate chan bool, order chan string) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err != nil {
				t.Error(err)
			}
		})
	}
	for range n {
		<-order
	}
	for range n {
		gate <- true
	}
	wg.Wait()
}

func TestMaxIdleBoundsWhatIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(*client.Transport)
		kept int
	}{
		"MaxIdle":            {func(tr *client.Transport) { tr.MaxIdle = 2 }, 2},
		"MaxConns":           {func(tr *client.Transport) { tr.MaxConns = 5 }, 5},
		"MaxIdle and -Conns": {func(tr *client.Transport) { tr.MaxConns, tr.MaxIdle = 5, 1 }, 1},
		"default":            {func(*client.Transport) {}, 5},
	} {
		gate, order := make(chan bool), make(chan string, 10)
		tr := serve(t, client.FastCGI, gated(gate, order)).transport(t)
		test.set(tr)
		together(t, tr, 5, gate, order)
		if s := tr.Stats(); s.Idle != test.kept || s.Open != test.kept || s.Opened != 5 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestMaxRequestsPerConnEndsAConnection(t *testing.T) {
	for _, p := range []client.Protocol{client.FastCGI, client.AJP} {
		tr := serve(t, p, echo(p)).transport(t)
		tr.MaxRequestsPerConn = 3
		for range 7 {
			get(t, tr, "/")
		}
		if s := tr.Stats(); s.Opened != 3 || s.Reused != 4 || s.Open != 1 {
			t.Errorf("%s: %+v", p, s)
		}
	}
}

func TestDisableKeepAlivesMakesAConnectionForEach(t *testing.T) {
	for _, p := range []client.Protocol{client.FastCGI, client.AJP} {
		tr := serve(t, p, echo(p)).transport(t)
		tr.DisableKeepAlives = true
		for range 3 {
			get(t, tr, "/")
		}
		if s := tr.Stats(); s.Opened != 3 || s.Reused != 0 || s.Open != 0 {
			t.Errorf("%s: %+v", p, s)
		}
	}
}

func TestAConnectionThatEndedWhileIdleIsFoundBeforeUse(t *testing.T) {
	for name, last := range map[string]func(c *peer){
		"closed":      func(*peer) {},
		"unasked for": func(c *peer) { c.send("\x01\x06\x00\x01\x00\x00\x00\x00"); <-c.over },
		"half closed": func(c *peer) { c.Conn.(*net.UnixConn).CloseWrite(); <-c.over },
	} {
		s := serve(t, client.FastCGI, func(n int, c *peer) {
			c.fcgiRequest()
			c.send(plainAnswer(client.FastCGI, 1, ""))
			if n == 1 {
				time.Sleep(3 * time.Millisecond) // the answer is read by then
				last(c)
				return
			}
			c.fcgiRequest()
		})
		tr := s.transport(t)
		get(t, tr, "/")
		time.Sleep(10 * time.Millisecond)
		if _, _, err := do(tr, newRequest(t, "POST", "http://example.org/", nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if st := tr.Stats(); st.Lost != 1 || st.Opened != 2 || st.Open != 1 || st.Reused != 0 {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

func TestCloseIdleConnectionsSparesThoseAtWork(t *testing.T) {
	gate, order := make(chan bool), make(chan string, 10)
	tr := serve(t, client.FastCGI, gated(gate, order)).transport(t)
	together(t, tr, 3, gate, order)
	done := make(chan error, 1)
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		done <- err
	}()
	<-order
	tr.CloseIdleConnections()
	if s := tr.Stats(); s.Open != 1 || s.Idle != 0 {
		t.Errorf("%+v", s)
	}
	gate <- true
	if err := <-done; err != nil {
		t.Error(err)
	}
	if s := tr.Stats(); s.Open != 1 || s.Idle != 1 {
		t.Errorf("%+v", s)
	}
}

func TestTargetsHavePoolsOfTheirOwn(t *testing.T) {
	a, b := serve(t, client.FastCGI, echo(client.FastCGI)), serve(t, client.AJP, echo(client.AJP))
	tr := &client.Transport{MaxConns: 1}
	defer tr.CloseIdleConnections()
	for range 3 {
		for _, s := range []*scripted{a, b} {
			if _, body, err := do(tr, newRequest(t, "GET", urlOn(s, "/x"), nil)); err != nil || body != "GET /x " {
				t.Errorf("%q, %v", body, err)
			}
		}
	}
	if s := tr.Stats(); s.Opened != 2 || s.Idle != 2 || s.Reused != 4 {
		t.Errorf("%+v", s)
	}
}

// TestAServerThatClosesInSpiteOfKeepConn is uWSGI: it ends each connection a
// moment after END_REQUEST.
func TestAServerThatClosesInSpiteOfKeepConn(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		c.fcgiRequest()
		c.send(plainAnswer(client.FastCGI, 1, "body"))
		time.Sleep(time.Millisecond)
	})
	tr := s.transport(t)
	for range 20 {
		get(t, tr, "/")
	}
	if st := tr.Stats(); st.Opened != 20 || st.Lost != 3 || st.Unkept == 0 || st.Open != 0 {
		t.Errorf("%+v: want three lost, and none kept after them", st)
	}
}

func TestOneConnectionThatEndedEarlyIsNoHabit(t *testing.T) {
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			c.send(plainAnswer(client.FastCGI, 1, "body"))
			if n == 1 {
				return
			}
		}
	})
	tr := s.transport(t)
	for range 20 {
		get(t, tr, "/")
	}
	if st := tr.Stats(); st.Opened != 2 || st.Unkept != 0 || st.Reused != 18 {
		t.Errorf("%+v: want all but the first kept", st)
	}
}
