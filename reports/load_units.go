package reports

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// threeDigits is a number to three digits: what a histogram tells apart.
func threeDigits(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.9995:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	step := math.Pow10(max(0, int(math.Floor(math.Log10(v)))-2))
	return strconv.FormatFloat(math.Round(v/step)*step, 'f', 0, 64)
}

// shortTime is a duration to three digits, in the unit that suits it.
func shortTime(d time.Duration) string {
	switch {
	case d <= 0:
		return "0"
	case d < 999500*time.Nanosecond:
		return threeDigits(float64(d)/1e3) + " µs"
	case d < 999500*time.Microsecond:
		return threeDigits(float64(d)/1e6) + " ms"
	}
	return threeDigits(d.Seconds()) + " s"
}

// inMilliseconds is a latency in a table. The histogram's unit is 1 µs.
func inMilliseconds(d time.Duration) string {
	ms := float64(d) / 1e6
	if ms < 0.9995 {
		return strconv.FormatFloat(ms, 'f', 3, 64)
	}
	return threeDigits(ms)
}

// longTime is how long something runs, for people: 90 s, 5 min.
func longTime(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'g', 2, 64) + " s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// rate is of requests a second.
func rateWords(perSecond float64) string {
	digits := 2
	switch {
	case perSecond >= 99.95:
		digits = 0
	case perSecond >= 9.995:
		digits = 1
	}
	scale := math.Pow10(digits)
	return strconv.FormatFloat(math.Round(perSecond*scale)/scale, 'f', -1, 64)
}

// percent is a share. It is 0 and 100 % only where nothing and all is.
func percent(share float64) string {
	p := 100 * share
	switch {
	case p <= 0:
		return "0 %"
	case p < 0.001:
		return "under 0.001 %"
	case p < 10:
		return strconv.FormatFloat(p, 'g', 2, 64) + " %"
	case p < 99:
		return fmt.Sprintf("%.0f %%", p)
	case p < 99.9:
		return fmt.Sprintf("%.1f %%", math.Floor(10*p)/10)
	case p < 100:
		return "over 99.9 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

// wireBytes are bytes of a network, in powers of 1000.
func wireBytes(n float64) string { return inUnits(n, 1000, "bytes", "kB", "MB", "GB", "TB") }

// memoryBytes are bytes of memory, in powers of 1024.
func memoryBytes(n int64) string {
	return inUnits(float64(n), 1024, "bytes", "KiB", "MiB", "GiB", "TiB")
}

func inUnits(n, step float64, units ...string) string {
	i := 0
	for n >= step*0.9995 && i < len(units)-1 {
		n /= step
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%.0f %s", n, units[0])
	}
	return threeDigits(n) + " " + units[i]
}
