package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// loadPair are the comparisons of two subjects.
type loadPair struct {
	base, other string
	measures    []result.Comparison
}

func pairsOf(all []result.Comparison) []*loadPair {
	var pairs []*loadPair
	for _, c := range all {
		i := slices.IndexFunc(pairs, func(p *loadPair) bool { return p.base == c.Base && p.other == c.Other })
		if i < 0 {
			i = len(pairs)
			pairs = append(pairs, &loadPair{base: c.Base, other: c.Other})
		}
		pairs[i].measures = append(pairs[i].measures, c)
	}
	return pairs
}

func (p *loadPair) measure(name string) (c result.Comparison, known bool) {
	for _, c := range p.measures {
		if c.Measure == name {
			return c, true
		}
	}
	return c, false
}

// rounds is how many pairs of them the most known measure has.
func (p *loadPair) rounds() int {
	most := 0
	for _, c := range p.measures {
		most = max(most, c.Pairs)
	}
	return most
}

// measure is one that the verdict tells of.
type measure struct{ name, noun, more, less string }

// told are those: the p50 only where too few requests give a p99.
var told = []measure{
	{"throughput", "requests a second", "more requests a second", "fewer requests a second"},
	{"p99", "p99", "higher p99", "lower p99"},
	{"p50", "p50", "higher p50", "lower p50"},
	{"server CPU per request", "CPU a request", "more CPU a request", "less CPU a request"},
	{"server memory", "memory", "more memory", "less memory"},
}

// words are what is shown of it.
func (m measure) words(c result.Comparison) string {
	r := ratioOf(c)
	switch {
	case r.judged:
		return r.change(m.noun, m.more, m.less)
	case c.Pairs < 2:
		return fmt.Sprintf("%s %s times", m.noun, r.value())
	}
	return fmt.Sprintf("%s %s times (%s)", m.noun, r.value(), r.interval())
}

// pair is what the comparison of two subjects shows: what is better first, then
// what is worse.
func (v verdict) pair(p *loadPair) []string {
	head := clean(p.other) + " against " + clean(p.base)
	base, other := v.sum(p.base), v.sum(p.other)
	if why := v.noComparison(p); why != "" {
		return []string{fmt.Sprintf("%s: the comparison is worthless: %s.", head, why)}
	}
	// Of two that did all that was asked, throughput is what was asked.
	kept := v.bothKeptUp(p)
	by, few := map[result.Judgement][]string{}, 0
	for _, t := range told {
		c, known := p.measure(t.name)
		if !known || kept && t.name == "throughput" {
			continue
		}
		if _, better := p.measure("p99"); better && t.name == "p50" {
			continue
		}
		by[c.Judgement] = append(by[c.Judgement], t.words(c))
		if c.Judgement == result.NotEnoughRounds {
			few = max(few, c.Pairs)
		}
	}
	parts := listed(by, few)
	if failed := failures(base, other); failed != "" {
		parts = append(parts, failed)
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{head + " (with 95 % intervals): " + strings.Join(parts, "; ") + "."}
}

// listed are the measures by their judgements. few is how many pairs are not
// enough.
func listed(by map[result.Judgement][]string, few int) []string {
	var parts []string
	for _, j := range []result.Judgement{result.Better, result.Worse, result.NoDifference, result.NotEnoughRounds} {
		if len(by[j]) == 0 {
			continue
		}
		words := string(j)
		if j == result.NotEnoughRounds {
			words = fmt.Sprintf("%s, %d of the 6 that a judgement needs", words, few)
		}
		parts = append(parts, words+": "+strings.Join(by[j], ", "))
	}
	return parts
}

// noComparison says why two subjects can't be compared, where that was found.
func (v verdict) noComparison(p *loadPair) string {
	isWorthless := func(c result.Comparison) bool { return c.Judgement == result.Worthless }
	if !slices.ContainsFunc(p.measures, isWorthless) {
		return ""
	}
	base, other := v.sum(p.base), v.sum(p.other)
	if base != nil && other != nil && min(base.requests, other.requests) == 0 {
		return "one of them ended no request"
	}
	return strings.TrimSuffix("a request that failed has no speed to compare; "+failures(base, other), "; ")
}

// failures are the shares of both, where either failed.
func failures(base, other *loadSum) string {
	if base == nil || other == nil || base.failed()+other.failed() == 0 {
		return ""
	}
	return other.failureWords() + ", " + base.failureWords()
}

func (s *loadSum) failureWords() string {
	if s.failed() == 0 {
		return clean(s.Name) + " failed none"
	}
	return fmt.Sprintf("%s failed %s (%s)", clean(s.Name), percent(s.failedShare()), countsWords(s.errors))
}

func (v verdict) sum(name string) *loadSum {
	for _, s := range v.sums {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// keptUp says that a subject did all that was asked of it.
func (s *loadSum) keptUp() bool {
	return s.asked > 0 && !s.missesRate() && s.answered >= rateShort*s.met
}

func (v verdict) bothKeptUp(p *loadPair) bool {
	base, other := v.sum(p.base), v.sum(p.other)
	return base != nil && other != nil && base.keptUp() && other.keptUp()
}

// judgementWords are a measure's. An interval may show a difference that is one of
// several, of which one is shown by chance now and then.
func judgementWords(c result.Comparison) string {
	words := clean(string(c.Judgement))
	if c.Judgement == result.NoDifference && (c.Low > 1 || c.High < 1) {
		words += " (it may be chance)"
	}
	return words
}

// judgement is a measure's, with what limits it.
func (v verdict) judgement(p *loadPair, c result.Comparison) string {
	words := judgementWords(c)
	switch {
	case c.Pairs < p.rounds():
		words += fmt.Sprintf(" (%s)", number(c.Pairs, "pair"))
	case c.Measure == "throughput" && ratioOf(c).judged && v.bothKeptUp(p):
		words += " (both kept up)"
	}
	return words
}

// worthless says that the figures of a comparison show nothing.
func (v verdict) worthless(p *loadPair) bool {
	return v.invalid() != "" || v.noComparison(p) != ""
}

// allKeptUp says once of all what their comparisons then leave out.
func (v verdict) allKeptUp() []string {
	for _, s := range v.sums {
		if !s.keptUp() {
			return nil
		}
	}
	who := "Both"
	if len(v.sums) != 2 {
		who = fmt.Sprintf("All %d", len(v.sums))
	}
	return []string{fmt.Sprintf("%s kept up with %s requests a second; -rate 0 compares how many they can do.", who, rateWords(v.sums[0].asked))}
}
