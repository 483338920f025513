package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// aborting starts requests, and wants them all to end at once with ErrAborted.
func aborting(t *testing.T, tr *client.Transport, n int, ready func() bool, body func() io.Reader) {
	t.Helper()
	ended := make(chan error, n)
	for range n {
		go func() {
			_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", body()))
			ended <- err
		}()
	}
	for end := time.Now().Add(5 * time.Second); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("they are not under way: %+v", tr.Stats())
		}
	}
	began := time.Now()
	tr.Abort()
	for range n {
		if err := <-ended; !errors.Is(err, client.ErrAborted) {
			t.Errorf("want %v, got %v", client.ErrAborted, err)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if s := tr.Stats(); s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

func nothing() io.Reader { return nil }

// TestAbortEndsWhatIsOnItsWay, and what waits for a connection behind it; the next
// request is served.
func TestAbortEndsWhatIsOnItsWay(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, body := range map[string]func() io.Reader{
			"waiting":   nothing,
			"uploading": func() io.Reader { return strings.NewReader(strings.Repeat("x", 4<<20)) },
		} {
			t.Run(name, func(t *testing.T) {
				hang := make(chan int, 9)
				s := serve(t, p, silent(p, hang))
				tr := s.transport(t)
				tr.MaxConns = 2
				aborting(t, tr, 6, func() bool { return tr.Stats().Waited == 4 && tr.Stats().Open == 2 }, body)
			})
		}
	})
}

func TestAfterAbortRequestsAreServed(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		s := serve(t, p, echo(p))
		tr := s.transport(t)
		for range 3 {
			if resp, _ := get(t, tr, "/"); resp.StatusCode != 200 {
				t.Errorf("%s", resp.Status)
			}
			tr.Abort()
			if s := tr.Stats(); s.Open != 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

// TestAbortEndsSharedRequests on their one connection.
func TestAbortEndsSharedRequests(t *testing.T) {
	s := serve(t, client.FastCGI, silent(client.FastCGI, make(chan int, 9)))
	tr := s.transport(t)
	tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = 4, true, 1
	aborting(t, tr, 6, func() bool { return tr.Stats().Waited >= 2 && tr.Stats().Reused == 3 }, nothing)
}

func TestAbortEndsConnecting(t *testing.T) {
	tr := &client.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	ended := make(chan error, 1)
	go func() {
		_, err := tr.RoundTrip(newRequest(t, "GET", "fcgi://127.0.0.1:1/", nil))
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond)
	tr.Abort()
	if err := <-ended; !errors.Is(err, client.ErrAborted) {
		t.Errorf("want %v, got %v", client.ErrAborted, err)
	}
}
