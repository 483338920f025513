package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// muxed is a transport whose requests share connections without a question.
func muxed(t *testing.T, s *scripted, multiplex, conns int) *client.Transport {
	t.Helper()
	tr := s.transport(t)
	tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = multiplex, true, conns
	tr.StreamUnknownLength = true
	return tr
}

// muxPeer takes the records of requests that share a connection apart.
type muxPeer struct {
	*peer
	requests map[uint16]*request
	pairs    map[uint16]*fcgi.PairDecoder
}

func shared(c *peer) *muxPeer {
	return &muxPeer{c, map[uint16]*request{}, map[uint16]*fcgi.PairDecoder{}}
}

// event is a whole request, or the abort of one.
type event struct {
	request
	abort bool
}

// next waits for the next request that is whole, or aborted.
func (m *muxPeer) next() (event, bool) {
	for {
		rec, ok := m.record()
		if !ok {
			return event{}, false
		}
		if rec.Type == fcgi.TypeBeginRequest {
			if m.requests[rec.RequestID] != nil {
				panic(fmt.Sprintf("id %d begins while it is active", rec.RequestID))
			}
			m.requests[rec.RequestID] = &request{id: rec.RequestID, params: map[string]string{}}
			m.pairs[rec.RequestID] = &fcgi.PairDecoder{}
			continue
		}
		r := m.requests[rec.RequestID]
		switch {
		case rec.Type == fcgi.TypeAbortRequest:
			if r == nil { // it was over before the abort came
				continue
			}
			return event{*r, true}, true
		case r == nil: // its END_REQUEST crossed what came
		case rec.Type == fcgi.TypeParams:
			d := m.pairs[rec.RequestID]
			d.Feed(rec.Content)
			for p, err := d.Next(); err == nil; p, err = d.Next() {
				r.set(p.Name, p.Value)
			}
		case rec.Type == fcgi.TypeStdin && len(rec.Content) > 0:
			r.body = append(r.body, rec.Content...)
		case rec.Type == fcgi.TypeStdin:
			return event{*r, false}, true
		}
	}
}

// answer ends a request.
func (m *muxPeer) answer(id uint16, body string) error {
	delete(m.requests, id)
	return m.send(fcgiAnswer(id, okHead+body))
}

// muxEcho answers every request on a shared connection with its URI and body.
func muxEcho(_ int, c *peer) {
	m := shared(c)
	for {
		e, ok := m.next()
		if !ok {
			return
		}
		if e.abort {
			e.body = nil
		}
		if m.answer(e.id, e.params["REQUEST_URI"]+" "+string(e.body)) != nil {
			return
		}
	}
}

// Under a cap, the requests at once are as many as the application allows.
func TestTheCapTimesWhatSharesAConnectionIsNeverExceeded(t *testing.T) {
	var now, most, mostOnOne atomic.Int64
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		var here atomic.Int64
		var mu sync.Mutex
		var wg sync.WaitGroup
		defer wg.Wait()
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			delete(m.requests, e.id)
			most.Store(max(most.Load(), now.Add(1)))
			mostOnOne.Store(max(mostOnOne.Load(), here.Add(1)))
			wg.Go(func() {
				time.Sleep(time.Duration(e.id) * 200 * time.Microsecond)
				now.Add(-1)
				here.Add(-1)
				mu.Lock()
				defer mu.Unlock()
				m.send(fcgiAnswer(e.id, okHead+e.params["REQUEST_URI"]))
			})
		}
	})
	tr := muxed(t, s, 4, 2)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			uri := fmt.Sprint("/", i)
			_, body, err := do(tr, newRequest(t, "GET", "http://example.org"+uri, nil))
			if err != nil || body != uri {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
	wg.Wait()
	if most.Load() > 8 || mostOnOne.Load() > 4 || s.accepted.Load() != 2 || most.Load() < 5 {
		t.Errorf("%d at once, %d on one connection, %d connections", most.Load(), mostOnOne.Load(), s.accepted.Load())
	}
	if st := tr.Stats(); st.Idle != 2 || st.Open != 2 || st.Waited == 0 {
		t.Errorf("%+v", st)
	}
}

