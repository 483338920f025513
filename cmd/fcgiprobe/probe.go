package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// probeFlags are those of fcgiprobe TARGET...
type probeFlags struct {
	targetFlags
	params               paramsFlag
	script, root, secret string
	run, skip, level     string
	strict, thorough     bool
	hostile              bool
	seed                 int64
	parallel             int
	scale                float64
	json                 string
	verbose, quiet       bool
}

func (f *probeFlags) register(fs *flagSet) {
	f.targetFlags.register(fs, time.Hour)
	fs.Var(&f.params, "param", "one more parameter, `NAME=VALUE`; may be given again")
	fs.StringVar(&f.script, "script", "", "SCRIPT_FILENAME, the `FILE` that php-fpm runs")
	fs.StringVar(&f.root, "root", "", "DOCUMENT_ROOT, a `DIR`")
	fs.StringVar(&f.secret, "secret", "", "AJP's secret")
	fs.StringVar(&f.run, "run", "", "only the cases of these `PATTERNS`: fcgi/3.3,fcgi/6.2/body,fcgi/*/padding-*")
	fs.StringVar(&f.skip, "skip", "", "not the cases of these `PATTERNS`")
	fs.StringVar(&f.level, "level", "", "only these `LEVELS`: must,should,may,robustness")
	fs.BoolVar(&f.strict, "strict", false, "a broken should counts as a failure")
	fs.BoolVar(&f.thorough, "thorough", false, "every case in every segmentation, and those that must wait")
	fs.BoolVar(&f.hostile, "hostile", false, "also the cases that can crash a vulnerable server")
	fs.Int64Var(&f.seed, "seed", 0, "of the order and of every random byte; 0 is a new one")
	fs.IntVar(&f.parallel, "parallel", 4, "cases at once, where the server can")
	fs.Float64Var(&f.scale, "timeout-scale", 1, "a factor for every time limit")
	fs.StringVar(&f.json, "json", "", "write the results to this `FILE`; - is standard output")
	fs.BoolVar(&f.verbose, "v", false, "every case, and failures with all their bytes")
	fs.BoolVar(&f.quiet, "q", false, "the last line alone")
}

const probeExample = "fcgiprobe unix:/tmp/app.sock"

// runProbe runs the cases over each target.
func runProbe(ctx context.Context, in *invocation) error {
	fs := newFlags(in, "fcgiprobe [flags] TARGET...", probeExample)
	var f probeFlags
	f.register(fs)
	args, err := fs.parse(in.args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return misused("expected a target: %s", probeExample)
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	out, err := f.openJSON(in)
	if err != nil {
		return err
	}
	run := result.Run{Version: result.Version, Tool: version(), Started: time.Now().UTC(), Seed: options.Seed}
	var worst error
	for _, arg := range args {
		found, err := f.one(ctx, in, arg, options)
		if found.Target != "" {
			run.Targets = append(run.Targets, found)
		}
		worst = worse(worst, err)
	}
	if out != nil {
		if err := reports.JSON(out, run); err != nil {
			return fmt.Errorf("-json: %w", err)
		}
		if err := out.Close(); err != nil {
			return fmt.Errorf("-json: %w", err)
		}
	}
	return worst
}

// options are the kernel's.
func (f *probeFlags) options() (specs.Options, error) {
	var o specs.Options
	if f.scale <= 0 {
		return o, misused("-timeout-scale %v: expected a positive number such as 2", f.scale)
	}
	if f.parallel < 1 {
		return o, misused("-parallel %d: expected at least 1", f.parallel)
	}
	if f.seed == 0 {
		f.seed = 1 + rand.Int64N(1<<31)
	}
	for _, level := range list(f.level) {
		if !slices.Contains([]suite.Level{suite.Must, suite.Should, suite.May, suite.Robustness}, suite.Level(level)) {
			return o, misused("-level %q: expected must, should, may or robustness", level)
		}
		o.Levels = append(o.Levels, suite.Level(level))
	}
	o.Selection.Run, o.Skip = list(f.run), list(f.skip)
	o.Selection.Thorough, o.Options.Thorough, o.Hostile = f.thorough, f.thorough, f.hostile
	o.Seed, o.Parallel, o.TimeoutScale = f.seed, f.parallel, f.scale
	o.ScriptFilename, o.DocumentRoot, o.Secret, o.Params = f.script, f.root, f.secret, f.params
	return o, nil
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// openJSON opens the report before anything runs. A name that is a target is
// more likely a flag without its value.
func (f *probeFlags) openJSON(in *invocation) (io.WriteCloser, error) {
	switch f.json {
	case "":
		return nil, nil
	case "-":
		return keepOpen{in.stdout}, nil
	}
	if _, err := client.ParseTarget(f.json); err == nil && !strings.HasSuffix(f.json, ".json") {
		return nil, misused("-json %s: expected a file such as report.json, not a target", f.json)
	}
	file, err := os.Create(f.json)
	if err != nil {
		return nil, misused("-json: %v: expected a file that can be written, such as report.json", err)
	}
	return file, nil
}

// one probes one target.
func (f *probeFlags) one(ctx context.Context, in *invocation, arg string, o specs.Options) (result.Target, error) {
	target, err := f.target(ctx, arg)
	if err != nil {
		return result.Target{}, err
	}
	text := &reports.Text{W: in.stdout, Verbose: f.verbose, Quiet: f.quiet, Again: f.again(target)}
	if f.json == "-" {
		text.W = in.stderr
	}
	if !f.quiet {
		fmt.Fprintf(text.W, "%s, seed %d\n", target, o.Seed)
	}
	o.Each = text.Result
	found, err := specs.Run(ctx, target, o)
	if err != nil {
		var undetected *client.UndetectedError
		if errors.As(err, &undetected) || len(found.Results) == 0 && !strings.Contains(err.Error(), "matches no case") {
			return found, notReached(target, err)
		}
		return result.Target{}, misused("%v", err)
	}
	text.Target(found)
	switch code := result.ExitCode(found.Results, f.strict); code {
	case result.ExitConforming:
		return found, nil
	case result.ExitNothingRan:
		return found, &exitError{code, fmt.Errorf("%s: no case ran", target)}
	case result.ExitHarness:
		return found, &exitError{code, fmt.Errorf("%s: the harness failed", target)}
	default:
		return found, &exitError{code, errQuiet}
	}
}

// errQuiet is an exit code whose reason has been printed.
var errQuiet = errors.New("not conforming")

// again is the command that runs a case alone, but for its id.
func (f *probeFlags) again(target client.Target) string {
	command := "fcgiprobe " + target.String()
	if f.script != "" {
		command += " -script " + f.script
	}
	if f.root != "" {
		command += " -root " + f.root
	}
	return command + fmt.Sprintf(" -seed %d", f.seed)
}

// severity orders exit codes: the worst of several targets is the command's.
var severity = []int{exitOK, result.ExitNothingRan, exitFailed, exitUsage, exitUnreachable, exitInternal}

func worse(a, b error) error {
	if slices.Index(severity, codeOf(b)) > slices.Index(severity, codeOf(a)) {
		return b
	}
	return a
}

func codeOf(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	}
	return exitInternal
}
