package client_test

import (
	"bytes"
	"fmt"
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

// Two requests lose the connection that they share, while another one, made
// before and at work, has room.
func TestASecondTrySharesNoConnectionMadeBefore(t *testing.T) {
	end, answer, came := make(chan bool), make(chan bool), make(chan int, 9)
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		m := shared(c)
		for i := 0; ; i++ {
			e, ok := m.next()
			if !ok {
				return
			}
			came <- n
			whole := fcgiAnswer(e.id, okHead+fmt.Sprint("connection ", n))
			switch {
			case n == 1 && i == 2:
				<-end
				return
			case n == 2 && i == 0:
				go func() { <-answer; m.send(whole) }()
			case n == 2:
				return
			case n == 3 || i == 0:
				delete(m.requests, e.id)
				m.send(whole)
			}
		}
	})
	tr := muxed(t, s, 2, 2)
	tr.RetryLost = true
	get(t, tr, "/")
	<-came
	var wg sync.WaitGroup
	send := func(want string) {
		wg.Go(func() {
			if _, body, err := do(tr, newRequest(t, "GET", "http://x/", nil)); err != nil || body != want {
				t.Errorf("%q, %v; want %s", body, err, want)
			}
		})
	}
	send("connection 3")
	send("connection 3")
	for range 2 {
		if n := <-came; n != 1 {
			t.Fatal(n)
		}
	}
	send("connection 2")
	<-came
	close(end)
	for range 2 {
		<-came
	}
	close(answer)
	wg.Wait()
	if st := tr.Stats(); st.Opened != 3 || st.Retried != 2 || st.Open != 1 {
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
	if st := tr.Stats(); st.Opened != 2 || st.Retried != 0 || st.Open != 1 {
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