func TestAnswersComeOutOfOrderAndInterleaved(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		var ids []uint16
		uri := map[uint16]string{}
		for range 3 {
			e, ok := m.next()
			if !ok {
				return
			}
			ids = append(ids, e.id)
			uri[e.id] = e.params["REQUEST_URI"]
		}
		rec := func(typ fcgi.Type, id uint16, s string) []byte { return fcgi.AppendRecord(nil, typ, id, []byte(s), 3) }
		m.send(rec(fcgi.TypeStdout, ids[2], "X-A: b\r"))
		for _, id := range []uint16{ids[0], ids[2], ids[1]} {
			if id != ids[2] {
				m.send(rec(fcgi.TypeStdout, id, "X-A: b\r"))
			}
			m.send(rec(fcgi.TypeStdout, id, "\n\r\n"), rec(fcgi.TypeStderr, id, "warning"))
		}
		m.send("\x01\x0b\x00\x00\x00\x08\x00\x00\xc8\x00\x00\x00\x00\x00\x00\x00") // UNKNOWN_TYPE
		for range 3 {
			for _, id := range ids {
				m.send(rec(fcgi.TypeStdout, id, uri[id]))
			}
		}
		for _, id := range []uint16{ids[1], ids[2], ids[0]} {
			m.send(fcgi.AppendEndRequest(nil, id, uint32(id), fcgi.RequestComplete))
		}
		m.next()
	})
	tr := muxed(t, s, 3, 1)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			uri := fmt.Sprint("/", i)
			var stderr bytes.Buffer
			x := client.Exchange{Stderr: &stderr}
			req := newRequest(t, "GET", "http://example.org"+uri, nil)
			resp, body, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x)))
			if err != nil || body != uri+uri+uri || resp.Header.Get("X-A") != "b" || stderr.String() != "warning" || x.AppStatus == 0 {
				t.Errorf("%q, %q, %+v, %v", body, stderr.String(), x, err)
			}
		})
	}
	wg.Wait()
	if st := tr.Stats(); st.Opened != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}

func TestUploadsShareAConnection(t *testing.T) {
	tr := muxed(t, serve(t, client.FastCGI, muxEcho), 8, 1)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			body := pattern(20000 * (i + 1))
			counted := &closeCounter{Reader: bytes.NewReader(body)}
			req := newRequest(t, "POST", fmt.Sprint("http://example.org/", i), counted)
			if i%2 == 0 {
				req.ContentLength = int64(len(body))
			}
			_, got, err := do(tr, req)
			if err != nil || got != fmt.Sprint("/", i, " ")+string(body) {
				t.Errorf("upload %d: %d bytes came back of %d, %v", i, len(got), len(body), err)
			}
			if n := counted.closed.Load(); n != 1 {
				t.Errorf("upload %d: closed %d times", i, n)
			}
		})
	}
	wg.Wait()
	if st := tr.Stats(); st.Opened != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}

func TestAConnectionsDeathFailsAllOnIt(t *testing.T) {
	for name, test := range map[string]struct {
		last string
		want func(err error) bool
	}{
		"end": {"", func(err error) bool {
			var e *client.TruncatedError
			return errors.As(err, &e) && errors.Is(err, io.EOF)
		}},
		"half":   {"\x01\x06\x00", func(err error) bool { var e *client.TruncatedError; return errors.As(err, &e) }},
		"HTTP":   {"HTTP/1.1 400 Bad Request\r\n", isBreach("HTTP/1.1 400 Bad")},
		"side":   {"\x01\x04\x00\x01\xff\xff\x00\x00", isBreach("\x01\x04\x00\x01\xff\xff\x00\x00")},
		"id":     {"\x01\x06\x00\x63\x00\x00\x00\x00", isBreach("\x01\x06\x00\x63\x00\x00\x00\x00")},
		"status": {"\x01\x03\x00\x01\x00\x01\x00\x00\x00", isBreach("\x01\x03\x00\x01\x00\x01\x00\x00\x00")},
	} {
		s := serve(t, client.FastCGI, func(n int, c *peer) {
			m := shared(c)
			for i := 0; i < 3; i++ {
				e, ok := m.next()
				if !ok {
					return
				}
				if n > 1 {
					m.answer(e.id, "fine")
				}
			}
			m.send(test.last)
			if test.last != "" && name != "half" {
				m.next()
			}
		})
		tr := muxed(t, s, 3, 1)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
				if err == nil || !test.want(err) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if st := tr.Stats(); st.Open != 0 {
			t.Errorf("%s: %+v", name, st)
		}
		if _, body := get(t, tr, "/"); body != "fine" {
			t.Errorf("%s: afterwards %q", name, body)
		}
	}
}

