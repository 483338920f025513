package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// rateShort is the share of the rate asked below which it was not met.
	rateShort = 0.99
	// fewSamples is how many a percentile needs behind it: with fewer, the next
	// run has another one.
	fewSamples = 10
)

// loadVerdict is what a run found, in sentences, the most important first. They
// are clean.
func loadVerdict(run result.Load) []string {
	sums, err := sumsOf(run)
	if err != nil {
		return []string{"No verdict: " + clean(err.Error()) + "."}
	}
	v := verdict{run, sums}
	lines := v.all()
	if len(lines) == 0 {
		lines = []string{"Nothing was measured."}
	}
	if run.Interrupted {
		lines = append(lines, "The run was interrupted: this is what was known by then.")
	}
	return lines
}

type verdict struct {
	run  result.Load
	sums []*loadSum
}

func (v verdict) all() []string {
	if invalid := v.invalid(); invalid != "" {
		return slices.Concat([]string{invalid}, v.search(), v.each(func(*loadSum) bool { return true }))
	}
	lines := v.search()
	if len(lines) == 0 {
		lines = v.objective()
	}
	pairs := pairsOf(v.run.Comparisons)
	if len(pairs) == 0 {
		return append(lines, v.each(func(*loadSum) bool { return true })...)
	}
	lines = append(lines, v.each(func(s *loadSum) bool { return s.missesRate() || s.succeeded == 0 })...)
	lines = append(lines, v.allKeptUp()...)
	for _, p := range pairs {
		lines = append(lines, v.pair(p)...)
	}
	return lines
}

// invalid says that the figures are the generator's.
func (v verdict) invalid() string {
	for _, d := range v.run.Diagnoses {
		if !d.Invalid {
			continue
		}
		of := ""
		if d.Subject != "" && len(v.run.Subjects) > 1 {
			of = " (" + clean(d.Subject) + ")"
		}
		return fmt.Sprintf("This run is invalid, and its figures say little of the server: %s%s.", clean(d.What), of)
	}
	return ""
}

func (v verdict) objective() []string {
	o := v.run.Objective
	switch {
	case o == nil:
		return nil
	case o.Met:
		return []string{fmt.Sprintf("The objective %s was met.", clean(o.Text))}
	case len(o.Missed) == 0:
		return []string{fmt.Sprintf("The objective %s was missed.", clean(o.Text))}
	}
	return []string{"The objective was missed: " + clean(strings.Join(o.Missed, "; ")) + "."}
}

// search is what a search came to. It says that nothing was found, and why,
// rather than something near it.
func (v verdict) search() []string {
	goal := "the objective"
	if v.run.Objective != nil {
		goal = clean(v.run.Objective.Text)
	}
	switch f := v.run.Found; {
	case f == nil && len(v.run.Search) == 0:
		return nil
	case f == nil:
		return []string{fmt.Sprintf("The highest rate that meets %s was not found: the search was broken off, %s in.", goal, tries(len(v.run.Search)))}
	case f.Rate == 0:
		why := strings.TrimPrefix(clean(f.Why), "not found: ")
		return []string{fmt.Sprintf("The highest rate that meets %s was not found: %s.", goal, why)}
	case f.AtLeast:
		return []string{fmt.Sprintf("%s requests a second, the highest rate that was tried, meet %s.", foundRate(f.Rate), goal)}
	default:
		return []string{fmt.Sprintf("The highest rate that meets %s is about %s requests a second.", goal, foundRate(f.Rate))}
	}
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// foundRate has the digits that a search tells apart.
func foundRate(rate float64) string {
	digits := rateWords(rate)
	if rate < 1000 {
		return digits
	}
	whole := []byte(digits)
	for i := 3; i < len(whole); i++ {
		whole[i] = '0'
	}
	return string(whole)
}

// each is a sentence for each subject that is wanted.
func (v verdict) each(wanted func(*loadSum) bool) []string {
	var lines []string
	for _, s := range v.sums {
		if wanted(s) && len(s.Rounds) > 0 {
			lines = append(lines, s.sentence())
		}
	}
	return lines
}
