package client_test

import (
	"bytes"
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

// A second try that waits for the cap is granted what comes free: a connection
// that another request left.
func TestASecondTryTakesNoConnectionThatServedAnother(t *testing.T) {
	end, answer, came := make(chan bool), make(chan bool), make(chan int, 9)
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		for i := range 2 {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			came <- n
			switch {
			case n == 1 && i == 1:
				<-end
				return
			case n == 2 && i == 1:
				return
			case n == 2:
				<-answer
			}
			c.send(plainAnswer(client.FastCGI, r.id, fmt.Sprint("connection ", n)))
		}
	})
	tr := s.transport(t)
	tr.MaxConns, tr.RetryLost = 1, true
	get(t, tr, "/")
	<-came
	lost := make(chan string)
	go func() {
		_, body, err := do(tr, newRequest(t, "GET", "http://x/lost", nil))
		lost <- fmt.Sprint(body, " ", err)
	}()
	<-came
	other := waitFor(t, tr, t.Context(), "/other")
	close(end)
	soon(t, "the second try waits", func() bool { return tr.Stats().Waited == 2 })
	close(answer)
	if err := <-other; err != nil {
		t.Error(err)
	}
	if got := <-lost; got != "connection 3 <nil>" {
		t.Error(got)
	}
	if st := tr.Stats(); st.Opened != 3 || st.Retried != 1 || st.Open != 1 {
		t.Errorf("%+v", st)
	}
}

// losing is a FastCGI server whose first connection ends with its second and
// third request. All others are answered, those of /held once they are let go.
type losing struct {
	came chan string // which request came on which connection
	held sync.Map    // of a URI: a channel that is closed to let it go
}

func (l *losing) serve(n int, c *peer) {
	m := shared(c)
	var mu sync.Mutex
	for i := 0; ; i++ {
		e, ok := m.next()
		if !ok {
			return
		}
		uri := e.params["REQUEST_URI"]
		l.came <- fmt.Sprint(n, uri)
		switch {
		case n == 1 && i == 1:
			continue
		case n == 1 && i == 2:
			<-l.gate("/end")
			return
		}
		delete(m.requests, e.id)
		go func() {
			if strings.HasPrefix(uri, "/held") {
				<-l.gate(uri)
			}
			mu.Lock()
			defer mu.Unlock()
			m.send(fcgiAnswer(e.id, okHead+fmt.Sprint(n, uri)))
		}()
	}
}

func (l *losing) gate(uri string) chan bool {
	gate, _ := l.held.LoadOrStore(uri, make(chan bool))
	return gate.(chan bool)
}

func (l *losing) letGo(uri string) { close(l.gate(uri)) }

