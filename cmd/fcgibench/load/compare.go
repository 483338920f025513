package load

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// enoughPairs is the fewest that a judgement needs. With five, equal subjects
// come out all on one side once in sixteen times: no interval is both honest and
// of use.
const enoughPairs = 6

// quantity is one measure of a round. It is not known where value says so.
type quantity struct {
	name         string
	higherBetter bool
	value        func(result.Round) (v float64, known bool, err error)
}

// quantities are what two subjects are compared by, in the report's order.
var quantities = []quantity{
	{"throughput", true, throughput},
	{"p50", false, percentileOf(50)},
	{"p90", false, percentileOf(90)},
	{"p99", false, percentileOf(99)},
	{"p99.9", false, percentileOf(99.9)},
	{"server CPU per request", false, perRequest(func(r result.Round) result.Usage { return r.Server })},
	{"client CPU per request", false, perRequest(func(r result.Round) result.Usage { return r.Generator })},
	{"server memory", false, memory},
}

// throughput counts what succeeded. A round without any counts half a request:
// it has a logarithm then, and is as bad as can be told.
func throughput(r result.Round) (float64, bool, error) {
	return max(float64(r.Succeeded), 0.5) / r.AnsweringTime().Seconds(), r.Duration > 0 && r.Requests > 0, nil
}

// percentileOf is one of the response times. It is not known where less than
// one request stands above it: it would be the maximum by another name.
func percentileOf(of float64) func(result.Round) (float64, bool, error) {
	return func(r result.Round) (float64, bool, error) {
		// A hair is added, since 1 - 99.9/100 is a little less than a thousandth.
		if float64(r.Response.Count)*(1-of/100)+1e-6 < 1 {
			return 0, false, nil
		}
		h, err := decode(r.Response)
		if err != nil {
			return 0, false, fmt.Errorf("response times: %w", err)
		}
		at := valueAt(h, of)
		return float64(at), at > 0, nil
	}
}

func perRequest(usage func(result.Round) result.Usage) func(result.Round) (float64, bool, error) {
	return func(r result.Round) (float64, bool, error) {
		u := usage(r)
		return u.CPU.Seconds() / float64(max(r.Requests, 1)), u.CPU > 0 && r.Requests > 0, nil
	}
}

func memory(r result.Round) (float64, bool, error) {
	return float64(r.Server.Memory), r.Server.Memory > 0, nil
}

// CompareSubjects compares those subjects of a run that belong together: the
// methods of one server, each with the same protocol, network and pool; where
// there are none, each other subject with the first. Of each pair there are the
// ratios of throughput, response times, CPU per request and memory, with their
// 95 % confidence intervals. The seed is that of the resampling.
func CompareSubjects(subjects []result.Subject, seed int64) ([]result.Comparison, error) {
	var all []result.Comparison
	for _, p := range together(subjects) {
		found, err := compare(p[0], p[1], seed)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func together(subjects []result.Subject) (pairs [][2]result.Subject) {
	for i, base := range subjects {
		for _, other := range subjects[i+1:] {
			if differInMethod(base, other) {
				pairs = append(pairs, [2]result.Subject{base, other})
			}
		}
	}
	if len(pairs) > 0 || len(subjects) == 0 {
		return pairs
	}
	for _, other := range subjects[1:] {
		pairs = append(pairs, [2]result.Subject{subjects[0], other})
	}
	return pairs
}

func differInMethod(a, b result.Subject) bool {
	onSocket := func(s result.Subject) bool { return strings.Contains(s.Target, "unix:") }
	return a.Method != "" && b.Method != "" && a.Method != b.Method &&
		a.Protocol == b.Protocol && a.Pool == b.Pool && onSocket(a) == onSocket(b)
}

// compare is the ratio of other to base for each quantity. The i-th rounds of both
// are a pair: see Order. A measure that is not known in some pair is judged by the
// other pairs, and is left out where it is known in none.
func compare(base, other result.Subject, seed int64) ([]result.Comparison, error) {
	var all []result.Comparison
	for _, q := range quantities {
		ratios, err := q.ratios(base, other)
		if err != nil {
			return nil, err
		}
		if len(ratios) == 0 {
			continue
		}
		c := result.Comparison{Measure: q.name, Base: base.Name, Other: other.Name, Pairs: len(ratios)}
		c.Ratio, c.Low, c.High = bootstrap(ratios, seed)
		c.Judgement = q.judge(c)
		all = append(all, c)
	}
	return all, nil
}

func (q quantity) ratios(base, other result.Subject) ([]float64, error) {
	var ratios []float64
	for i := range min(len(base.Rounds), len(other.Rounds)) {
		b, known, err := q.value(base.Rounds[i])
		if err != nil {
			return nil, fmt.Errorf("%s, round %d: %w", base.Name, i+1, err)
		}
		o, otherKnown, err := q.value(other.Rounds[i])
		if err != nil {
			return nil, fmt.Errorf("%s, round %d: %w", other.Name, i+1, err)
		}
		if known && otherKnown {
			ratios = append(ratios, o/b)
		}
	}
	return ratios, nil
}

func (q quantity) judge(c result.Comparison) result.Judgement {
	switch {
	case c.Pairs < enoughPairs:
		return result.NotEnoughRounds
	case c.Low <= 1 && c.High >= 1:
		return result.NoDifference
	case q.higherBetter == (c.Ratio > 1):
		return result.Better
	}
	return result.Worse
}
