package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// loadFlags are those of whatever loads servers.
type loadFlags struct {
	requestFlags
	clientFlags
	serverFlags
	reportFlags
	printFlags
	slo     string
	seed    int64
	version bool

	flags     *cli.Flags
	objective load.Objective
}

// printFlags say what is printed.
type printFlags struct {
	verbose, quiet, noColor bool
}

func (f *printFlags) register(fs *cli.Flags) {
	fs.BoolVar(&f.quiet, "q", false, "the verdict alone")
	fs.BoolVar(&f.noColor, "no-color", false, "no colors, as with NO_COLOR in the environment")
}

func (f *loadFlags) register(fs *cli.Flags, methods string) {
	f.flags = fs
	fs.Group("What is asked", func() { f.requestFlags.register(fs) })
	fs.Group("What is to come", func() {
		f.registerExpected(fs)
		fs.StringVar(&f.slo, "slo", "", "`OBJECTIVE`: such as p99<20ms,errors<0.1%,rate>=0.99; without errors 1 % may fail")
	})
	fs.Group("The client", func() { f.clientFlags.register(fs) })
	fs.Group("The target", func() { f.serverFlags.register(fs) })
	fs.Group("Without a target: the embedded reference server", func() { f.registerEmbedded(fs, methods) })
	fs.Group("Reports, where - is standard output", func() { f.registerRun(fs) })
	fs.Group("What is printed, and else", func() {
		f.printFlags.register(fs)
		fs.BoolVar(&f.verbose, "v", false, "also the first answer of each server, and the warm-ups")
		fs.Int64Var(&f.seed, "seed", 0, "`N`: of -poisson and of the resampling; 0 is a new one")
		fs.BoolVar(&f.version, "version", false, "the version, and nothing else")
	})
}

func (f *loadFlags) printVersion(in *cli.Invocation) error {
	_, err := fmt.Fprintln(in.Stdout, tool.Version())
	return err
}

// settle checks what needs no plan.
func (f *loadFlags) settle(targets []string) (err error) {
	if f.verbose && f.quiet {
		return cli.Misused("-v and -q contradict each other: expected one of them, such as %s -q", runExample)
	}
	if f.seed == 0 {
		f.seed = 1 + rand.Int64N(1<<31)
	}
	if err := f.meant(targets); err != nil {
		return err
	}
	if f.flags.Given("slo") {
		if f.objective, err = load.ParseObjective(f.slo); err != nil {
			return cli.Misused("-slo: %v", err)
		}
	}
	if len(targets) == 0 && f.workload == "" {
		f.workload = usualWorkload
		if f.body != "" || f.file != "" || f.httpMethod != "" {
			f.workload = ""
		}
	}
	if err := f.requestFlags.settle(f.flags); err != nil {
		return err
	}
	return f.serverFlags.settle(f.flags, targets)
}

// meant finds a switch's value that does not stand behind =, and so is taken for
// a target.
func (f *loadFlags) meant(targets []string) (err error) {
	f.flags.Visit(func(given *flag.Flag) {
		value := "true"
		if given.DefValue == value {
			value = "false"
		}
		isSwitch, ok := given.Value.(interface{ IsBoolFlag() bool })
		if ok && isSwitch.IsBoolFlag() && slices.Contains(targets, value) {
			err = cli.Misused("%q is no target: expected a switch's value behind =, such as -%s=%[1]s", value, given.Name)
		}
	})
	return err
}

// subjects are the targets, or the embedded servers where there is none.
func (f *loadFlags) subjects(in *cli.Invocation, args []string, p result.Plan, pools []int) (all []*subject, err error) {
	if len(args) > 0 {
		all, err = f.serverFlags.targets(args, p.Connections, in.Last)
	} else {
		all = f.serverFlags.embedded(pools, cmp.Or(f.workload, usualWorkload), f.secret, in.Last)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if err := f.fit(s.target.Protocol); err != nil && (!s.embedded || len(f.protocols) == 1) {
			return nil, err // what one of several embedded servers has no use for, another has
		}
		if err := s.prepare(f); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// output is where the text goes, and whether it is a terminal.
type output struct {
	cli.KeptError
	width    int
	terminal bool
	color    bool
}

// newOutput is standard output, if no report has that.
func (f *printFlags) newOutput(in *cli.Invocation, taken bool) *output {
	w := in.Stdout
	if taken {
		w = in.Stderr.W
	}
	width := cli.TerminalWidth(w)
	return &output{cli.KeptError{Writer: w}, width, cli.Dynamic(width), cli.Colorful(width) && !f.noColor}
}

// finish prints a run, all of it or its verdict alone.
func (f *printFlags) finish(o *output, run result.Load) error {
	write := func(w io.Writer) error {
		return reports.LoadText(w, run, reports.LoadTextOptions{Color: o.color, Width: o.width})
	}
	if f.quiet {
		write = func(w io.Writer) error { return reports.LoadVerdict(w, run) }
	}
	return write(o)
}
