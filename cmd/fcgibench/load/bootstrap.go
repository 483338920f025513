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

// chance is how likely it is that subjects which are alike differ as much as these
// pairs do, in either direction, by Student's t of their logarithms. The bootstrap
// has no say so far out: of six pairs that all lie on one side it knows no other.
func chance(ratios []float64) float64 {
	if len(ratios) < 2 {
		return 1
	}
	var sum, squares float64
	for _, r := range ratios {
		sum += math.Log(r)
	}
	n := float64(len(ratios))
	mean := sum / n
	for _, r := range ratios {
		squares += (math.Log(r) - mean) * (math.Log(r) - mean)
	}
	switch {
	case mean == 0:
		return 1
	case squares == 0:
		return 0
	}
	return studentBeyond(math.Abs(mean)/math.Sqrt(squares/(n-1)/n), len(ratios)-1)
}

// studentBeyond is the share of Student's t that lies further from 0 (Abramowitz and
// Stegun, 26.7.3 and 26.7.4).
func studentBeyond(t float64, freedom int) float64 {
	angle := math.Atan(t / math.Sqrt(float64(freedom)))
	sin, cos := math.Sincos(angle)
	term, sum := 1.0, 0.0
	if freedom%2 == 1 {
		term = cos
	}
	for k := 2 + freedom%2; k <= freedom; k += 2 {
		sum += term
		term *= cos * cos * float64(k-1) / float64(k)
	}
	if freedom%2 == 1 {
		return max(0, 1-2/math.Pi*(angle+sin*sum))
	}
	return max(0, 1-sin*sum)
}

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
