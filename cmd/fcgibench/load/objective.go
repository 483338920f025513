package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Objective is what a run is to meet: "p99<20ms,errors<0.1%,rate>=0.99". The
// latencies are response times, from the planned start: p50, p99.9 and so on,
// or max. errors is a share of the requests, in percent or as a fraction; where
// it says nothing of them, one in a hundred may fail. rate is the rate met as a
// share of the rate asked.
type Objective struct {
	text  string
	terms []term
}

// term is one bound. A limit is inclusive with <= and >=, else not.
type term struct {
	text      string
	measure   bound
	of        float64 // the percentile
	inclusive bool
	latency   time.Duration
	share     float64
}

type bound int

const (
	ofLatency bound = iota
	ofErrors
	ofRate
)

// usualErrors is what an objective says of errors that has no term of them: the
// latencies of requests that failed are no server's.
var usualErrors = term{text: "errors<=1% (which goes without saying)", measure: ofErrors, inclusive: true, share: 0.01}

// rightObjective is what an error shows.
const rightObjective = "p99<20ms,errors<0.1%,rate>=0.99"

// ParseObjective reads an objective. Its errors show a right one.
func ParseObjective(text string) (Objective, error) {
	o := Objective{text: text}
	seen := map[string]bool{}
	for _, part := range strings.Split(text, ",") {
		name, t, err := parseTerm(strings.TrimSpace(part))
		switch {
		case err != nil:
			return Objective{}, fmt.Errorf("objective %q: %w; a right one is %s", text, err, rightObjective)
		case seen[name]:
			return Objective{}, fmt.Errorf("objective %q: %s stands there twice; a right one is %s", text, name, rightObjective)
		}
		seen[name] = true
		o.terms = append(o.terms, t)
	}
	return o, nil
}

func (o Objective) String() string { return o.text }

// OfRate says that it has a term about the rate, which only a run with one can
// meet.
func (o Objective) OfRate() bool { return o.has(ofRate) }

// OfErrors says that it has a term about the requests that failed.
func (o Objective) OfErrors() bool { return o.has(ofErrors) }

// Slowest is the longest latency that the objective allows; 0 where it is of none.
func (o Objective) Slowest() (longest time.Duration) {
	for _, t := range o.terms {
		longest = max(longest, t.latency)
	}
	return longest
}

func (o Objective) has(b bound) bool {
	return slices.ContainsFunc(o.terms, func(t term) bool { return t.measure == b })
}

func parseTerm(text string) (name string, t term, err error) {
	at := strings.IndexAny(text, "<>")
	if at <= 0 {
		return "", t, fmt.Errorf("%q is no measure and its limit", text)
	}
	name, sign, limit := strings.TrimSpace(text[:at]), text[at:at+1], text[at+1:]
	limit, t.inclusive = strings.CutPrefix(limit, "=")
	limit = strings.Join(strings.Fields(limit), "") // 5 ms, as we print it
	t.text = text
	wanted := "<"
	switch {
	case name == "errors":
		t.measure = ofErrors
		t.share, err = parseShare(limit)
	case name == "rate":
		wanted = ">"
		t.measure = ofRate
		t.share, err = parseShare(limit)
	default:
		t.of, err = parsePercentile(name)
		if err == nil {
			t.latency, err = parseLatency(limit)
		}
	}
	if err == nil && sign != wanted {
		err = fmt.Errorf("%q: %s needs %s or %[3]s=", text, name, wanted)
	}
	return name, t, err
}

// parsePercentile takes max for the hundredth.
func parsePercentile(name string) (float64, error) {
	digits, isPercentile := strings.CutPrefix(name, "p")
	of, err := strconv.ParseFloat(digits, 64)
	switch {
	case name == "max":
		return 100, nil
	case !isPercentile || err != nil:
		return 0, fmt.Errorf("%q is none of p50, p99.9, ..., max, errors, rate", name)
	case !(of > 0 && of < 100):
		return 0, fmt.Errorf("%q: a percentile is above 0 and below 100; the highest is max", name)
	}
	return of, nil
}

func parseLatency(limit string) (time.Duration, error) {
	d, err := time.ParseDuration(limit)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no limit of a latency, such as 20ms", limit)
	}
	return d, nil
}

func parseShare(limit string) (float64, error) {
	digits, percent := strings.CutSuffix(limit, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("%q is no share from 0 to 1, or 0%% to 100%%", limit)
	}
	return share, nil
}
