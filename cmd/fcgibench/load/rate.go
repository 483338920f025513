package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseRate reads a rate in requests a second: 2000, or 120/1m for so many in
// such a time. 0 is as fast as the connections allow.
func ParseRate(text string) (perSecond float64, err error) {
	number, per, divided := strings.Cut(text, "/")
	rate, err := strconv.ParseFloat(number, 64)
	if err != nil || rate < 0 || math.IsInf(rate, 0) || math.IsNaN(rate) {
		return 0, badRate(text, fmt.Sprintf("%q is no number of requests", number))
	}
	if !divided {
		return rate, beyond(text, rate)
	}
	if strings.Trim(per, "nµumsh") == "" {
		per = "1" + per // 120/m
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return 0, badRate(text, fmt.Sprintf("%q is no length of time", per))
	}
	perSecond = rate / d.Seconds()
	return perSecond, beyond(text, perSecond)
}

// highestRate is a hundred times what any machine sends over a socket: more is a
// mistake, and its moments are too close to be told apart.
const highestRate = 1e8

// lowestRate is one request a day: what is less was meant otherwise.
const lowestRate = 1.0 / (24 * 60 * 60)

func beyond(text string, perSecond float64) error {
	switch {
	case perSecond > highestRate:
		return badRate(text, fmt.Sprintf("no machine sends more than %.0f requests a second", highestRate))
	case perSecond > 0 && perSecond < lowestRate*0.999:
		return badRate(text, "it is less than one request a day")
	}
	return nil
}

func badRate(text, reason string) error {
	return fmt.Errorf("rate %q: %s; good ones are 2000 (a second), 120/1m, and 0 for as fast as the connections allow", text, reason)
}
