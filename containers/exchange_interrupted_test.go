package containers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// allAtOnce runs n of them side by side, and joins their errors.
func allAtOnce(n int, f func() error) error {
	var all sync.WaitGroup
	found := make([]error, n)
	for i := range found {
		all.Go(func() { found[i] = f() })
	}
	all.Wait()
	return errors.Join(found...)
}

// soon runs as many at once as there are workers, and requires that they don't wait for the application.
func soon(t *testing.T, f func() error) {
	t.Helper()
	timed(t, patience, func() error {
		begin := time.Now()
		err := allAtOnce(workers, f)
		if took := time.Since(begin); err == nil && took >= slow {
			err = fmt.Errorf("it took %v, as if the answer had been waited for", took)
		}
		return err
	})
}

func servesAfterTimeouts(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	c.FirstByteTimeout = patience
	soon(t, func() error {
		_, err := c.try(t, http.MethodGet, slowQuery, nil)
		var late *client.TimeoutError
		if !errors.As(err, &late) || late.Phase != client.FirstByte || late.Limit != patience {
			return fmt.Errorf("want a timeout after %v while %s, got %v", patience, client.FirstByte, err)
		}
		return nil
	})
	callerOf(t, p).serves(t)
}

func servesAfterCancelledWait(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	soon(t, func() error {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		time.AfterFunc(patience, func() { cancel(errEnough) })
		return isCancelled(c, cancellable(ctx, http.MethodGet, slowQuery, nil))
	})
	c.serves(t)
}

// servesAfterCancelledBody cancels amid a request body that stops coming. It
// has to be closed all the same.
func servesAfterCancelledBody(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	soon(t, func() error {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		body := &stalled{
			start:  bytes.NewReader(payload()[:200_000]),
			stall:  func() { cancel(errEnough) },
			closed: make(chan struct{}),
		}
		r := cancellable(ctx, http.MethodPost, "body=echo", body)
		r.ContentLength = 1 << 20
		if err := isCancelled(c, r); err != nil {
			return err
		}
		select {
		case <-body.closed:
			return nil
		case <-time.After(slow):
			return errors.New("the request body is still open")
		}
	})
	c.serves(t)
}

// servesAfterCancelledAnswer cancels amid a body whose chunks come slowly.
func servesAfterCancelledAnswer(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	timed(t, patience, func() error {
		return allAtOnce(workers, func() error {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			response, err := c.RoundTrip(cancellable(ctx, http.MethodGet, "size=120000&chunk=1000&pause=10", nil))
			if err != nil {
				return err
			}
			defer response.Body.Close()
			time.AfterFunc(patience, func() { cancel(errEnough) })
			n, err := io.Copy(io.Discard, response.Body)
			if !errors.Is(err, errEnough) || n == 0 {
				return fmt.Errorf("want a part of the body and then %q, got %d bytes and %v", errEnough, n, err)
			}
			return nil
		})
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

func isCancelled(c caller, r *http.Request) error {
	response, err := c.RoundTrip(r)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, errEnough) {
		return fmt.Errorf("want %q, got %v", errEnough, err)
	}
	return nil
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
