package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// script answers each request by its number.
type script struct {
	answer func(n int, req *http.Request) (*http.Response, error)
	asked  atomic.Int64
}

func scripted(answer func(n int, req *http.Request) (*http.Response, error)) *script {
	return &script{answer: answer}
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	n := int(s.asked.Add(1)) - 1
	time.Sleep(time.Millisecond)
	return s.answer(n, req)
}

func (*script) Stats() client.Stats { return client.Stats{} }

func fine(int, *http.Request) (*http.Response, error) { return answer(200, "hello"), nil }

func (r Round) mustRun(t *testing.T, ctx context.Context) result.Round {
	t.Helper()
	r.wait = fakeWait
	if r.Targets == nil {
		r.Targets = hellos()
	}
	found, err := r.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCountsAndCausesAddUp(t *testing.T) {
	truncated := &client.TruncatedError{Protocol: client.FastCGI, Read: 8, Missing: "END_REQUEST", Err: io.EOF}
	script := scripted(func(n int, _ *http.Request) (*http.Response, error) {
		switch n % 10 {
		case 1:
			return nil, fmt.Errorf("dial: %w", syscall.ECONNREFUSED)
		case 2:
			return nil, client.ErrOverloaded
		case 3:
			return answer(500, "oh"), nil
		case 4:
			return answer(200, "other"), nil
		case 5:
			resp := answer(200, "")
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, failing{truncated}))
			return resp, nil
		}
		return answer(302, "hello"), nil
	})
	synctest.Test(t, func(t *testing.T) {
		var each, failed int64
		r := Round{Transport: script, Schedule: Constant(100), Duration: 10 * time.Second, Answers: Expect([]byte("hello")),
			Each: func(r *vegeta.Result) {
				each++
				if r.Error != "" {
					failed++
				}
			}}.mustRun(t, t.Context())
		want := map[string]int64{string(Refused): 100, string(Overloaded): 100, string(WrongStatus): 100, string(WrongBody): 100, string(NoEndRequest): 100}
		if !maps.Equal(r.Errors, want) {
			t.Errorf("errors %v, want %v", r.Errors, want)
		}
		if r.Requests != 1000 || r.Succeeded != 500 || r.Response.Count != 1000 || r.Service.Count != 1000 || r.Abandoned != 0 {
			t.Errorf("%d requests, %d succeeded, %d response and %d service times, %d abandoned", r.Requests, r.Succeeded, r.Response.Count, r.Service.Count, r.Abandoned)
		}
		if want := (map[string]int64{"302": 500, "500": 100, "200": 100}); !maps.Equal(r.Statuses, want) {
			t.Errorf("statuses %v, want %v", r.Statuses, want)
		}
		if each != 1000 || failed != 500 {
			t.Errorf("Each saw %d results, %d of them failed", each, failed)
		}
		checkSeconds(t, r)
	})
}

// checkSeconds adds the errors of each second up.
func checkSeconds(t *testing.T, r result.Round) {
	t.Helper()
	sum := map[string]int64{}
	for _, i := range r.Timeline {
		n := int64(0)
		for cause, of := range i.Errors {
			sum[cause] += of
			n += of
		}
		if n != i.Failed {
			t.Errorf("%d failed, by cause %v", i.Failed, i.Errors)
		}
	}
	if !maps.Equal(sum, r.Errors) {
		t.Errorf("the seconds' errors are %v, the round's %v", sum, r.Errors)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestEachHasTheBodysLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []uint64
		Round{Transport: scripted(fine), Schedule: Constant(10), Requests: 3,
			Each: func(r *vegeta.Result) { sizes = append(sizes, r.BytesIn) }}.mustRun(t, t.Context())
		if !slices.Equal(sizes, []uint64{5, 5, 5}) {
			t.Errorf("%v bytes of three hellos", sizes)
		}
	})
}

func TestFirstAnswerIsTheRightOne(t *testing.T) {
	bodies := []string{"a", "b", "a", "c", "a", "b"}
	script := func() *script {
		return scripted(func(n int, req *http.Request) (*http.Response, error) {
			return answer(200, bodies[n]+req.URL.Path), nil
		})
	}
	targets := []vegeta.Target{{Method: "GET", URL: "http://h/1"}, {Method: "GET", URL: "http://h/2"}}
	synctest.Test(t, func(t *testing.T) {
		r := Round{Transport: script(), Targets: targets, Schedule: Constant(10), Requests: 6}.mustRun(t, t.Context())
		// The first of /1 and /2 were a and b: of /2, c is another.
		if r.Succeeded != 5 || r.Errors[string(WrongBody)] != 1 {
			t.Errorf("%d succeeded, errors %v", r.Succeeded, r.Errors)
		}
		r = Round{Transport: script(), Targets: targets, Schedule: Constant(10), Requests: 6, AnyBody: true}.mustRun(t, t.Context())
		if r.Succeeded != 6 {
			t.Errorf("with any body %d of 6 succeeded", r.Succeeded)
		}
	})
}

