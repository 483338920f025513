package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	if err := f.tell(in, both); err != nil {
		return err
	}
	if slices.ContainsFunc(both.Diagnoses, isInvalid) {
		return cli.Quietly(exitInvalid)
	}
	if slices.ContainsFunc(both.Comparisons, slower) {
		return cli.Quietly(cli.ExitFailed)
	}
	if len(both.Comparisons) == 0 {
		return cli.WithCode(exitInvalid, fmt.Errorf("%s and %s have no rounds to compare", args[0], args[1]))
	}
	return nil
}

// noticeable is the least ratio that counts: less may be certain, and nobody's
// concern.
const noticeable = 1.01

// slower is a measure of the answers, not of what they cost, that is worse.
func slower(c result.Comparison) bool {
	cost := strings.HasPrefix(c.Measure, "server ") || strings.HasPrefix(c.Measure, "client ")
	return c.Judgement == result.Worse && !cost && max(c.Ratio, 1/c.Ratio) >= noticeable
}
