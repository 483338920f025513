package load

import (
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
