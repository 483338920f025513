package client_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// Connections lie idle, are listed, waited for, ended in time and ended by
// CloseIdleConnections all at once: no request may fail or wait for ever, and no
// connection be lost sight of.
func TestNoConnectionIsLostSightOf(t *testing.T) {
	for name, set := range map[string]func(*client.Transport){
		"no cap":            func(*client.Transport) {},
		"fewer than wanted": func(tr *client.Transport) { tr.MaxConns = 5 },
		"fewer kept":        func(tr *client.Transport) { tr.MaxConns, tr.MaxIdle = 6, 3 },
		"only waited for":   func(tr *client.Transport) { tr.MaxConns, tr.IdleTimeout = 5, -1 },
		"few requests each": func(tr *client.Transport) { tr.MaxConns, tr.MaxRequestsPerConn = 5, 7 },
	} {
		s := serve(t, client.FastCGI, echo(client.FastCGI))
		tr := s.transport(t)
		tr.IdleTimeout = 2 * time.Millisecond
		set(tr)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for n := range 150 {
					if n%50 == 49 {
						time.Sleep(time.Duration(i) * time.Millisecond)
					}
					req := newRequest(t, "GET", "http://example.org/x", nil).WithContext(ctx)
					if _, body, err := do(tr, req); err != nil || body != "GET /x " {
						t.Errorf("%s: %q, %v", name, body, err)
						return
					}
					if n%20 == i && tr.IdleTimeout > 0 {
						tr.CloseIdleConnections()
					}
				}
			})
		}
		wg.Wait()
		cancel()
		var st client.Stats
		soon(t, name+": none is at work", func() bool { // nor about to end
			st = tr.Stats()
			return st.Open == st.Idle
		})
		if tr.MaxIdle > 0 && st.Idle > tr.MaxIdle {
			t.Errorf("%s: %+v", name, st)
		}
		if st.Reused+st.Opened != 8*150 {
			t.Errorf("%s: %d reused and %d opened, want %d together", name, st.Reused, st.Opened, 8*150)
		}
		if tr.IdleTimeout < 0 {
			tr.CloseIdleConnections()
		}
		soon(t, name+": all of them end in time", func() bool { return tr.Stats().Open == 0 && s.open.Load() == 0 })
	}
}
