package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// compareFlags are those of fcgibench compare.
type compareFlags struct{ savedFlags }

// Run compares two saved runs.
func (f *compareFlags) Run(_ context.Context, in *cli.Invocation, args []string) error {
	if len(args) != 2 {
		return cli.Misused("expected two runs, got %d arguments: %s", len(args), compareExample)
	}
	if err := f.settle(); err != nil {
		return err
	}
	runs, err := readRuns(args, compareExample)
	if err != nil {
		return err
	}
	both, err := load.CompareRuns(runs[0], runs[1])
	if err != nil {
		return cli.Misused("%s and %s: %v", args[0], args[1], err)
	}
	both.Tool = tool.Version()
	f.doubt(in, both)
	if err := f.tell(in, both); err != nil {
		return err
	}
	if len(both.Comparisons) == 0 {
		return cli.WithCode(exitInvalid, fmt.Errorf("%s and %s have no rounds to compare", args[0], args[1]))
	}
	return cli.Quietly(comparedCode(both))
}

// comparedCode is the exit code of a comparison. One that is worthless shows
// nothing, unless it is the second of which more failed.
func comparedCode(both result.Load) int {
	switch {
	case slices.ContainsFunc(both.Diagnoses, isInvalid):
		return exitInvalid
	case slices.ContainsFunc(both.Comparisons, slower), failsMore(both):
		return cli.ExitFailed
	case slices.ContainsFunc(both.Comparisons, isWorthless):
		return exitInvalid
	}
	return cli.ExitOK
}

// noticeable is the least ratio that counts: less may be certain, and nobody's
// concern.
const noticeable = 1.05

// slower is a measure of the answers, not of what they cost, that is worse.
func slower(c result.Comparison) bool {
	return c.Judgement == result.Worse && !load.IsCost(c.Measure) && max(c.Ratio, 1/c.Ratio) >= noticeable
}

func isWorthless(c result.Comparison) bool { return c.Judgement == result.Worthless }

// failsMore is that a comparison is worthless since more of the second's requests
// failed than of the first's.
func failsMore(both result.Load) bool {
	shares := map[string]float64{}
	for _, s := range both.Subjects {
		shares[s.Name] = load.FailedShare(s)
	}
	return slices.ContainsFunc(both.Comparisons, func(c result.Comparison) bool {
		return isWorthless(c) && shares[c.Other] > shares[c.Base]
	})
}

// doubt tells that rounds are too short for runs that were not interleaved.
func (f *compareFlags) doubt(in *cli.Invocation, both result.Load) {
	for _, s := range both.Subjects {
		for _, r := range s.Rounds {
			if r.Duration < long {
				fmt.Fprintf(in.Stderr, "fcgibench compare: rounds of %v are too short for runs that were not interleaved, since what the machine does beside counts as theirs: expected -duration %v or more\n", r.Duration.Round(time.Millisecond), long)
				return
			}
		}
	}
}

// long is a round in which what a machine does beside evens out.
const long = 2 * time.Second
