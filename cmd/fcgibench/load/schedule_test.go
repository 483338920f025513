package load

import (
	"math"
	"testing"
	"time"
)

// TestStepsHoldEachRate: 100, 200 and 300 a second for a second each, and then
// the last for good.
func TestStepsHoldEachRate(t *testing.T) {
	s := Steps{From: 100, To: 300, Each: time.Second, Count: 3}
	for k, want := range map[int64]time.Duration{
		0: 0, 50: 500 * time.Millisecond, 100: time.Second, 200: 1500 * time.Millisecond,
		300: 2 * time.Second, 450: 2500 * time.Millisecond, 600: 3 * time.Second, 900: 4 * time.Second,
	} {
		if got := s.At(k); got != want {
			t.Errorf("request %d at %v, want %v", k, got, want)
		}
	}
	for at, want := range map[time.Duration]float64{0: 100, time.Second: 200, 2900 * time.Millisecond: 300, time.Hour: 300} {
		if got := s.Rate(at); got != want {
			t.Errorf("at %v: %v a second, want %v", at, got, want)
		}
	}
}

func TestConstantScheduleHasEvenGaps(t *testing.T) {
	for k, want := range map[int64]time.Duration{0: 0, 1: 500 * time.Microsecond, 2000: time.Second, 7_200_000: time.Hour} {
		if got := Constant(2000).At(k); got != want {
			t.Errorf("request %d is at %v, want %v", k, got, want)
		}
	}
	if got := Constant(1.0 / 60).At(2); got != 2*time.Minute {
		t.Errorf("of one a minute the third is at %v", got)
	}
	if n := countBefore(Constant(2000), 10*time.Second); n != 20_000 {
		t.Errorf("%d requests in 10 s", n)
	}
}

// The integral of the rate up to a request's start is its number.
func TestRampBringsAboutItsIntegral(t *testing.T) {
	for _, r := range []Ramp{
		{From: 100, To: 1000, Over: 10 * time.Second},
		{From: 1000, To: 100, Over: 10 * time.Second},
		{From: 0, To: 500, Over: 10 * time.Second},
		{From: 300, To: 300, Over: 10 * time.Second},
	} {
		last := time.Duration(-1)
		for k := int64(0); k < 7000; k++ {
			at := r.At(k)
			if at < last {
				t.Fatalf("%+v: request %d is at %v, after one at %v", r, k, at, last)
			}
			last = at
			if got := integral(r, at.Seconds()); math.Abs(got-float64(k)) > 1e-3 {
				t.Fatalf("%+v: by %v, of request %d, there are %v", r, at, k, got)
			}
		}
	}
}

func integral(r Ramp, s float64) float64 {
	over := r.Over.Seconds()
	in := min(s, over)
	return r.From*in + (r.To-r.From)/over*in*in/2 + r.To*(s-in)
}

func TestRampDownToNothingEnds(t *testing.T) {
	r := Ramp{From: 100, Over: 10 * time.Second}
	if at := r.At(501); at != never {
		t.Errorf("request 501 of 500 is at %v", at)
	}
	if n := countBefore(r, time.Hour); n < 500 || n > 501 {
		t.Errorf("%d requests, want 500", n)
	}
}

func TestPoissonHasExponentialGaps(t *testing.T) {
	const n, rate = 200_000, 1000
	p := NewPoisson(rate, 42)
	var sum, squares float64
	last := time.Duration(0)
	for k := range int64(n) {
		gap := (p.At(k) - last).Seconds() * rate
		last = p.At(k)
		sum, squares = sum+gap, squares+gap*gap
	}
	mean := sum / n
	variance := squares/n - mean*mean
	// The standard errors are 0.002 and 0.006.
	if math.Abs(mean-1) > 0.01 || math.Abs(variance-1) > 0.03 {
		t.Errorf("the gaps' mean is %v and variance %v; both are 1", mean, variance)
	}
}

func TestTheMeanRateIsThatOfTheRequests(t *testing.T) {
	for name, s := range map[string]Schedule{
		"constant": Constant(300),
		"ramp":     Ramp{From: 100, To: 500, Over: 4 * time.Second},
		"steps":    Steps{From: 100, To: 500, Each: time.Second, Count: 4},
	} {
		from, to := 1500*time.Millisecond, 2500*time.Millisecond
		want := float64(countBefore(s, to) - countBefore(s, from))
		if got := meanRate(s, from, to); math.Abs(got-want) > 2 {
			t.Errorf("%s: %v requests a second, and %v are planned", name, got, want)
		}
	}
}

func TestPoissonIsTheSameForASeedHoweverItIsAsked(t *testing.T) {
	const far = (blocksKept + 3) * gapsInBlock
	a, b := NewPoisson(10, 1), NewPoisson(10, 1)
	b.At(far)
	for _, k := range []int64{0, 1, gapsInBlock - 1, gapsInBlock, far, 5, gapsInBlock + 1, far + 1} {
		if got, want := b.At(k), a.At(k); got != want {
			t.Errorf("request %d is at %v and at %v", k, got, want)
		}
	}
	if NewPoisson(10, 2).At(0) == a.At(0) {
		t.Error("another seed has the same schedule")
	}
}
