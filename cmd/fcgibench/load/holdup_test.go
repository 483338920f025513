package load

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

func sumOfSeconds(r result.Round) (sent, done int64) {
	for _, i := range r.Timeline {
		sent += i.Sent
		done += i.Done
	}
	return sent, done
}

// lockstep answers all that it has at once, so many at most, at each beat.
type lockstep struct {
	pool  chan struct{}
	beat  time.Duration
	began time.Time
}

func (s *lockstep) RoundTrip(*http.Request) (*http.Response, error) {
	s.pool <- struct{}{}
	defer func() { <-s.pool }()
	at := time.Since(s.began)
	time.Sleep(at.Truncate(s.beat) + s.beat - at)
	return answer(200, "hello"), nil
}

func (*lockstep) Stats() client.Stats { return client.Stats{} }

// costly is a schedule whose moments take the pacer some time: a generator that is
// so fast, and no faster.
type costly struct {
	Schedule
	cost time.Duration
}

func (c costly) At(k int64) time.Duration { time.Sleep(c.cost); return c.Schedule.At(k) }

// TestAServerInLockstepMakesNoLateness of the generator, which takes its time for
// each of those that it sends when they all come free.
func TestAServerInLockstepMakesNoLateness(t *testing.T) {
	for most, beat := range map[int]time.Duration{128: 5 * time.Millisecond, 1024: 50 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := &lockstep{pool: make(chan struct{}, most/2), beat: beat, began: time.Now()}
			r := Round{Transport: s, Schedule: costly{Constant(20_000), 5 * time.Microsecond}, InFlight: most, Duration: time.Second}.mustRun(t, t.Context())
			if late := percentile(r.Lateness, 99); late > 100*time.Microsecond {
				t.Errorf("%d on their way: p99 of the lateness is %v", most, late)
			}
			if r.Requests != 20_000 || r.Abandoned != 0 || r.RateMet < 0.999*r.RateAsked {
				t.Errorf("%d on their way: %d requests, %d abandoned, %v a second of %v", most, r.Requests, r.Abandoned, r.RateMet, r.RateAsked)
			}
		})
	}
}

// TestWhatIsHeldUpWaitsOnce: it makes no difference to the books where a request
// waits.
func TestWhatIsHeldUpWaitsOnce(t *testing.T) {
	books := func(inFlight int) (r result.Round, longest, sum time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			r = Round{Transport: &stalling{pool: make(chan struct{}, 2), service: 100 * time.Millisecond}, Schedule: Constant(100), Duration: 5 * time.Second, InFlight: inFlight,
				Each: func(r *vegeta.Result) {
					longest = max(longest, r.Latency)
					sum += r.Latency
				}}.mustRun(t, t.Context())
		})
		return r, longest, sum
	}
	want, longest, sum := books(0)
	got, longestHeld, sumHeld := books(4)
	if got.Response.Max != want.Response.Max || got.Service.Max != want.Service.Max || percentile(got.Response, 50) != percentile(want.Response, 50) || got.Requests != want.Requests {
		t.Errorf("response p50 %v, max %v, service max %v; in the client's queue %v, %v and %v",
			percentile(got.Response, 50), got.Response.Max, got.Service.Max, percentile(want.Response, 50), want.Response.Max, want.Service.Max)
	}
	// vegeta's own clock begins a moment apart.
	if d := longestHeld - longest; d.Abs() > time.Microsecond {
		t.Errorf("the longest that Each has is %v, in the client's queue %v", longestHeld, longest)
	}
	if d := (sumHeld - sum) / time.Duration(got.Requests); d.Abs() > time.Microsecond {
		t.Errorf("all that Each has is %v, in the client's queue %v", sumHeld, sum)
	}
}

// TestSecondsAddUpWhereRequestsAreHeldUp with every schedule.
func TestSecondsAddUpWhereRequestsAreHeldUp(t *testing.T) {
	for name, s := range map[string]Schedule{
		"constant": Constant(200), "ramp up": Ramp{From: 10, To: 400, Over: 5 * time.Second}, "ramp down": Ramp{From: 400, To: 10, Over: 5 * time.Second},
		"steps": Steps{From: 100, To: 300, Each: time.Second, Count: 5}, "poisson": NewPoisson(200, 3),
	} {
		for _, requests := range []int64{0, 333} {
			synctest.Test(t, func(t *testing.T) {
				server := &stalling{pool: make(chan struct{}, 2), service: 15 * time.Millisecond}
				server.from = time.Now().Add(time.Second)
				server.to = server.from.Add(1500 * time.Millisecond)
				r := Round{Transport: server, Schedule: s, Duration: 5 * time.Second, Requests: requests, InFlight: 4}.mustRun(t, t.Context())
				if sent, done := sumOfSeconds(r); sent != r.Requests || done != r.Requests || r.RateMet != r.RateAsked || r.Lateness.Max > shortest {
					t.Errorf("%s, -requests %d: the seconds have %d sent and %d done of %d; %v a second of %v; %v late", name, requests, sent, done, r.Requests, r.RateMet, r.RateAsked, r.Lateness.Max)
				}
			})
		}
	}
}

