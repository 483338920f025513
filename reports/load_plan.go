package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadPlan writes what will run, on which subjects, and for how long in all,
// before it does. A run of it needs its Plan, its Subjects and its Objective.
func LoadPlan(w io.Writer, run result.Load) error {
	lines := wrapped("plan: "+planWords(run)+"; "+lengthWords(run), defaultWidth, "")
	if len(run.Subjects) > 0 {
		g := &grid{columns: "llrrlrrl"}
		g.row(slices.Concat([]string{"subject"}, settingNames, []string{"target"})...)
		for _, s := range run.Subjects {
			g.row(slices.Concat([]string{clean(s.Name)}, settingsOf(s, run.Plan), []string{place(s)})...)
		}
		lines = append(lines, g.lines("  ")...)
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// planWords are what is asked of each subject.
func planWords(run result.Load) string {
	p := run.Plan
	parts := []string{rateAsked(p)}
	if p.Workload != "" {
		parts = append(parts, "workload "+clean(p.Workload))
	}
	turns := roundsWords(p)
	if p.SearchTo == 0 && len(run.Subjects) > 1 {
		turns += ", the subjects in turn"
	}
	parts = append(parts, turns)
	if p.Timeout > 0 {
		parts = append(parts, fmt.Sprintf("time limit %s a request", longTime(p.Timeout)))
	}
	if p.SearchTo == 0 && run.Objective != nil {
		parts = append(parts, "objective "+clean(run.Objective.Text))
	}
	if p.SearchTo > 0 && run.Objective != nil {
		parts[0] += " that meets " + clean(run.Objective.Text)
	}
	return strings.Join(parts, ", ")
}

func rateAsked(p result.Plan) string {
	words := rateWords(p.Rate) + " requests a second"
	switch {
	case p.SearchTo > 0:
		return fmt.Sprintf("search from %s to %s requests a second for the highest rate", rateWords(p.Rate), rateWords(p.SearchTo))
	case p.Rate == 0:
		words = "as fast as the connections allow"
	case p.RampTo > 0:
		words = fmt.Sprintf("from %s to %s requests a second", rateWords(p.Rate), rateWords(p.RampTo))
		if p.Step > 0 {
			words += " in steps of " + longTime(p.Step)
		}
	}
	if p.Poisson {
		words += " at random moments"
	}
	return words
}

// roundsWords are how long a round is, and how many there are.
func roundsWords(p result.Plan) string {
	words := "1 round"
	switch {
	case p.SearchTo > 0:
		words = "tries"
	case p.Rounds > 1:
		words = number(p.Rounds, "round")
	}
	switch {
	case p.Requests > 0 && p.Duration > 0:
		words += fmt.Sprintf(" of %d requests or %s", p.Requests, longTime(p.Duration))
	case p.Requests > 0:
		words += fmt.Sprintf(" of %d requests", p.Requests)
	default:
		words += " of " + longTime(p.Duration)
	}
	if p.Longer > 0 {
		words += fmt.Sprintf(" and longer ones of %s", longTime(p.Longer))
	}
	if p.Warmup > 0 {
		words += fmt.Sprintf(" after %s of warm-up", longTime(p.Warmup))
	}
	return words
}

// lengthWords are how long the run takes in all.
func lengthWords(run result.Load) string {
	d, known := planLength(run)
	switch {
	case run.Plan.SearchTo > 0:
		p := run.Plan
		least, most := p.Warmup+fewTries*p.Duration+p.Longer, p.Warmup+manyTries*p.Duration+manyLonger*p.Longer
		return fmt.Sprintf("most searches take %d to %d tries and 1 to %d longer ones, %s to %s in all", fewTries, manyTries, manyLonger, longTime(least), longTime(most))
	case !known:
		return "how long in all depends on the server"
	case run.Plan.Requests > 0:
		return fmt.Sprintf("at most %s in all", longTime(d))
	}
	return fmt.Sprintf("%s in all", longTime(d))
}

// planLength is how long the rounds and warm-ups of all subjects take.
func planLength(run result.Load) (d time.Duration, known bool) {
	p := run.Plan
	round := p.Duration
	if p.Requests > 0 && p.Rate > 0 && p.RampTo == 0 {
		if sent := time.Duration(float64(p.Requests) / p.Rate * float64(time.Second)); round == 0 || sent < round {
			round = sent
		}
	}
	d = time.Duration(len(run.Subjects)) * (p.Warmup + time.Duration(max(p.Rounds, 1))*round)
	return d, round > 0
}

// What most searches take: some five to ten doublings and six halvings of the
// last, two or three tries each, and the proof; then a longer try, or some.
const (
	fewTries   = 20
	manyTries  = 50
	manyLonger = 4
)