// expect waits for requests to come, in any order.
func (l *losing) expect(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range want {
		select {
		case one := <-l.came:
			got = append(got, one)
		case <-time.After(5 * time.Second):
			t.Fatalf("%q came, expected %q", got, want)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%q came, expected %q", got, want)
	}
}

// lost is a request to be retried, whose second try begins when again is closed.
func lost(t *testing.T, uri string, again <-chan bool) *http.Request {
	req := newRequest(t, "PUT", "http://x"+uri, strings.NewReader("x"))
	getBody := req.GetBody
	req.GetBody = func() (io.ReadCloser, error) { <-again; return getBody() }
	return req
}

// muxedLosing gives a transport with one kept connection to a losing server, and
// a way to send a request and to tell which connection must answer it.
func muxedLosing(t *testing.T, multiplex, conns int) (l *losing, tr *client.Transport, send func(want string, req *http.Request) *sync.WaitGroup) {
	l = &losing{came: make(chan string, 20)}
	tr = muxed(t, serve(t, client.FastCGI, l.serve), multiplex, conns)
	tr.RetryLost, tr.Timeout = true, 5*time.Second
	get(t, tr, "/")
	l.expect(t, "1/")
	return l, tr, func(want string, req *http.Request) *sync.WaitGroup {
		var done sync.WaitGroup
		done.Go(func() {
			if _, body, err := do(tr, req); err != nil || body != want {
				t.Errorf("%q, %v; want %s", body, err, want)
			}
		})
		return &done
	}
}

// oneAnsweredAfterTheLoss has two requests lose the connection that they share, the
// only one, and the second try of the first answered on the next. That of the
// other, whose answer b waits for, comes once later is closed.
func oneAnsweredAfterTheLoss(t *testing.T, multiplex int) (l *losing, tr *client.Transport, send func(want string, req *http.Request) *sync.WaitGroup, later chan bool, b *sync.WaitGroup) {
	l, tr, send = muxedLosing(t, multiplex, 1)
	now := make(chan bool)
	close(now)
	later = make(chan bool)
	a, b := send("2/a", lost(t, "/a", now)), send("3/b", lost(t, "/b", later))
	l.expect(t, "1/a", "1/b")
	l.letGo("/end")
	l.expect(t, "2/a")
	a.Wait()
	return l, tr, send, later, b
}

// Two requests lose the connection that they share, while another one, made
// before and at work, has room. There is a place for a third: the second one
// goes on.
func TestASecondTrySharesNoConnectionMadeBefore(t *testing.T) {
	l, tr, send := muxedLosing(t, 2, 2)
	now := make(chan bool)
	close(now)
	a := send("3/held-a", lost(t, "/held-a", now))
	b := send("3/held-b", lost(t, "/held-b", now))
	l.expect(t, "1/held-a", "1/held-b")
	long := send("2/held-long", newRequest(t, "GET", "http://x/held-long", nil))
	l.expect(t, "2/held-long")
	l.letGo("/end")
	l.expect(t, "3/held-a", "3/held-b")
	if _, body := get(t, tr, "/short"); body != "2/short" {
		t.Error(body)
	}
	for _, uri := range []string{"/held-a", "/held-b", "/held-long"} {
		l.letGo(uri)
	}
	a.Wait()
	b.Wait()
	long.Wait()
	if st := tr.Stats(); st.Opened != 3 || st.Retried != 2 || st.Open != 2 {
		t.Errorf("%+v", st)
	}
}

// A connection that has answered few requests of many has answered.
func TestASecondTrySharesNoConnectionThatServedAnother(t *testing.T) {
	_, tr, _, later, b := oneAnsweredAfterTheLoss(t, 4)
	close(later)
	b.Wait()
	if st := tr.Stats(); st.Opened != 3 || st.Retried != 2 || st.Open != 1 {
		t.Errorf("%+v", st)
	}
}

// At the cap a second try waits until the connection of others is idle, and they
// share it meanwhile: until as many went by as it takes at once.
func TestASecondTryWaitsForAPlaceButNotForEver(t *testing.T) {
	for _, idle := range []bool{true, false} {
		l, tr, send, later, b := oneAnsweredAfterTheLoss(t, 2)
		hold := func(i int, conn int) *sync.WaitGroup {
			uri := fmt.Sprint("/held", i)
			return send(fmt.Sprint(conn, uri), newRequest(t, "GET", "http://x"+uri, nil))
		}
		held := []*sync.WaitGroup{hold(0, 2)}
		l.expect(t, "2/held0")
		before := tr.Stats().Waited
		close(later)
		soon(t, "the second try waits", func() bool { return tr.Stats().Waited == before+1 })
		held = append(held, hold(1, 2))
		l.expect(t, "2/held1")
		if !idle { // there is always one on it
			l.letGo("/held0")
			held[0].Wait()
			held = append(held, hold(2, 2))
			l.expect(t, "2/held2")
			l.letGo("/held1")
			held[1].Wait()
			held = append(held, hold(3, 3))
			soon(t, "the others wait", func() bool { return tr.Stats().Waited == before+2 })
			l.letGo("/held3")
			l.letGo("/held2")
		} else {
			l.letGo("/held0")
			l.letGo("/held1")
		}
		b.Wait()
		for _, h := range held {
			h.Wait()
		}
		if st := tr.Stats(); st.Opened != 3 || st.Retried != 2 || st.Open != 1 {
			t.Errorf("%+v", st)
		}
	}
}

// A second try that finds a kept connection, idle since the loss, makes its own.
func TestASecondTryEndsNoKeptConnectionBelowTheCap(t *testing.T) {
	l := &losing{came: make(chan string, 9)}
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		for i := 0; ; i++ {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			uri := r.params["REQUEST_URI"]
			l.came <- fmt.Sprint(n, uri)
			if uri != "/" {
				<-l.gate(uri)
			}
			if n == 1 && i == 1 {
				return
			}
			c.send(plainAnswer(client.FastCGI, r.id, fmt.Sprint(n)))
		}
	})
	tr := s.transport(t)
	tr.RetryLost = true
	get(t, tr, "/")
	l.expect(t, "1/")
	other, tries := make(chan error), 0
	trace := &httptrace.ClientTrace{GetConn: func(string) {
		if tries++; tries == 2 {
			l.letGo("/other")
			if err := <-other; err != nil {
				t.Error(err)
			}
		}
	}}
	done := make(chan string)
	go func() {
		req := newRequest(t, "GET", "http://x/lost", nil)
		_, body, err := do(tr, req.WithContext(httptrace.WithClientTrace(t.Context(), trace)))
		done <- fmt.Sprint(body, " ", err)
	}()
	l.expect(t, "1/lost")
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://x/other", nil))
		other <- err
	}()
	l.expect(t, "2/other")
	l.letGo("/lost")
	if got := <-done; got != "3 <nil>" {
		t.Error(got)
	}
	if st := tr.Stats(); st.Opened != 3 || st.Retried != 1 || st.Open != 2 || st.Idle != 2 {
		t.Errorf("%+v", st)
	}
}