func TestExpectedStatusIsTheOnlyGoodOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := scripted(func(int, *http.Request) (*http.Response, error) { return answer(404, ""), nil })
		r := Round{Transport: missing, Schedule: Constant(10), Requests: 4, Status: 404}.mustRun(t, t.Context())
		if r.Succeeded != 4 {
			t.Errorf("%d of 4 succeeded: %v", r.Succeeded, r.Errors)
		}
		r = Round{Transport: scripted(fine), Schedule: Constant(10), Requests: 4, Status: 404}.mustRun(t, t.Context())
		if r.Errors[string(WrongStatus)] != 4 {
			t.Errorf("errors %v of 4", r.Errors)
		}
	})
}

// Every hundredth request gets no answer: those are on their way at the end.
func TestInterruptedRoundHasWhatThereIs(t *testing.T) {
	script := scripted(func(n int, req *http.Request) (*http.Response, error) {
		if n%100 == 99 {
			<-req.Context().Done()
			return nil, context.Cause(req.Context())
		}
		return answer(200, "hello"), nil
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+45*time.Millisecond)
		defer cancel()
		r := Round{Transport: script, Schedule: Constant(100), Duration: time.Minute}.mustRun(t, ctx)
		// Of 0 to 504, five were not answered.
		if r.Abandoned != 5 || len(r.Errors) != 0 || r.Requests != 500 || r.Succeeded != 500 {
			t.Errorf("%d requests, %d succeeded, %d abandoned, errors %v", r.Requests, r.Succeeded, r.Abandoned, r.Errors)
		}
		if r.Duration > 5100*time.Millisecond || r.RateMet < 99 || r.RateMet > 101 || r.RateAsked < 99 || r.RateAsked > 101 {
			t.Errorf("ended after %v, %v requests a second of %v", r.Duration, r.RateMet, r.RateAsked)
		}
	})
}

func TestInterruptedRoundDoesNotWaitForASlowSchedule(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	r := Round{Transport: scripted(fine), Targets: hellos(), Schedule: Constant(1.0 / 3600)}
	start := time.Now()
	found, err := r.Run(ctx)
	if err != nil || found.Requests != 1 || time.Since(start) > 5*time.Second {
		t.Errorf("%d requests in %v, %v", found.Requests, time.Since(start), err)
	}
}

func TestRoundEndsWithItsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Round{Transport: scripted(fine), Schedule: Constant(10), Requests: 25, Duration: time.Hour}.mustRun(t, t.Context())
		if r.Requests != 25 || r.RateMet != 10 || r.RateAsked != 10 {
			t.Errorf("%d requests, %v a second of %v", r.Requests, r.RateMet, r.RateAsked)
		}
	})
}

// TestARoundLastsAsLongAsItsPlan: its last answers come within the last interval,
// and a server that answers all in time does not answer more than it is asked.
func TestARoundLastsAsLongAsItsPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, r := range map[string]Round{
			"requests": {Transport: scripted(fine), Schedule: Constant(10), Requests: 10},
			"duration": {Transport: scripted(fine), Schedule: Constant(10), Duration: time.Second},
		} {
			if got := r.mustRun(t, t.Context()); got.Requests != 10 || got.Duration != time.Second {
				t.Errorf("%s: %d requests in %v, want 10 in 1s", name, got.Requests, got.Duration)
			}
		}
	})
}

// TestNothingIsAskedBehindThePlannedEnd: the last answers may take long.
func TestNothingIsAskedBehindThePlannedEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, r := range map[string]Round{
			"duration": {Schedule: Constant(100), Duration: 2 * time.Second},
			"requests": {Schedule: Constant(100), Requests: 200},
			"poisson":  {Schedule: NewPoisson(100, 1), Requests: 200},
		} {
			r.Transport = &stalling{service: 2500 * time.Millisecond}
			timeline := r.mustRun(t, t.Context()).Timeline
			if len(timeline) < 4 || timeline[0].Asked < 99 || timeline[0].Asked > 101 || timeline[3].Asked != 0 {
				t.Errorf("%s: %+v", name, timeline)
			}
		}
	})
}

func TestBadTargetIsAnError(t *testing.T) {
	good := hellos()[0]
	for name, targets := range map[string][]vegeta.Target{
		"none":           nil,
		"a bad URL":      {good, {Method: "GET", URL: "http://a b/"}},
		"another scheme": {good, {Method: "GET", URL: "gopher://h/"}},
		"no scheme":      {{Method: "GET", URL: "/path"}},
		"a bad method":   {{Method: "G T", URL: "http://h/"}},
	} {
		r := Round{Transport: scripted(fine), Targets: targets, Schedule: Constant(10), Requests: 5}
		if found, err := r.Run(t.Context()); err == nil || found.Requests != 0 {
			t.Errorf("%s: %d requests, error %v", name, found.Requests, err)
		}
	}
}

