package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// noisyRatios are pairs of rounds that move together by a fifth from pair to
// pair, as a shared machine makes them, and apart by the noise.
func noisyRatios(n int, truth, noise float64, random *rand.Rand) []float64 {
	ratios := make([]float64, n)
	for i := range ratios {
		machine := 1 + 0.2*random.Float64()
		base := machine * math.Exp(noise*random.NormFloat64())
		other := machine * truth * math.Exp(noise*random.NormFloat64())
		ratios[i] = other / base
	}
	return ratios
}

// TestTheIntervalCoversTheTruthInNineteenOfTwenty: at six pairs, the fewest that
// are judged, and at more.
func TestTheIntervalCoversTheTruthInNineteenOfTwenty(t *testing.T) {
	const runs = 400
	for _, n := range []int{6, 8, 12, 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			covered := 0
			for seed := range uint64(runs) {
				random := rand.New(rand.NewPCG(seed, uint64(n)))
				_, low, high := bootstrap(noisyRatios(n, 1.3, 0.04, random), int64(seed))
				if low <= 1.3 && 1.3 <= high {
					covered++
				}
			}
			if share := float64(covered) / runs; share < 0.92 || share > 0.985 {
				t.Errorf("%d pairs: the interval covers the truth in %.1f %% of runs, want about 95 %%", n, 100*share)
			}
		})
	}
}

func TestTheRatioIsTheSameFromEitherSide(t *testing.T) {
	ratios := noisyRatios(8, 1.2, 0.1, rand.New(rand.NewPCG(1, 1)))
	inverse := make([]float64, len(ratios))
	for i, r := range ratios {
		inverse[i] = 1 / r
	}
	ratio, low, high := bootstrap(ratios, 5)
	back, backLow, backHigh := bootstrap(inverse, 5)
	for _, c := range [][2]float64{{ratio, 1 / back}, {low, 1 / backHigh}, {high, 1 / backLow}} {
		if math.Abs(c[0]/c[1]-1) > 1e-9 {
			t.Errorf("%.12g from one side, %.12g from the other", c[0], c[1])
		}
	}
	if !(low < ratio && ratio < high) {
		t.Errorf("%g is not within %g to %g", ratio, low, high)
	}
}

func TestTheSeedRepeatsAnInterval(t *testing.T) {
	ratios := noisyRatios(8, 1.2, 0.1, rand.New(rand.NewPCG(1, 1)))
	_, low, high := bootstrap(ratios, 5)
	_, again, highAgain := bootstrap(ratios, 5)
	_, another, _ := bootstrap(ratios, 6)
	if low != again || high != highAgain || low == another {
		t.Errorf("low %g, again %g, of another seed %g; high %g, again %g", low, again, another, high, highAgain)
	}
}

// TestStudentsTails are the quantiles' other way round.
func TestStudentsTails(t *testing.T) {
	for freedom, at := range map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 6: 2.447, 7: 2.365, 20: 2.086, 120: 1.980} {
		if got := studentBeyond(at, freedom); math.Abs(got-0.05) > 0.0001 {
			t.Errorf("%d degrees of freedom: %.5f lies beyond %.3f, want 0.05", freedom, got, at)
		}
	}
	if got := studentBeyond(6.869, 5); math.Abs(got-0.001) > 0.00001 {
		t.Errorf("%.6f lies beyond 6.869 at 5 degrees of freedom, want 0.001", got)
	}
	for want, ratios := range map[float64][]float64{1: {1, 1, 1}, 0: {2, 2, 2}} {
		if got := chance(ratios); got != want {
			t.Errorf("%v: %v, want %v", ratios, got, want)
		}
	}
}

// TestStudentsQuantiles against the table of Abramowitz and Stegun, 26.10.
func TestStudentsQuantiles(t *testing.T) {
	for freedom, want := range map[int]float64{5: 2.571, 6: 2.447, 7: 2.365, 9: 2.262, 11: 2.201, 20: 2.086, 30: 2.042, 120: 1.980} {
		if got := student(freedom); math.Abs(got-want) > 0.0015 {
			t.Errorf("%d degrees of freedom: %.4f, want %.3f", freedom, got, want)
		}
	}
}
