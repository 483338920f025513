package client_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

// The server ends each connection after an answer, in spite of KEEP_CONN: who is
// granted one that has ended makes another in its place, and keeps its turn.
func TestTheQueueKeepsItsOrderWhereConnectionsEnd(t *testing.T) {
	gate, order := make(chan bool), make(chan string, 10)
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		r, ok := c.fcgiRequest()
		if !ok {
			return
		}
		order <- r.params["REQUEST_URI"]
		<-gate
		c.send(plainAnswer(client.FastCGI, r.id, ""))
	}).transport(t)
	tr.MaxConns = 1
	first := make(chan error, 1)
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/0", nil))
		first <- err
	}()
	got, want := []string{<-order}, []string{"/0"}
	done := []<-chan error{first}
	for i := 1; i < 8; i++ {
		want = append(want, fmt.Sprint("/", i))
		done = append(done, waitFor(t, tr, t.Context(), want[i]))
	}
	close(gate)
	for i := range done {
		if err := <-done[i]; err != nil {
			t.Error(i, err)
		}
	}
	for range done[1:] {
		got = append(got, <-order)
	}
	if !slices.Equal(got, want) {
		t.Errorf("served in the order %v", got)
	}
	if st := tr.Stats(); st.Opened != 8 || st.Open != 0 {
		t.Errorf("%+v", st)
	}
}

// Shared connections are held to MaxIdle as others are.
func TestMaxIdleBoundsSharedConnections(t *testing.T) {
	came, gate := make(chan bool), make(chan bool)
	tr := muxed(t, serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			delete(m.requests, e.id)
			came <- true
			go func() { <-gate; m.send(fcgiAnswer(e.id, okHead)) }()
		}
	}), 2, 4)
	tr.MaxIdle = 1
	done := make(chan error)
	for range 8 {
		go func() {
			_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
			done <- err
		}()
	}
	for range 8 {
		<-came
	}
	close(gate)
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if st := tr.Stats(); st.Opened != 4 || st.Open != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}
