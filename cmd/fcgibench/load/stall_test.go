package load

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// stalling answers after a time, but for one stall, in which nobody is answered.
// Its pool is a client's: who finds no room waits, first in, first out.
type stalling struct {
	pool     chan struct{} // nil is no cap
	service  time.Duration
	from, to time.Time
	open     atomic.Int64
	highest  atomic.Int64
}

func (s *stalling) RoundTrip(*http.Request) (*http.Response, error) {
	if s.pool != nil {
		s.pool <- struct{}{}
		defer func() { <-s.pool }()
	}
	s.enter()
	defer s.open.Add(-1)
	if now := time.Now(); !now.Before(s.from) && now.Before(s.to) {
		time.Sleep(time.Until(s.to))
	}
	time.Sleep(s.service)
	return answer(200, "hello"), nil
}

// enter counts one more at once.
func (s *stalling) enter() {
	n := s.open.Add(1)
	for {
		high := s.highest.Load()
		if n <= high || s.highest.CompareAndSwap(high, n) {
			return
		}
	}
}

func (s *stalling) Stats() client.Stats { return client.Stats{Open: int(s.open.Load())} }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func hellos() []vegeta.Target {
	return []vegeta.Target{{Method: "GET", URL: "http://www.example.org/"}}
}

// fakeWait is exact under synctest's clock, which does not go on for who spins.
func fakeWait(d, _ time.Duration) { time.Sleep(d) }

const (
	stallRate     = 2000
	stallService  = 2 * time.Millisecond
	stallDuration = 10 * time.Second
)

// stalledRound is ten seconds with a stall of one in the midst.
func stalledRound(t *testing.T, pool, inFlight int) (result.Round, *stalling) {
	s := &stalling{service: stallService}
	s.from = time.Now().Add(4 * time.Second)
	s.to = s.from.Add(time.Second)
	if pool > 0 {
		s.pool = make(chan struct{}, pool)
	}
	r := Round{Transport: s, Targets: hellos(), Schedule: Constant(stallRate), InFlight: inFlight, Duration: stallDuration, wait: fakeWait}
	found, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found, s
}

// stalledP99 is what calculation gives. Who comes u seconds into the stall waits
// for its end, 1-u, and for those before him, u times the rate, that are served
// at the pool's rate. The longest waits are the first ones: the slowest hundredth
// of all begins with a u of that many requests.
func stalledP99(pool int) time.Duration {
	u := stallDuration.Seconds() / 100
	wait := 1 - u + stallService.Seconds()
	if pool > 0 {
		wait += u * stallRate * stallService.Seconds() / float64(pool)
	}
	return seconds(wait)
}

func TestStallShowsInResponseTimes(t *testing.T) {
	for name, pool := range map[string]int{"pool of 8": 8, "pool of 64": 64, "no cap": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, s := stalledRound(t, pool, 0)
				checkStall(t, r, stalledP99(pool))
				if pool > 0 && s.highest.Load() > int64(pool) {
					t.Errorf("%d requests at once in a pool of %d", s.highest.Load(), pool)
				}
				if r.Lateness.Max > shortest {
					t.Errorf("the clock is exact, and a request was sent %v late", r.Lateness.Max)
				}
			})
		})
	}
}

func checkStall(t *testing.T, r result.Round, want time.Duration) {
	t.Helper()
	const all = int64(stallRate) * int64(stallDuration/time.Second)
	if r.Requests != all || r.Succeeded != all || r.Response.Count != all || len(r.Errors) != 0 {
		t.Errorf("%d requests, %d succeeded, %d response times, errors %v; want %d", r.Requests, r.Succeeded, r.Response.Count, r.Errors, all)
	}
	if r.RateAsked != stallRate || r.RateMet != stallRate {
		t.Errorf("rate asked %v, met %v; want %v", r.RateAsked, r.RateMet, stallRate)
	}
	got := percentile(r.Response, 99)
	if ratio := got.Seconds() / want.Seconds(); ratio < 0.97 || ratio > 1.03 {
		t.Errorf("p99 is %v, want %v", got, want)
	}
}

func percentile(l result.Latencies, of float64) time.Duration {
	for _, p := range l.Percentiles {
		if p.Of == of {
			return p.At
		}
	}
	return 0
}

// Where no more than eight are on their way, the others wait as they would in the
// client's queue.
func TestStallShowsThoughNothingCouldBeSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := stalledRound(t, 0, 8)
		checkStall(t, r, stalledP99(8))
		if service := percentile(r.Service, 99); service < 900*time.Millisecond {
			t.Errorf("p99 of the service time is %v, without the wait in the queue", service)
		}
		if late := r.Lateness.Max; late > shortest {
			t.Errorf("the clock is exact, and a request was sent %v late", late)
		}
		if queued := percentile(r.Phases["queue"], 99); queued < 900*time.Millisecond {
			t.Errorf("p99 of the time in the queue is %v, which is not the stall's", queued)
		}
	})
}

func TestStallShowsInItsSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := stalledRound(t, 64, 0)
		if len(r.Timeline) < 10 {
			t.Fatalf("%d instants of 10 s", len(r.Timeline))
		}
		var sent, done int64
		for _, i := range r.Timeline {
			sent, done = sent+i.Sent, done+i.Done
		}
		if sent != r.Requests || done != r.Requests {
			t.Errorf("the seconds have %d sent and %d done of %d", sent, done, r.Requests)
		}
		stalled, next := r.Timeline[4], r.Timeline[5]
		if stalled.Done > 64 || stalled.Sent < stallRate-1 || next.Max < 990*time.Millisecond || stalled.Connections != 64 {
			t.Errorf("in the stall %+v, then %+v", stalled, next)
		}
	})
}
