package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// state is a verdict, seen with what was known before.
type state string

const (
	errored  state = "error"
	failed   state = "fail"
	mended   state = "passes now" // although it is known to fail
	warned   state = "warn"
	known    state = "known" // it was expected to fail, and does
	untested state = "untested"
	declared state = "n/a"
	passed   state = "pass"
)

func stateOf(r result.Result) state {
	switch {
	case r.Broken() && r.Known != nil:
		return known
	case r.Verdict == result.Pass && r.Unexpected(false):
		return mended
	}
	return state(r.Verdict)
}

// wanting are the states that somebody has to see to, the worst first.
var wanting = []state{errored, failed, mended, warned}

func (s state) wants() bool { return slices.Contains(wanting, s) }

// counting is a state and its words in a count, of one and of several.
type counting struct {
	state     state
	one, Word string
}

func (c counting) words(n int) string {
	if n == 1 {
		return "1 " + c.one
	}
	return fmt.Sprintf("%d %s", n, c.Word)
}

// counted are the states in the order of a line of counts, the last two
// of which are left out where there are none.
var counted = []counting{
	{passed, "passed", "passed"}, {failed, "failed", "failed"}, {known, "known", "known"}, {warned, "warned", "warned"},
	{declared, "n/a", "n/a"}, {untested, "untested", "untested"},
	{mended, "passes now", "pass now"}, {errored, "harness error", "harness errors"},
}

// tally is how many results of a target are in each state, and of how many
// cases: one with its variants is one.
type tally struct {
	results, cases map[state]int
	total          int
}

func tallyOf(results []result.Result) tally {
	t := tally{map[state]int{}, map[state]int{}, len(results)}
	type once struct {
		id string
		state
	}
	seen := map[once]bool{}
	for _, r := range results {
		s := stateOf(r)
		t.results[s]++
		if key := (once{r.Case(), s}); !seen[key] {
			seen[key] = true
			t.cases[s]++
		}
	}
	return t
}

func (t tally) String() string {
	return t.in(func(_ state, words string) string { return words })
}

// in is the counts in one line, each as paint shows it.
func (t tally) in(paint func(state, string) string) string {
	var parts []string
	for i, c := range counted {
		if n := t.results[c.state]; n > 0 || i < len(counted)-2 {
			parts = append(parts, paint(c.state, c.words(n)))
		}
	}
	return fmt.Sprintf("%s of %d", strings.Join(parts, ", "), t.total)
}

// columnsOf are the states that a table of a run's counts has.
func columnsOf(run result.Run) []counting {
	columns := slices.Clone(counted[:len(counted)-2])
	for _, c := range counted[len(counted)-2:] {
		if slices.ContainsFunc(run.Targets, func(t result.Target) bool { return tallyOf(t.Results).results[c.state] > 0 }) {
			columns = append(columns, c)
		}
	}
	return columns
}
