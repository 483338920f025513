package client_test

import (
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func TestTheConnectionOfARequestToCloseIsNotKept(t *testing.T) {
	for _, p := range []client.Protocol{client.FastCGI, client.AJP} {
		flags := make(chan fcgi.Flags, 3)
		tr := serve(t, p, func(_ int, c *peer) {
			for {
				r, ok := c.receive(p)
				if !ok {
					return
				}
				flags <- r.flags
				c.send(plainAnswer(p, r.id, ""))
			}
		}).transport(t)
		for i, toClose := range []bool{false, true, true} {
			req := newRequest(t, "GET", "http://example.org/", nil)
			req.Close = toClose
			if _, _, err := do(tr, req); err != nil {
				t.Fatal(err)
			}
			if got := <-flags; p == client.FastCGI && (got == fcgi.KeepConn) == toClose {
				t.Errorf("request %d: flags %d", i, got)
			}
		}
		if st := tr.Stats(); st.Opened != 2 || st.Reused != 1 || st.Open != 0 {
			t.Errorf("%s: %+v", p, st)
		}
	}
}

// A shared connection ends with the last request on it, which may be another's;
// without KEEP_CONN the application would end it under them.
func TestARequestToCloseRetiresASharedConnection(t *testing.T) {
	came, gate, toClose := make(chan fcgi.Type, 3), make(chan bool), make(chan bool)
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		for i := 0; ; i++ {
			r, ok := c.record()
			switch {
			case !ok:
				return
			case r.Type == fcgi.TypeBeginRequest && fcgi.Flags(r.Content[2]) != fcgi.KeepConn:
				t.Errorf("flags %d", r.Content[2])
			case r.Type == fcgi.TypeStdin && n == 1 && r.RequestID == 1:
				go func() { <-gate; c.send(fcgiAnswer(1, okHead)) }()
				came <- r.Type
			case r.Type == fcgi.TypeStdin && n == 1:
				go func() { <-toClose; c.send(fcgiAnswer(r.RequestID, okHead)) }()
				came <- r.Type
			case r.Type == fcgi.TypeStdin:
				c.send(fcgiAnswer(r.RequestID, okHead))
			}
		}
	})
	tr := muxed(t, s, 3, 2)
	done := make(chan error, 2)
	for _, last := range []bool{false, true} {
		go func() {
			req := newRequest(t, "GET", "http://example.org/", nil)
			req.Close = last
			_, _, err := do(tr, req)
			done <- err
		}()
		<-came
	}
	get(t, tr, "/") // not on the first connection any more
	for _, end := range []chan bool{toClose, gate} {
		if st := tr.Stats(); st.Opened != 2 || st.Open != 2 {
			t.Errorf("%+v", st)
		}
		close(end)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if st := tr.Stats(); st.Open != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}
