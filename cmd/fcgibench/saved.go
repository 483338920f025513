package main

import (
	"os"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// readRuns reads runs that -json has written.
func readRuns(paths []string, example string) ([]result.Load, error) {
	var runs []result.Load
	for _, path := range paths {
		run, err := readRun(path, example)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

func readRun(path, example string) (result.Load, error) {
	f, err := os.Open(path)
	if err != nil {
		return result.Load{}, cli.Misused("%v: expected a run that fcgibench -json has written: %s", err, example)
	}
	defer f.Close()
	run, err := reports.ReadLoad(f)
	if err != nil {
		return run, cli.Misused("%s: %v: expected a run that fcgibench -json has written", path, err)
	}
	return run, nil
}

// savedFlags are those of the verbs that read runs.
type savedFlags struct {
	reportFlags
	printFlags
}

// Register has the flags in their groups.
func (f *savedFlags) Register(fs *cli.Flags) {
	fs.Group("Reports, where - is standard output", func() { f.reportFlags.register(fs) })
	fs.Group("What is printed", func() { f.printFlags.register(fs) })
}

// tell prints what was found, and writes the reports.
func (f *savedFlags) tell(in *cli.Invocation, run result.Load) error {
	o := f.newOutput(in, f.toStdout())
	if err := f.finish(o, run); err != nil {
		return err
	}
	return f.writeAll(in, run)
}
