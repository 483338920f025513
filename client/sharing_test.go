package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// manage answers GET_VALUES on the first connection, and serves the others.
func manage(answer []byte, then func(int, *peer)) func(int, *peer) {
	return func(n int, c *peer) {
		if n > 1 {
			then(n, c)
			return
		}
		if r, ok := c.record(); ok && r.Type == fcgi.TypeGetValues {
			c.send(answer)
		}
		io.Copy(io.Discard, c.in)
	}
}

func values(pairs ...string) []byte {
	var list []fcgi.Pair
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, fcgi.Pair{Name: []byte(pairs[i]), Value: []byte(pairs[i+1])})
	}
	return fcgi.AppendGetValuesResult(nil, list...)
}

func TestSharingIsWhatTheApplicationAllows(t *testing.T) {
	for name, test := range map[string]struct {
		answer []byte
		conns  int64 // that six requests at once take
	}{
		"allowed":           {values("FCGI_MPXS_CONNS", "1"), 2},
		"of so many":        {values("FCGI_MAX_CONNS", "5", "FCGI_MAX_REQS", "2", "FCGI_MPXS_CONNS", "1"), 3},
		"of more":           {values("FCGI_MAX_REQS", "100", "FCGI_MPXS_CONNS", "1"), 2},
		"of none":           {values("FCGI_MAX_REQS", "0", "FCGI_MPXS_CONNS", "1"), 2},
		"denied":            {values("FCGI_MPXS_CONNS", "0"), 6},
		"not said":          {values(), 6},
		"said in HTTP":      {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), 6},
		"management closed": {nil, 6},
	} {
		t.Run(name, func(t *testing.T) {
			gate := make(chan bool)
			var came atomic.Int64
			script := manage(test.answer, func(_ int, c *peer) {
				m := shared(c)
				for {
					e, ok := m.next()
					if !ok {
						return
					}
					came.Add(1)
					go func() {
						<-gate
						m.send(fcgiAnswer(e.id, okHead))
					}()
				}
			})
			if test.answer == nil {
				inner := script
				script = func(_ int, c *peer) {
					if h, _ := c.in.Peek(fcgi.HeaderLen); len(h) > 0 && fcgi.Type(h[1]) != fcgi.TypeGetValues {
						inner(2, c)
					}
				}
			}
			tr := serve(t, client.FastCGI, script).transport(t)
			tr.Multiplex = 3
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err != nil {
						t.Error(err)
					}
				})
			}
			soon(t, "all have come", func() bool { return came.Load() == 6 })
			// Without a cap, requests that come at once may each make a connection.
			opened := tr.Stats().Opened - 1
			if test.answer == nil {
				opened -= 2 // it is asked three times
			}
			close(gate)
			wg.Wait()
			if opened < test.conns || test.conns == 6 && opened != 6 {
				t.Errorf("%d connections, want %d", opened, test.conns)
			}
		})
	}
}

func TestASilentApplicationDoesNotShareAfterTwoSeconds(t *testing.T) {
	t.Parallel()
	s := serve(t, client.FastCGI, manage(nil, echo(client.FastCGI)))
	tr := s.transport(t)
	tr.Multiplex, tr.MaxConns = 4, 1
	var open, most atomic.Int64
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		most.Store(max(most.Load(), open.Add(1)))
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return &closing{c, func() { open.Add(-1) }}, err
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil).WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("a cancelled request waited %v", took)
	}
	get(t, tr, "/") // waits for the same question
	if took := time.Since(start); took < 1900*time.Millisecond || took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	get(t, tr, "/")
	if st := tr.Stats(); st.Opened != 2 || st.Open != 1 || most.Load() != 1 {
		t.Errorf("%+v, %d at once", st, most.Load())
	}
}

func TestAFailedQuestionIsAskedAgain(t *testing.T) {
	tr, err := client.New(client.Target{Protocol: client.FastCGI, Network: "unix", Address: "/no/such/socket"})
	if err != nil {
		t.Fatal(err)
	}
	tr.Multiplex = 2
	for range 2 {
		if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err == nil {
			t.Error("an answer from nowhere")
		}
	}
}