// Whatever the server ends its connections after, each request is answered.
func TestRetriesOutliveAServerThatEndsItsConnections(t *testing.T) {
	for name, test := range map[string]struct {
		answers int // that end a connection
		set     func(*client.Transport)
	}{
		"no cap": {4, func(*client.Transport) {}},
		"a cap":  {4, func(tr *client.Transport) { tr.MaxConns = 3 }},
		"shared": {20, func(tr *client.Transport) { tr.MaxConns, tr.Multiplex, tr.ForceMultiplex = 2, 4, true }},
	} {
		tr := serve(t, client.FastCGI, func(_ int, c *peer) {
			for i := 0; i < test.answers; {
				r, ok := c.record()
				if !ok {
					return
				}
				if r.Type == fcgi.TypeStdin && len(r.Content) == 0 {
					c.send(fcgiAnswer(r.RequestID, okHead+"fine"))
					i++
				}
			}
		}).transport(t)
		tr.RetryLost, tr.Timeout = true, 10*time.Second
		test.set(tr)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				for i := range 40 {
					req := newRequest(t, "GET", "http://x/", nil)
					if i%3 == 0 {
						req = newRequest(t, "PUT", "http://x/", bytes.NewReader(pattern(70_000)))
					}
					if _, body, err := do(tr, req); err != nil || body != "fine" {
						t.Errorf("%s: %q, %v", name, body, err)
						return
					}
				}
			})
		}
		wg.Wait()
		if st := tr.Stats(); st.Retried == 0 {
			t.Errorf("%s: %+v", name, st)
		}
		soon(t, name+": no room is lost", func() bool { st := tr.Stats(); return st.Open == st.Idle })
	}
}

// A shared connection ends just before the pool hears of it: who gets it then
// has sent nothing on it, and goes to another one, whatever its method.
func TestASharedConnectionThatJustEndedIsPassedBy(t *testing.T) {
	tr := muxed(t, serve(t, client.FastCGI, muxEcho), 2, 1)
	for range 2 {
		get(t, tr, "/")
	}
	client.EndShared(tr)
	if _, body, err := do(tr, newRequest(t, "POST", "http://x/post", nil)); err != nil || body != "/post " {
		t.Errorf("%q, %v", body, err)
	}
	if st := tr.Stats(); st.Opened != 2 || st.Lost != 1 || st.Retried != 0 || st.Open != 1 {
		t.Errorf("%+v", st)
	}
}

// The first request on a connection is not retried because others followed it.
func TestTheFirstOnASharedConnectionIsNoReuse(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		m.next()
		m.next()
	})
	tr := muxed(t, s, 2, 1)
	var mu sync.Mutex
	reused := map[bool]int{}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			_, _, err := do(tr, newRequest(t, "GET", "http://x/", nil))
			mu.Lock()
			defer mu.Unlock()
			reused[lostAnswer(t, err).Reused]++
		})
	}
	wg.Wait()
	if reused[true] != 1 || reused[false] != 1 {
		t.Errorf("%v", reused)
	}
}
