package client_test

import (
	"sync/atomic"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// answersAsking answers the n-th GET_VALUES; those before end with their connection.
// Other connections are then's.
func answersAsking(n int64, asks *atomic.Int64, then func(int, *peer)) func(int, *peer) {
	return func(i int, c *peer) {
		if h, err := c.in.Peek(fcgi.HeaderLen); err != nil || fcgi.Type(h[1]) != fcgi.TypeGetValues {
			then(i, c)
			return
		}
		switch now := asks.Add(1); {
		case now == n:
			c.record()
			c.send(values("FCGI_MPXS_CONNS", "1"))
			c.record()
		case now == 2:
			c.record()
			c.send("\x01\x0a\x00") // and no more
		}
	}
}

func TestALostQuestionIsAskedAgainButNotForEver(t *testing.T) {
	for answered, shares := range map[int64]bool{1: true, 2: true, 3: true, 4: false} {
		var asks, came atomic.Int64
		gate := make(chan bool)
		tr := serve(t, client.FastCGI, answersAsking(answered, &asks, func(_ int, c *peer) {
			m := shared(c)
			for {
				e, ok := m.next()
				if !ok {
					return
				}
				delete(m.requests, e.id)
				came.Add(1)
				go func() { <-gate; m.send(fcgiAnswer(e.id, okHead)) }()
			}
		})).transport(t)
		tr.Multiplex, tr.MaxConns = 2, 1
		done := make(chan error)
		for i := range int64(2) {
			go func() {
				_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
				done <- err
			}()
			soon(t, "it has come, or waits", func() bool { return came.Load()+tr.Stats().Waited == i+1 })
		}
		if got := came.Load() == 2; got != shares {
			t.Errorf("answered the time %d: shared %v, want %v", answered, got, shares)
		}
		close(gate)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if want := min(answered, 3); asks.Load() != want {
			t.Errorf("answered the time %d: asked %d times, want %d", answered, asks.Load(), want)
		}
	}
}
