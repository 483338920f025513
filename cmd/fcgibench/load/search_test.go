package load

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// knee is a server that meets an objective up to a rate. With a width above 1 it
// does so by a chance, which falls from nearly always to nearly never as the rate
// goes from a few widths below to a few above; at the rate itself it is one half.
func knee(at, width float64, random *rand.Rand) func(context.Context, float64, bool) (bool, string, error) {
	return func(_ context.Context, rate float64, _ bool) (bool, string, error) {
		if width == 0 {
			return rate <= at, "p99<20ms: 31ms", nil
		}
		chance := 1 / (1 + math.Exp(math.Log(rate/at)/math.Log(width)))
		return random.Float64() < chance, "p99<20ms: 31ms", nil
	}
}

func TestASharpKneeIsFoundWithinTwoPercent(t *testing.T) {
	for _, at := range []float64{1, 1.5, 17, 1999, 2000, 2001, 54321} {
		f, err := Search(t.Context(), 1, 1e6, knee(at, 0, nil))
		if err != nil {
			t.Fatal(err)
		}
		if f.Rate > at || f.Rate < at/resolution || f.AtLeast || f.Why != "" {
			t.Errorf("the knee is at %g: found %+v", at, f)
		}
	}
}

func TestANoisyKneeIsFoundNearby(t *testing.T) {
	const at, seeds = 3000, 100
	near, lost := 0, 0
	for seed := range uint64(seeds) {
		f, err := Search(t.Context(), 100, 1e6, knee(at, 1.02, rand.New(rand.NewPCG(seed, 1))))
		switch {
		case err != nil:
			t.Fatal(err)
		case f.Rate == 0:
			lost++
		case f.Rate > at/1.08 && f.Rate < at*1.08:
			near++
		}
	}
	if near < 95 || lost > 2 {
		t.Errorf("of %d searches %d came within 8 %%, and %d found nothing", seeds, near, lost)
	}
}

func TestNothingIsInventedWhereTriesContradict(t *testing.T) {
	const seeds = 100
	invented := 0
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 2))
		f, err := Search(t.Context(), 100, 1e6, func(context.Context, float64, bool) (bool, string, error) {
			return random.IntN(2) == 0, "by chance", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if f.Rate != 0 {
			invented++
		}
		if f.Rate == 0 && f.Why == "" {
			t.Fatalf("not found, and nothing says why: %+v", f)
		}
	}
	if invented > 10 {
		t.Errorf("%d of %d searches found a rate where there is none", invented, seeds)
	}
}

func TestAServerThatAlwaysFailsHasNoRate(t *testing.T) {
	f, err := Search(t.Context(), 100, 1e6, knee(0, 0, nil))
	if err != nil {
		t.Fatal(err)
	}
	const want = "not found: the lowest rate, 100 a second, fails: p99<20ms: 31ms"
	if f.Rate != 0 || f.Why != want || len(f.Path) != 2 {
		t.Errorf("found %+v, want %q after 2 tries", f, want)
	}
}

func TestAServerThatNeverFailsIsFoundAtTheBound(t *testing.T) {
	for _, hi := range []float64{100, 150, 1e6} {
		f, err := Search(t.Context(), 100, hi, knee(1e9, 0, nil))
		if err != nil {
			t.Fatal(err)
		}
		if f.Rate != hi || !f.AtLeast {
			t.Errorf("up to %g: found %+v", hi, f)
		}
	}
}

