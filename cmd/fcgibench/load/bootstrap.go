package load

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// resamples are enough that the interval's ends move by less than a tenth of
	// its width from seed to seed, though they lie far out (see tail).
	resamples = 10_000
	// outside is the share of truths that the interval may miss on either side.
	outside = 0.025
)

// bootstrap is the geometric mean of paired ratios and its 95 % confidence
// interval: pairs are drawn again, with replacement. The mean of logarithms and
// not the median: it is the same whichever subject is the base (A/B is 1 over
// B/A), it uses every pair, and with six pairs a median has only a handful of
// values to take. Percentiles of the resamples alone are too narrow for so few
// pairs, so they are taken further out, as far as Student's t lies beyond the
// normal distribution (Hesterberg, What Teachers Should Know about the
// Bootstrap, 2014, "expanded percentile").
func bootstrap(ratios []float64, seed int64) (ratio, low, high float64) {
	logs := make([]float64, len(ratios))
	for i, r := range ratios {
		logs[i] = math.Log(r)
	}
	random := rand.New(rand.NewPCG(uint64(seed), uint64(len(ratios))))
	means := make([]float64, resamples)
	for i := range means {
		means[i] = drawn(logs, random)
	}
	slices.Sort(means)
	cut := int(tail(len(logs)) * resamples)
	return math.Exp(meanOf(logs)), math.Exp(means[cut]), math.Exp(means[resamples-1-cut])
}

// drawn is the mean of as many values, drawn with replacement.
func drawn(values []float64, random *rand.Rand) float64 {
	var sum float64
	for range values {
		sum += values[random.IntN(len(values))]
	}
	return sum / float64(len(values))
}

func meanOf(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// tail is the share of resamples to leave out on either side of n pairs.
func tail(n int) float64 {
	if n < 2 {
		return 0
	}
	expanded := math.Sqrt(float64(n)/float64(n-1)) * student(n-1)
	return normalBelow(-expanded)
}

// normalBelow is the normal distribution's share below z.
func normalBelow(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// student is the quantile of Student's t that leaves 2.5 % above it: Fisher and
// Cornish's expansion around the normal one (Abramowitz and Stegun, 26.7.5),
// good to a thousandth from five degrees of freedom on, which six pairs have.
func student(freedom int) float64 {
	z := math.Sqrt2 * math.Erfinv(1-2*outside)
	n, z2 := float64(freedom), z*z
	return z + z*(z2+1)/(4*n) +
		z*((5*z2+16)*z2+3)/(96*n*n) +
		z*(((3*z2+19)*z2+17)*z2-15)/(384*n*n*n) +
		z*((((79*z2+776)*z2+1482)*z2-1920)*z2-945)/(92160*n*n*n*n)
}
