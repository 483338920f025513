package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// probing is one run over all subjects.
type probing struct {
	*probeFlags
	in   *invocation
	text *reports.Text
	run  result.Run
}

// run runs the cases over each target.
func (f *probeFlags) run(ctx context.Context, in *invocation, args []string) error {
	if f.version {
		_, err := fmt.Fprintln(in.stdout, version())
		return err
	}
	if err := f.settle(args); err != nil {
		return err
	}
	subjects, err := f.subjects(in, args)
	if err != nil {
		return err
	}
	p := &probing{f, in, f.newText(in), result.Run{Version: result.Version, Tool: version(), Started: time.Now().UTC(), Seed: f.seed}}
	printed := &keptError{Writer: p.text.W}
	p.text.W = printed
	code := exitOK
	for _, s := range subjects {
		if ctx.Err() != nil {
			break
		}
		code = worse(code, p.probe(ctx, s))
	}
	p.run.Interrupted = ctx.Err() != nil
	p.text.Summary(p.run)
	if err := f.write(in, p.run, f.strict); err != nil {
		return err
	}
	if printed.err != nil {
		return fmt.Errorf("what was found can't be printed: %w", printed.err)
	}
	return quietly(code)
}

// newText prints to standard output, if no report has that.
func (f *probeFlags) newText(in *invocation) *reports.Text {
	t := &reports.Text{W: in.stdout, Verbose: f.verbose, Quiet: f.quiet}
	if f.toStdout() {
		t.W = in.stderr.w
	}
	t.Width = terminalWidth(t.W)
	t.Progress = t.Width > 0 && os.Getenv("TERM") != "dumb"
	t.Color = t.Progress && !f.noColor && os.Getenv("NO_COLOR") == ""
	return t
}

// terminalWidth is 0 for what is no terminal.
func terminalWidth(w any) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return max(int(size.Col), narrowest)
}

// narrowest is a width for a terminal that says 0.
const narrowest = 40

// severity orders the exit codes of several targets: the worst is the command's.
var severity = []int{exitOK, exitNothing, exitFailed, exitUsage, exitUnreachable, exitInternal}

func worse(a, b int) int {
	if slices.Index(severity, b) > slices.Index(severity, a) {
		return b
	}
	return a
}

// probe probes one server, and keeps what was found. What kept it from being
// probed is told at once: there may be others.
func (p *probing) probe(ctx context.Context, s subject) int {
	found, err := p.one(ctx, s)
	if found.Target == "" {
		found.Target, found.Protocol = s.String(), string(s.target.Protocol)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(p.in.stderr, "fcgiprobe: %v\n", err)
		found.Notes = append(found.Notes, err.Error())
	}
	p.run.Targets = append(p.run.Targets, found)
	code := codeOf(err)
	if err == nil {
		code = result.ExitCode(found.Results, p.strict)
	}
	if s.server != nil && code != exitOK {
		printSaid(p.in.stderr, p.exec, s.server.said(saidLines))
	}
	return code
}

func (s subject) String() string {
	if s.name != "" {
		return s.name
	}
	return s.target.String()
}

// one starts the server where it is ours, and runs the cases.
func (p *probing) one(ctx context.Context, s subject) (found result.Target, err error) {
	if s.server == nil {
		if p.wait > 0 {
			if err := await(ctx, s.target, p.wait, nil); err != nil {
				return found, err
			}
		}
		return p.cases(ctx, s, s.target)
	}
	defer s.server.remove()
	defer s.server.stop()
	if err := s.server.start(ctx); err != nil {
		return found, err
	}
	return p.cases(ctx, s, s.server.address())
}

// saidLines is how much of what a failing server wrote is shown.
const saidLines = 20

// cases runs them over a server that is there.
func (p *probing) cases(ctx context.Context, s subject, target client.Target) (result.Target, error) {
	var found result.Target
	d, err := specs.Detect(ctx, target)
	if err != nil {
		return found, notReached(target, err)
	}
	target = d.Target
	if err := p.fit(target.Protocol); err != nil {
		return found, err
	}
	_, cases := p.chosen.of(target.Protocol)
	if p.chosen.empty(cases) {
		return found, &exitError{exitNothing, fmt.Errorf("%s: %w", target, errNoneSelected)}
	}
	if s.name == "" {
		s.target = target
	}
	p.begin(s, cases)
	o := p.options(target.Protocol)
	o.Each = func(r result.Result) {
		if r.Broken() {
			r.Known = p.expected.Known(r)
		}
		p.text.Result(r)
	}
	if s.server != nil {
		o.Restart = s.server.restart
	}
	found, err = specs.RunDetected(ctx, d, o)
	if err != nil {
		return found, notReached(target, err)
	}
	found.Target, found.Again = s.String(), p.text.Again
	p.expected.Apply(&found)
	p.text.Target(found)
	return found, nil
}

// begin tells which server's cases come.
func (p *probing) begin(s subject, cases []*suite.Case) {
	p.text.Again = p.again(s)
	p.text.Total = 1 // the first request
	for _, c := range cases {
		p.text.Total += len(c.Variants(p.thorough))
	}
	if !p.quiet {
		if len(p.run.Targets) > 0 {
			fmt.Fprintln(p.text.W)
		}
		fmt.Fprintf(p.text.W, "%s, seed %d\n", s, p.seed)
	}
}

// again is the command that runs a case alone, but for its id.
func (p *probing) again(s subject) string {
	command := "fcgiprobe" + s.flags
	if s.name == "" {
		command += " " + shellWord(s.target.String())
	}
	for _, f := range []struct{ name, value string }{{"script", p.script}, {"root", p.root}} {
		if f.value != "" {
			command += " -" + f.name + " " + shellWord(f.value)
		}
	}
	if p.flags.given("secret") {
		command += ` -secret "$AJP_SECRET"` // what is printed may be published
	}
	if p.flags.given("packet-size") {
		command += fmt.Sprintf(" -packet-size %d", p.packetSize)
	}
	for _, param := range p.params {
		command += " -param " + shellWord(param[0]+"="+param[1])
	}
	if p.scale != 1 {
		command += fmt.Sprintf(" -timeout-scale %v", p.scale)
	}
	if p.thorough {
		command += " -thorough"
	}
	if p.hostile {
		command += " -hostile"
	}
	return command + fmt.Sprintf(" -seed %d", p.seed)
}