// TestAnInterruptedRoundWasSentAsPlanned, though the server has held it up.
func TestAnInterruptedRoundWasSentAsPlanned(t *testing.T) {
	for name, c := range map[string]struct {
		r     Round
		after time.Duration
	}{
		"within its requests":     {Round{Schedule: Constant(1000), Requests: 10_000}, 5 * time.Second},
		"when all were due":       {Round{Schedule: Constant(1000), Requests: 1000}, 10 * time.Second},
		"long before its end":     {Round{Schedule: Constant(1000), Requests: 1000, Duration: time.Minute}, 8 * time.Second},
		"within its time":         {Round{Schedule: Constant(1000), Duration: 10 * time.Second}, 3 * time.Second},
		"after its time, waiting": {Round{Schedule: Constant(1000), Duration: 10 * time.Second}, 12 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.after)
			defer cancel()
			c.r.Transport, c.r.InFlight = &stalling{service: 100 * time.Millisecond}, 1
			r := c.r.mustRun(t, ctx)
			if r.RateMet < 0.99*r.RateAsked || r.RateMet > 1.01*r.RateAsked || r.RateAsked < 990 {
				t.Errorf("%s: %v a second of %v; %d requests, %d abandoned", name, r.RateMet, r.RateAsked, r.Requests, r.Abandoned)
			}
		})
	}
}

// TestAnInterruptedRoundThatWasHeldUpBefore has only its last answer to come.
func TestAnInterruptedRoundThatWasHeldUpBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 13*time.Second)
		defer cancel()
		began := time.Now()
		s := scripted(func(n int, req *http.Request) (*http.Response, error) {
			switch at := time.Since(began); {
			case n == 999:
				<-req.Context().Done()
				return nil, context.Cause(req.Context())
			case at > 8*time.Second && at < 12*time.Second:
				time.Sleep(12*time.Second - at)
			}
			return answer(200, "hello"), nil
		})
		r := Round{Transport: s, Schedule: Constant(100), Duration: 10 * time.Second, InFlight: 4}.mustRun(t, ctx)
		if r.Requests != 999 || r.Abandoned != 1 || r.RateAsked != 100 || r.RateMet != 100 {
			t.Errorf("%d requests, %d abandoned, %v a second of %v", r.Requests, r.Abandoned, r.RateMet, r.RateAsked)
		}
	})
}

// TestWhatThePacerGaveUpWasNotHeldUp: the generator stands still, though requests
// are on their way at that time.
func TestWhatThePacerGaveUpWasNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, stood := time.Now(), false
		s := scripted(func(n int, _ *http.Request) (*http.Response, error) {
			if n >= 890 && n < 893 {
				time.Sleep(6 * time.Second)
			}
			return answer(200, "hello"), nil
		})
		r := Round{Transport: s, Targets: hellos(), Schedule: Constant(100), InFlight: 4, Duration: 10 * time.Second}
		r.wait = func(d, _ time.Duration) {
			if time.Sleep(d); !stood && time.Since(began) > 9*time.Second {
				stood = true
				time.Sleep(3 * time.Second)
			}
		}
		found, err := r.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found.Abandoned != 0 || found.RateMet > 80 {
			t.Errorf("%d requests, %d abandoned, %v a second of %v", found.Requests, found.Abandoned, found.RateMet, found.RateAsked)
		}
	})
}

// TestTimeLimitsCountFromWhenARequestWasDue: nobody answers, and who is held up
// fails no later than who waits for a connection.
func TestTimeLimitsCountFromWhenARequestWasDue(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const limit = 500 * time.Millisecond
	target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: l.Addr().String()}
	r := Round{Schedule: Constant(200), InFlight: 8, Duration: time.Second}.onSocket(t, target, 4, limit)
	queued, rest := r.Errors[string(TimeoutQueued)], r.Errors[string(TimeoutUnread)]
	if r.Requests != 200 || r.Response.Min < limit-limit/100 || queued+rest != 200 || queued < 100 {
		t.Errorf("%d requests, the first after %v: %v", r.Requests, r.Response.Min, r.Errors)
	}
	if late := r.Response.Max - r.Lateness.Max; late > 2*limit {
		t.Errorf("the last has failed after %v", late)
	}
}
