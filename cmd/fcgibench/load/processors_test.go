package load

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// processorsWithin are the fewest and the last that a round's requests saw, of a
// process that has four.
func processorsWithin(t *testing.T, ctx context.Context, r Round, answer func(int, *http.Request) (*http.Response, error)) (fewest, last, after int) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var least, latest atomic.Int64
	least.Store(4)
	r.Transport = scripted(func(n int, req *http.Request) (*http.Response, error) {
		now := int64(runtime.GOMAXPROCS(0))
		latest.Store(now)
		if now < least.Load() {
			least.Store(now)
		}
		return answer(n, req)
	})
	r.Targets = hellos()
	found, err := r.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if found.Generator.Cores != 4 {
		t.Errorf("the round says %d cores, of 4", found.Generator.Cores)
	}
	return int(least.Load()), int(latest.Load()), runtime.GOMAXPROCS(0)
}

func TestALowRateTakesOneProcessor(t *testing.T) {
	for _, c := range []struct {
		name     string
		schedule Schedule
		want     int
	}{
		{"low", Constant(2000), 1},
		{"high", Constant(50_000), 4},
		{"low at first", Ramp{From: 100, To: 50_000, Over: 100 * time.Millisecond}, 4},
		{"low at last", Steps{From: 50_000, To: 100, Each: 50 * time.Millisecond, Count: 2}, 4},
		{"as fast as possible", nil, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			fewest, _, after := processorsWithin(t, t.Context(), Round{Schedule: c.schedule, InFlight: 16, Duration: 50 * time.Millisecond}, fine)
			if fewest != c.want || after != 4 {
				t.Errorf("%d processors, and %d after the round; want %d, and 4", fewest, after, c.want)
			}
		})
	}
}

// A machine that is busy itself may take some looks until the round has had half
// of a processor.
func TestABusyRoundGetsTheOtherProcessors(t *testing.T) {
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	busily := func(n int, req *http.Request) (*http.Response, error) {
		if runtime.GOMAXPROCS(0) > 1 {
			enough()
		}
		for start := time.Now(); time.Since(start) < 8*time.Millisecond; {
		}
		return fine(n, req)
	}
	fewest, last, after := processorsWithin(t, ctx, Round{Schedule: Constant(100), Duration: time.Minute}, busily)
	if fewest != 1 || last != 4 || after != 4 {
		t.Errorf("%d processors at first, %d at last, %d after the round; want 1, 4 and 4", fewest, last, after)
	}
}
