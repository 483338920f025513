package client_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

type rec struct {
	net.Conn
	mu sync.Mutex
	b  [][]byte
	n  []int
}

func (r *rec) Write(p []byte) (int, error) {
	cp := bytes.Clone(p)
	n, err := r.Conn.Write(p)
	r.mu.Lock()
	r.b = append(r.b, cp)
	r.n = append(r.n, n)
	if !bytes.Equal(cp, p) {
		panic("changed while written")
	}
	r.mu.Unlock()
	return n, err
}

func TestZZ(t *testing.T) {
	for k := range 2000 {
		type counts struct{ got, sent int }
		seen := make(chan counts, 10)
		s := serve(t, client.FastCGI, func(_ int, c *peer) {
			m := shared(c)
			for {
				before := m.taken
				e, ok := m.next()
				if !ok {
					return
				}
				seen <- counts{int(m.taken - before), len(fcgiAnswer(e.id, okHead+"body"))}
				m.answer(e.id, "body")
			}
		})
		tr := muxed(t, s, 2, 1)
		var r *rec
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			r = &rec{Conn: c}
			return r, err
		}
		var err error
		for _, body := range []io.Reader{nil, strings.NewReader("hello"), io.MultiReader(bytes.NewReader(pattern(100000)))} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			req := newRequest(t, "POST", "http://example.org/", body)
			var x client.Exchange
			_, _, err = do(tr, req.WithContext(client.WithExchange(ctx, &x)))
			if err != nil {
				t.Logf("%+v", x)
			}
			cancel()
		}
		if err != nil {
			r.mu.Lock()
			var all []byte
			for i, b := range r.b {
				t.Log("write", i, len(b), r.n[i])
				all = append(all, b...)
			}
			for off := 0; off < len(all); {
				rc, n, err := fcgi.ParseRecord(all[off:])
				if err != nil {
					t.Log(off, err)
					break
				}
				t.Log(off, rc.Header)
				off += n
				if rc.Version != 1 {
					break
				}
			}
			t.Fatal(k, err)
		}
		tr.CloseIdleConnections()
	}
}
