package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// worthless is the share of failures from which on a comparison shows nothing: the
// p99 is then that of requests that nobody answered.
const worthless = 0.01

// enoughPairs is the fewest that a judgement needs. With five, equal subjects
// come out all on one side once in sixteen times: no interval is both honest and
// of use.
const enoughPairs = 6

// quantity is one measure of a round. It is not known where value says so.
type quantity struct {
	name         string
	higherBetter bool
	cost         bool // of the answers, not a measure of them
	value        func(result.Round) (v float64, known bool, err error)
}

// quantities are what two subjects are compared by, in the report's order.
var quantities = []quantity{
	{"throughput", true, false, throughput},
	{"p50", false, false, percentileOf(50)},
	{"p90", false, false, percentileOf(90)},
	{"p99", false, false, percentileOf(99)},
	{"p99.9", false, false, percentileOf(99.9)},
	{"server CPU per request", false, true, perRequest(func(r result.Round) result.Usage { return r.Server })},
	{"client CPU per request", false, true, perRequest(func(r result.Round) result.Usage { return r.Generator })},
	{"server memory", false, true, memory},
}

// IsCost says of a measure that it is of what the answers cost, not of the
// answers.
func IsCost(measure string) bool {
	return slices.ContainsFunc(quantities, func(q quantity) bool { return q.cost && q.name == measure })
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

// perRequest is a processor's time. Less than a tick of it counts half a one, where
// a process is known to have taken it.
func perRequest(usage func(result.Round) result.Usage) func(result.Round) (float64, bool, error) {
	return func(r result.Round) (float64, bool, error) {
		u := usage(r)
		if u.CPU == 0 && u.Processes > 0 {
			u.CPU = tick / 2
		}
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
// 95 % confidence intervals, and judgements that are right together as often. The
// seed is that of the resampling.
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
//
// The measures of the answers are judged together, and so are the costs: of five
// one would show a difference by chance more often than one alone does.
func compare(base, other result.Subject, seed int64) (all []result.Comparison, err error) {
	nothing := failsMuch(base) || failsMuch(other)
	var chances []float64
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
		if nothing {
			c.Judgement = result.Worthless
		}
		all, chances = append(all, c), append(chances, chance(ratios))
	}
	for _, cost := range []bool{false, true} {
		correct(all, chances, cost)
	}
	return all, nil
}

// correct takes judgements back that are one of several and may be chance, by
// Hochberg's step-up procedure (1988): Holm's from its other end, which finds more
// where measures move together, as these do.
func correct(all []result.Comparison, chances []float64, cost bool) {
	var family []int
	for i, c := range all {
		if IsCost(c.Measure) == cost && c.Pairs >= enoughPairs {
			family = append(family, i)
		}
	}
	slices.SortStableFunc(family, func(i, j int) int { return cmp.Compare(chances[j], chances[i]) })
	shown := false
	for k, i := range family {
		shown = shown || chances[i]*float64(k+1) < 2*outside
		if j := &all[i].Judgement; !shown && (*j == result.Better || *j == result.Worse) {
			*j = result.NoDifference
		}
	}
}

// failsMuch says that too many of a subject's requests failed for their speed to
// tell anything.
func failsMuch(s result.Subject) bool { return len(s.Rounds) > 0 && FailedShare(s) >= worthless }

// FailedShare is that of a subject's requests, from 0 to 1; 1 where none ended.
func FailedShare(s result.Subject) float64 {
	var requests, succeeded int64
	for _, r := range s.Rounds {
		requests, succeeded = requests+r.Requests, succeeded+r.Succeeded
	}
	if requests == 0 {
		return 1
	}
	return float64(requests-succeeded) / float64(requests)
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