func TestOneHiccupIsForgiven(t *testing.T) {
	tries := 0
	f, err := Search(t.Context(), 100, 1e6, func(_ context.Context, rate float64, _ bool) (bool, string, error) {
		tries++
		return rate <= 5000 && tries != 3, "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.Rate > 5000 || f.Rate < 5000/resolution {
		t.Errorf("found %+v", f)
	}
}

func TestTriesAreBounded(t *testing.T) {
	tries := map[float64]int{}
	f, err := Search(t.Context(), 1, 1e30, func(_ context.Context, rate float64, _ bool) (bool, string, error) {
		tries[rate]++
		return tries[rate] != 1, "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Path) != maxTries || f.Rate != 0 || !strings.Contains(f.Why, "were not enough") {
		t.Errorf("%d tries, rate %g, %q", len(f.Path), f.Rate, f.Why)
	}
}

func TestASearchEndsWithItsContextOrAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f, err := Search(ctx, 1, 100, func(context.Context, float64, bool) (bool, string, error) {
		cancel()
		return true, "", nil
	})
	if !errors.Is(err, context.Canceled) || len(f.Path) != 1 {
		t.Errorf("%v after %d tries", err, len(f.Path))
	}
	broken := errors.New("the target is gone")
	f, err = Search(t.Context(), 1, 100, func(_ context.Context, rate float64, _ bool) (bool, string, error) {
		if rate > 1 {
			return false, "", broken
		}
		return true, "", nil
	})
	if !errors.Is(err, broken) || len(f.Path) != 2 {
		t.Errorf("%v after %d tries", err, len(f.Path))
	}
}

func TestBadBoundsAreRefused(t *testing.T) {
	for _, b := range [][2]float64{{0, 10}, {-1, 10}, {20, 10}, {math.NaN(), 10}, {1, math.Inf(1)}, {1, math.NaN()}} {
		if _, err := Search(t.Context(), b[0], b[1], knee(5, 0, nil)); err == nil {
			t.Errorf("from %g to %g is taken", b[0], b[1])
		}
	}
}

// queue is a server of a capacity under a try's evenly spaced requests: those that
// it falls behind with wait, and the try is met where the last of all but a
// hundredth waited less than the limit. Its capacity is another by up to a
// hundredth in each try.
type queue struct {
	capacity           float64
	short, long, limit time.Duration
	random             *rand.Rand
	longer             int     // tries
	highestShort       float64 // rate that a short try met
}

func (q *queue) try(_ context.Context, rate float64, longer bool) (bool, string, error) {
	length := q.short
	if longer {
		length = q.long
		q.longer++
	}
	capacity := q.capacity * (0.99 + 0.02*q.random.Float64())
	backlog := 0.99 * length.Seconds() * max(0, rate-capacity)
	met := backlog/capacity < q.limit.Seconds()
	if met && !longer {
		q.highestShort = max(q.highestShort, rate)
	}
	return met, "p99<100ms: 140ms", nil
}

// TestWhatIsFoundLasts: in tries of two seconds a server that is 5 % too slow
// answers within 100 ms.
func TestWhatIsFoundLasts(t *testing.T) {
	const capacity, seeds = 763, 100
	overShort := 0.0
	for seed := range uint64(seeds) {
		q := &queue{capacity: capacity, short: 2 * time.Second, long: 10 * time.Second, limit: 100 * time.Millisecond, random: rand.New(rand.NewPCG(seed, 3))}
		f, err := Search(t.Context(), 50, 1e5, q.try)
		if err != nil {
			t.Fatal(err)
		}
		overShort = max(overShort, q.highestShort/capacity)
		if f.Rate > capacity*1.02 || f.Rate < capacity*0.97 {
			t.Errorf("seed %d: found %.5g of %d a second: %q", seed, f.Rate, capacity, f.Why)
		}
		if last := f.Path[len(f.Path)-1]; !last.Longer || !last.Met || last.Rate != f.Rate || q.longer > maxLonger {
			t.Errorf("seed %d: after %d longer tries the last is %+v, and %.5g is found", seed, q.longer, last, f.Rate)
		}
	}
	if overShort < 1.03 {
		t.Errorf("the short tries were met up to %.3f times the capacity: they show nothing", overShort)
	}
}

// TestAHiccupInALongerTryIsForgiven, once.
func TestAHiccupInALongerTryIsForgiven(t *testing.T) {
	for hiccups, want := range []float64{5000, 5000, 5000 / resolution, 5000 / resolution / resolution} {
		longer := 0
		f, err := Search(t.Context(), 100, 5000, func(_ context.Context, _ float64, long bool) (bool, string, error) {
			if long {
				longer++
			}
			return !long || longer > hiccups, "", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(f.Rate-want) > 1e-6 || f.AtLeast != (want == 5000) {
			t.Errorf("after %d longer tries that failed there is %+v, want %g", hiccups, f, want)
		}
	}
}

// TestWhatNeverLastsIsNotFound: longer tries are bounded, by their number and by
// the lowest rate.
func TestWhatNeverLastsIsNotFound(t *testing.T) {
	for lo, want := range map[float64]int{100: maxLonger, 4950: 3, 5000: 2} {
		longer := 0
		f, err := Search(t.Context(), lo, 5000, func(_ context.Context, rate float64, long bool) (bool, string, error) {
			if long {
				longer++
			}
			if rate < lo {
				t.Errorf("%g is tried, below %g", rate, lo)
			}
			return !long, "p99<20ms: 31ms", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if f.Rate != 0 || longer != want || !strings.HasPrefix(f.Why, "not found: 5000 a second meet the objective in short tries, but in no longer one, ") || !strings.HasSuffix(f.Why, ": p99<20ms: 31ms") {
			t.Errorf("from %g: %d longer tries, %g, %q; want %d tries", lo, longer, f.Rate, f.Why, want)
		}
	}
}

// TestThePathHasEveryTry: doubled, then bisected, twice or three times each.
func TestThePathHasEveryTry(t *testing.T) {
	f, err := Search(t.Context(), 1000, 1e6, knee(3000, 0, nil))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []result.Probe{{Rate: 1000, Met: true}, {Rate: 1000, Met: true}, {Rate: 2000, Met: true}, {Rate: 2000, Met: true}, {Rate: 4000}, {Rate: 4000}} {
		if got := f.Path[i]; got.Rate != want.Rate || got.Met != want.Met {
			t.Errorf("try %d is %+v, want %+v", i+1, got, want)
		}
	}
}
