package reports

import (
	"fmt"
	"math"
	"strconv"

	"github.com/fcgikit/fcgikit/reports/result"
)

// ratio is one with its interval, shown with no more digits than that has.
type ratio struct {
	at, low, high float64
	judged        bool // better or worse: neither end is shown as 1
}

func ratioOf(c result.Comparison) ratio {
	return ratio{c.Ratio, c.Low, c.High, c.Judgement == result.Better || c.Judgement == result.Worse}
}

// times is the ratio and its interval: 1.12 (1.08 to 1.16).
func (r ratio) times() string { return fmt.Sprintf("%s (%s)", r.value(), r.interval()) }

func (r ratio) value() string {
	if r.high <= r.low {
		return threeDigits(r.at)
	}
	return decimal(r.at, r.digits())
}

func (r ratio) interval() string {
	return decimal(r.low, r.digits()) + " to " + decimal(r.high, r.digits())
}

// digits are those of the interval's width, and of its low end, which a wide
// interval would round to nothing.
func (r ratio) digits() int {
	return r.apart(min(digitsOf(min(r.high-r.low, r.low)), digitsOfThree(math.Abs(r.at-1))), 1)
}

// apart are enough digits that a difference from 1 that was shown is one.
func (r ratio) apart(digits int, scale float64) int {
	one := decimal(scale, digits)
	if r.judged && digits < mostDigits && (decimal(scale*r.low, digits) == one || decimal(scale*r.high, digits) == one) {
		return r.apart(digits+1, scale)
	}
	return digits
}

// mostDigits is more than a histogram tells apart; counts may differ by less.
const mostDigits = 4

// change is the ratio in words: 12 % more requests a second (8 to 16 %), or from
// twice or half on 4.1 times the memory (4.0 to 4.2).
func (r ratio) change(noun, more, less string) string {
	switch {
	case r.at >= 2 || r.at <= 0.5:
		return fmt.Sprintf("%s times the %s (%s)", r.value(), noun, r.interval())
	case r.at >= 1:
		return r.changed(r.at-1, r.low-1, r.high-1, more)
	}
	return r.changed(1-r.at, 1-r.high, 1-r.low, less)
}

func (r ratio) changed(at, low, high float64, what string) string {
	at, low, high = 100*at, 100*low, 100*high
	digits := r.apart(min(digitsOf(high-low), digitsOfThree(at)), 100)
	return fmt.Sprintf("%s %% %s (%s to %s %%)", decimal(at, digits), what, decimal(low, digits), decimal(high, digits))
}

// digitsOf are the decimals of an interval of such a width: the last of them is
// half of it or less, so that its ends stay apart.
func digitsOf(width float64) int {
	if width <= 0 {
		return 2
	}
	return int(min(max(0, math.Ceil(-math.Log10(width/2))), mostDigits))
}

// digitsOfThree are the decimals with which a difference has three digits, which
// is what a histogram tells apart, however often it says the same.
func digitsOfThree(v float64) int {
	if v <= 0 {
		return mostDigits
	}
	return int(min(max(0, 2-math.Floor(math.Log10(v))), mostDigits))
}

func decimal(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
