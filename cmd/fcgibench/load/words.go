package load

import (
	"fmt"
	"strconv"
	"time"
)

// shortly is a duration to three digits, as the reports print it.
func shortly(d time.Duration) string {
	step := time.Nanosecond
	for d >= 1000*step {
		step *= 10
	}
	d = d.Round(step)
	unit, name := time.Microsecond, "µs"
	switch {
	case d >= time.Second:
		unit, name = time.Second, "s"
	case d >= time.Millisecond:
		unit, name = time.Millisecond, "ms"
	}
	return strconv.FormatFloat(float64(d)/float64(unit), 'f', -1, 64) + " " + name
}

// nRequests is how many requests in words.
func nRequests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}

// perSecond is a rate to the request, or to three digits where it is low.
func perSecond(rate float64) string {
	if rate >= 100 {
		return fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.3g", rate)
}