func TestTargetsAreAskedInTurnWithTheirBodies(t *testing.T) {
	targets := []vegeta.Target{
		{Method: "POST", URL: "http://h/a", Body: []byte("one"), Header: http.Header{"X-A": {"1"}}},
		{Method: "PUT", URL: "http://h/b", Body: []byte("other")},
	}
	var mu sync.Mutex
	var seen []string
	script := scripted(func(_ int, req *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(req.Body)
		seen = append(seen, fmt.Sprintf("%s %s %s %v %v", req.Method, req.URL.Path, body, req.Header, err))
		return answer(200, ""), nil
	})
	synctest.Test(t, func(t *testing.T) {
		var told []string
		Round{Transport: script, Targets: targets, Schedule: Constant(10), Requests: 4, Each: func(r *vegeta.Result) {
			told = append(told, fmt.Sprintf("%s %s %d", r.Method, r.URL, r.BytesOut))
		}}.mustRun(t, t.Context())
		a, b := "POST /a one map[X-A:[1]] <nil>", "PUT /b other map[] <nil>"
		if !slices.Equal(seen, []string{a, b, a, b}) {
			t.Errorf("asked %q", seen)
		}
		a, b = "POST http://h/a 3", "PUT http://h/b 5"
		if !slices.Equal(told, []string{a, b, a, b}) {
			t.Errorf("told %q", told)
		}
	})
}

func TestWithoutScheduleAsManyRequestsAtOnceAsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stalling{service: 10 * time.Millisecond}
		r := Round{Transport: s, InFlight: 4, Duration: time.Second}.mustRun(t, t.Context())
		if r.Requests < 400 || r.Requests > 404 || s.highest.Load() != 4 || r.Lateness.Count != 0 || r.RateAsked != 0 {
			t.Errorf("%d requests of 10 ms in 1 s, %d at once; %d latenesses, rate asked %v", r.Requests, s.highest.Load(), r.Lateness.Count, r.RateAsked)
		}
		if r.Response.Max != r.Service.Max {
			t.Errorf("response %v, service %v: without a plan they are the same", r.Response.Max, r.Service.Max)
		}
	})
	if _, err := (&Round{Transport: scripted(fine), Targets: hellos(), Duration: time.Second}).Run(t.Context()); !errors.Is(err, errNoInFlight) {
		t.Errorf("without InFlight: %v", err)
	}
}

// The generator stands still from half of the round to behind its end.
func TestRateThatIsNotMetIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := Round{Transport: scripted(fine), Targets: hellos(), Schedule: Constant(1000), Duration: time.Second}
		r.wait = func(d, _ time.Duration) {
			if time.Sleep(d); time.Since(began) == 500*time.Millisecond {
				time.Sleep(time.Second)
			}
		}
		found, err := r.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found.RateAsked != 1000 || found.RateMet < 300 || found.RateMet > 350 || found.Requests != 501 {
			t.Errorf("%d requests, asked %v, met %v in %v", found.Requests, found.RateAsked, found.RateMet, found.Duration)
		}
		if late := percentile(found.Lateness, 100); late < 900*time.Millisecond {
			t.Errorf("at most %v late", late)
		}
	})
}

// One request at once, of 10 ms, where 1000 a second are asked for: they wait,
// and are sent in the end.
func TestWhatIsHeldUpIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Round{Transport: &stalling{service: 10 * time.Millisecond}, Schedule: Constant(1000), InFlight: 1, Duration: time.Second}.mustRun(t, t.Context())
		if r.Requests != 1000 || r.RateAsked != 1000 || r.RateMet != 1000 || r.Duration != 10*time.Second {
			t.Errorf("%d requests, asked %v, met %v in %v", r.Requests, r.RateAsked, r.RateMet, r.Duration)
		}
		if late, queued := r.Lateness.Max, r.Phases["queue"].Max; late > shortest || queued < 8900*time.Millisecond {
			t.Errorf("%v late at most, want none; %v in the queue, want 8.991s", late, queued)
		}
		if first := r.Timeline[0]; first.Sent < 999 || first.Done > 101 {
			t.Errorf("in the first second %+v", first)
		}
	})
}

func TestWhatIsHeldUpIsAbandonedWithTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond+time.Microsecond)
		defer cancel()
		r := Round{Transport: &stalling{service: 10 * time.Millisecond}, Schedule: Constant(1000), InFlight: 2, Duration: time.Second}.mustRun(t, ctx)
		if sum := r.Requests + r.Abandoned; sum < 400 || sum > 411 || r.Requests < 78 || r.Requests > 82 || r.RateMet != r.RateAsked || r.RateAsked < 999 {
			t.Errorf("%d answered and %d abandoned, of some 400; asked %v, met %v", r.Requests, r.Abandoned, r.RateAsked, r.RateMet)
		}
	})
}

func TestPoissonRoundHasItsMean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Round{Transport: scripted(fine), Schedule: NewPoisson(200, 7), Duration: 50 * time.Second}.mustRun(t, t.Context())
		// Of 10,000 by chance the deviation is 100.
		if r.Requests < 9600 || r.Requests > 10400 || r.RateMet != r.RateAsked || r.Lateness.Max > shortest {
			t.Errorf("%d requests, rate asked %v, met %v, at most %v late", r.Requests, r.RateAsked, r.RateMet, r.Lateness.Max)
		}
	})
}
