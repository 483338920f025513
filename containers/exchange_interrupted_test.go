package containers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

const (
	// workers is how many requests the peers serve at once, at least: as many
	// that end badly must leave none of them behind.
	workers = 8

	// patience of the client is far less than what the application takes.
	patience  = 100 * time.Millisecond
	slowQuery = "size=26&delay=600"
	slow      = 600 * time.Millisecond
)

// allAtOnce has as many run as there are workers.
func allAtOnce(f func()) {
	var all sync.WaitGroup
	for range workers {
		all.Go(f)
	}
	all.Wait()
}

// soon requires that what began then did not wait for the application.
func soon(t *testing.T, begin time.Time) {
	t.Helper()
	if took := time.Since(begin); took >= slow {
		t.Errorf("it took %v, as if the answer had been waited for", took)
	}
}

func servesAfterTimeouts(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	c.FirstByteTimeout = patience
	begin := time.Now()
	allAtOnce(func() {
		_, err := c.try(t, http.MethodGet, slowQuery, nil)
		var late *client.TimeoutError
		if !errors.As(err, &late) || late.Phase != client.FirstByte || late.Limit != patience {
			t.Errorf("want a timeout after %v while %s, got %v", patience, client.FirstByte, err)
		}
	})
	soon(t, begin)
	callerOf(t, p).serves(t)
}

func servesAfterCancelledWait(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	begin := time.Now()
	allAtOnce(func() {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		time.AfterFunc(patience, func() { cancel(errEnough) })
		isCancelled(t, c, cancellable(ctx, http.MethodGet, slowQuery, nil))
	})
	soon(t, begin)
	c.serves(t)
}

// servesAfterCancelledBody cancels amid a request body that stops coming. It
// has to be closed all the same.
func servesAfterCancelledBody(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	begin := time.Now()
	allAtOnce(func() {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		body := &stalled{
			start:  bytes.NewReader(payload()[:200_000]),
			stall:  func() { cancel(errEnough) },
			closed: make(chan struct{}),
		}
		r := cancellable(ctx, http.MethodPost, "body=echo", body)
		r.ContentLength = 1 << 20
		isCancelled(t, c, r)
		select {
		case <-body.closed:
		case <-time.After(slow):
			t.Error("the request body is still open")
		}
	})
	soon(t, begin)
	c.serves(t)
}

// servesAfterCancelledAnswer cancels amid a body whose chunks come slowly.
func servesAfterCancelledAnswer(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	allAtOnce(func() {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		response, err := c.RoundTrip(cancellable(ctx, http.MethodGet, "size=120000&chunk=1000&pause=10", nil))
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		time.AfterFunc(patience, func() { cancel(errEnough) })
		n, err := io.Copy(io.Discard, response.Body)
		if !errors.Is(err, errEnough) || n == 0 {
			t.Errorf("want a part of the body and then %q, got %d bytes and %v", errEnough, n, err)
		}
	})
	c.serves(t)
}

var errEnough = errors.New("enough")

func cancellable(ctx context.Context, method, query string, body io.Reader) *http.Request {
	r, err := http.NewRequestWithContext(ctx, method, "http://probe.example/a?"+query, body)
	if err != nil {
		panic(err) // nothing in it varies but constants
	}
	return r
}

func isCancelled(t *testing.T, c caller, r *http.Request) {
	t.Helper()
	response, err := c.RoundTrip(r)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, errEnough) {
		t.Errorf("want %q, got %v", errEnough, err)
	}
}

// stalled is a body that begins and then keeps its reader waiting until it is
// closed.
type stalled struct {
	start  io.Reader
	stall  func() // tells that it begins to
	once   sync.Once
	closed chan struct{}
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.start.Read(p); err == nil {
		return n, nil
	}
	s.stall()
	<-s.closed
	return 0, io.ErrClosedPipe
}

func (s *stalled) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
