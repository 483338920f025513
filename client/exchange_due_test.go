package client_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// TestTimeoutCountsFromWhenARequestWasDue: who was held up before RoundTrip has
// less time left in it, and none is sent that has none.
func TestTimeoutCountsFromWhenARequestWasDue(t *testing.T) {
	const limit = 300 * time.Millisecond
	for name, c := range map[string]struct {
		ago   time.Duration
		phase client.Phase
		most  time.Duration
	}{
		"some time left": {limit - 50*time.Millisecond, client.FirstByte, limit / 2},
		"no time left":   {limit + time.Millisecond, client.Queued, limit / 2},
		"not told":       {0, client.FirstByte, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			tr := serve(t, client.FastCGI, silent(client.FastCGI, make(chan int, 1))).transport(t)
			tr.Timeout = limit
			var x client.Exchange
			if c.ago > 0 {
				x.Due = time.Now().Add(-c.ago)
			}
			req, _ := http.NewRequestWithContext(client.WithExchange(t.Context(), &x), "GET", "http://h/", nil)
			began := time.Now()
			_, err := tr.RoundTrip(req)
			var late *client.TimeoutError
			if took := time.Since(began); !errors.As(err, &late) || late.Phase != c.phase || late.Limit != limit || took > c.most || c.ago == 0 && took < limit {
				t.Errorf("%v after %v", err, took)
			}
			if sent := x.BytesWritten > 0; sent != (c.phase == client.FirstByte) {
				t.Errorf("%d bytes written", x.BytesWritten)
			}
		})
	}
}