func isBreach(want string) func(error) bool {
	return func(err error) bool {
		var e *client.BreachError
		return errors.As(err, &e) && e.Offset == 0 && string(e.Bytes) == want
	}
}

func TestWriteTimeoutEndsASharedConnection(t *testing.T) {
	tr := muxed(t, serve(t, client.FastCGI, deaf), 4, 1)
	tr.WriteTimeout = 40 * time.Millisecond
	_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", io.MultiReader(bytes.NewReader(pattern(4<<20)))))
	checkTimeout(t, err, client.Writing, tr.WriteTimeout)
	if st := tr.Stats(); st.Open != 0 {
		t.Errorf("%+v", st)
	}
}

func TestSharedConnectionsEndWhenTheyAreIdle(t *testing.T) {
	s := serve(t, client.FastCGI, muxEcho)
	tr := muxed(t, s, 4, 2)
	tr.IdleTimeout = 20 * time.Millisecond
	get(t, tr, "/")
	soon(t, "it ends in time", func() bool { return s.open.Load() == 0 && tr.Stats().Open == 0 })
	get(t, tr, "/")
	tr.CloseIdleConnections()
	if st := tr.Stats(); st.Open != 0 || st.Opened != 2 {
		t.Errorf("%+v", st)
	}
}

func TestASharedConnectionEndsAfterSoManyRequests(t *testing.T) {
	var most atomic.Int64
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for n := int64(1); ; n++ {
			e, ok := m.next()
			if !ok {
				return
			}
			most.Store(max(most.Load(), n))
			m.answer(e.id, "")
		}
	})
	tr := muxed(t, s, 4, 2)
	tr.MaxRequestsPerConn = 3
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if st := tr.Stats(); most.Load() > 3 || st.Opened < 7 || st.Opened > 8 {
		t.Errorf("%d on one, %+v", most.Load(), st)
	}
}

// TestCancellingAtAnyMomentLosesNoRoom cancels many requests at odd moments.
// Afterwards as many as can share the connections must be served at once.
func TestCancellingAtAnyMomentLosesNoRoom(t *testing.T) {
	var together atomic.Int64
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		var wg sync.WaitGroup
		defer wg.Wait()
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			switch uri := e.params["REQUEST_URI"]; {
			case uri == "/together":
				delete(m.requests, e.id)
				together.Add(1)
				wg.Go(func() {
					for end := time.Now().Add(2 * time.Second); together.Load() < 8 && time.Now().Before(end); {
						time.Sleep(time.Millisecond)
					}
					m.send(fcgiAnswer(e.id, okHead+"together"))
				})
			case e.abort || len(e.body)%3 > 0: // the others wait for their abort
				if m.answer(e.id, string(e.body)) != nil {
					return
				}
			}
		}
	})
	tr := muxed(t, s, 4, 2)
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%50)*100*time.Microsecond)
			defer cancel()
			body := pattern(i * 500 % 70000)
			req := newRequest(t, "POST", "http://example.org/", io.MultiReader(bytes.NewReader(body)))
			if _, got, err := do(tr, req.WithContext(ctx)); err == nil && got != string(body) {
				t.Errorf("%d bytes of another answer", len(got))
			}
		})
	}
	wg.Wait()
	soon(t, "all are over", func() bool { st := tr.Stats(); return st.Open == st.Idle })
	for range 8 {
		wg.Go(func() {
			if _, body := get(t, tr, "/together"); body != "together" {
				t.Errorf("%q", body)
			}
		})
	}
	wg.Wait()
	if st := tr.Stats(); st.Open > 2 || together.Load() != 8 {
		t.Errorf("%d at once, %+v", together.Load(), st)
	}
}
