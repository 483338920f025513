package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// matrixOrder is what counts where the results of a case differ, the first that
// there is: a rule that one way breaks is broken, whatever passes in another, and
// one that only some ways could be asked was asked.
var matrixOrder = []state{errored, failed, warned, known, mended, passed, declared, untested}

// attention is in what order the states of several cases catch the eye.
var attention = append(slices.Clone(wanting), known, passed, declared, untested)

// notRun is the state of a case that a run does not have: an older one's.
const notRun state = ""

func merged(states []state) state {
	for _, s := range matrixOrder {
		if slices.Contains(states, s) {
			return s
		}
	}
	return notRun
}

// state is how a target does on a case, its variants taken together.
func (t *matrixTarget) state(c *matrixCase) state {
	return t.states[c.id]
}

// stateOfAll are the results of a case, its variants, taken together.
func stateOfAll(results []result.Result) state {
	var all []state
	for _, r := range results {
		all = append(all, stateOf(r))
	}
	return merged(all)
}

// matrixCell is how an implementation does on a case.
type matrixCell struct {
	State  state
	In, Of int // the targets in this state, and those that ran the case
}

// Differs is whether the targets do.
func (c matrixCell) Differs() bool { return c.In < c.Of }

func cellOf(targets []*matrixTarget, c *matrixCase) matrixCell {
	var all []state
	for _, t := range targets {
		if s := t.state(c); s != notRun {
			all = append(all, s)
		}
	}
	cell := matrixCell{State: merged(all), Of: len(all)}
	for _, s := range all {
		if s == cell.State {
			cell.In++
		}
	}
	return cell
}

// matrixCount is how many cases are in each state, by their levels.
type matrixCount struct {
	n       map[state]int
	byLevel map[string]map[state]int
}

func countCases(targets []*matrixTarget, cases []*matrixCase) matrixCount {
	count := matrixCount{map[state]int{}, map[string]map[state]int{}}
	for _, c := range cases {
		s := cellOf(targets, c).State
		if s == notRun {
			continue
		}
		count.n[s]++
		if count.byLevel[c.Level] == nil {
			count.byLevel[c.Level] = map[state]int{}
		}
		count.byLevel[c.Level][s]++
	}
	return count
}

// Kept are the cases that passed: also those that were expected not to.
func (c matrixCount) Kept() int { return c.n[passed] + c.n[mended] }

// Tested are the cases that were put to the test.
func (c matrixCount) Tested() int { return c.Kept() + c.n[failed] + c.n[warned] + c.n[known] }

// Fresh are the failures that nobody has recorded.
func (c matrixCount) Fresh() int { return c.n[failed] + c.n[warned] }

// Share is how many rules are kept of those that were tested. It says 100 only
// where that is all of them.
func (c matrixCount) Share() string { return share(c.Kept(), c.Tested()) }

func share(kept, tested int) string {
	if tested == 0 {
		return "untested"
	}
	return fmt.Sprintf("%d %%", 100*kept/tested)
}

// Overall is the worst of its states.
func (c matrixCount) Overall() state {
	for _, s := range attention {
		if c.n[s] > 0 {
			return s
		}
	}
	return notRun
}

// matrixNumber is a count of a cell.
type matrixNumber struct {
	State state
	N     int
}

// Numbers are the counts that there are, what is kept first.
func (c matrixCount) Numbers() []matrixNumber {
	var all []matrixNumber
	for _, s := range numberOrder {
		if n := c.n[s]; n > 0 {
			all = append(all, matrixNumber{s, n})
		}
	}
	return all
}

var numberOrder = []state{passed, errored, failed, mended, warned, known, declared, untested}

// Words are the counts for a reader who sees no signs.
func (c matrixCount) Words() string {
	var parts []string
	for _, n := range c.Numbers() {
		if n.State == known {
			parts = append(parts, number(n.N, known.Name()))
		} else {
			parts = append(parts, fmt.Sprintf("%d %s", n.N, n.State))
		}
	}
	return strings.Join(parts, ", ")
}

// Data are the counts for the page's script: must.pass.12 should.warn.1.
func (c matrixCount) Data() string {
	var parts []string
	for _, level := range sortedLevels(c.byLevel) {
		for _, s := range numberOrder {
			if n := c.byLevel[level][s]; n > 0 {
				parts = append(parts, fmt.Sprintf("%s.%s.%d", anchor(level), s.Class(), n))
			}
		}
	}
	return strings.Join(parts, " ")
}

// Class is a state's name in the style and in the script.
func (s state) Class() string {
	switch s {
	case mended:
		return "mended"
	case declared:
		return "na"
	case notRun:
		return "not-run"
	}
	return string(s)
}

// signs are the states at a glance: they differ in more than their colour. What is
// known to be broken is crossed as what is new, whose heavy cross the style inverts.
var signs = map[state]string{
	passed: "✓", failed: "✘", warned: "!", errored: "⚡", mended: "↑", known: "✗", declared: "–", untested: "?", notRun: "·",
}

// Sign is a state in a character.
func (s state) Sign() string { return signs[s] }

// Name is a state in words.
func (s state) Name() string {
	switch s {
	case notRun:
		return "not run"
	case known:
		return "known failure"
	}
	return string(s)
}
