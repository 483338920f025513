package main

import (
	"context"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// mergeFlags are those of fcgibench merge.
type mergeFlags struct{ savedFlags }

// Run adds saved runs.
func (f *mergeFlags) Run(_ context.Context, in *cli.Invocation, args []string) error {
	if len(args) < 2 {
		return cli.Misused("expected two runs or more, got %d: %s", len(args), mergeExample)
	}
	if err := f.settle(); err != nil {
		return err
	}
	runs, err := readRuns(args, mergeExample)
	if err != nil {
		return err
	}
	sum, err := load.Merge(runs...)
	if err != nil {
		return cli.Misused("%v", err)
	}
	sum.Tool = tool.Version()
	if err := f.tell(in, sum); err != nil {
		return err
	}
	return cli.Quietly(codeOf(sum))
}
