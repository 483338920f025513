package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// probing is one run over all subjects.
type probing struct {
	*probeFlags
	in   *cli.Invocation
	text *reports.Text
	run  result.Run
}

// run runs the cases over each target.
func (f *probeFlags) Run(ctx context.Context, in *cli.Invocation, args []string) error {
	if f.version {
		_, err := fmt.Fprintln(in.Stdout, tool.Version())
		return err
	}
	if err := f.settle(args); err != nil {
		return err
	}
	subjects, err := f.subjects(in, args)
	if err != nil {
		return err
	}
	p := &probing{f, in, f.newText(in), result.Run{Version: result.Version, Tool: tool.Version(), Started: time.Now().UTC(), Seed: f.seed}}
	printed := &cli.KeptError{Writer: p.text.W}
	p.text.W = printed
	code := cli.ExitOK
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
	if printed.Err != nil {
		return fmt.Errorf("what was found can't be printed: %w", printed.Err)
	}
	return cli.Quietly(code)
}

// newText prints to standard output, if no report has that.
func (f *probeFlags) newText(in *cli.Invocation) *reports.Text {
	t := &reports.Text{W: in.Stdout, Verbose: f.verbose, Quiet: f.quiet}
	if f.toStdout() {
		t.W = in.Stderr.W
	}
	t.Width = cli.TerminalWidth(t.W)
	t.Progress = cli.Dynamic(t.Width)
	t.Color = cli.Colorful(t.Width) && !f.noColor
	return t
}

// severity orders the exit codes of several targets: the worst is the command's.
var severity = []int{cli.ExitOK, cli.ExitNothing, cli.ExitFailed, cli.ExitUsage, cli.ExitUnreachable, cli.ExitInternal}

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
		fmt.Fprintf(p.in.Stderr, "fcgiprobe: %v\n", err)
		found.Notes = append(found.Notes, err.Error())
	}
	p.run.Targets = append(p.run.Targets, found)
	code := cli.CodeOf(err)
	if err == nil {
		code = result.ExitCode(found.Results, p.strict)
	}
	if s.server != nil && code != cli.ExitOK {
		embedded.PrintSaid(p.in.Stderr, p.exec, s.server.Said(saidLines))
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
			if err := cli.Await(ctx, s.target, p.wait, nil); err != nil {
				return found, err
			}
		}
		return p.cases(ctx, s, s.target)
	}
	defer s.server.Remove()
	defer s.server.Stop()
	if err := s.server.Start(ctx); err != nil {
		return found, err
	}
	return p.cases(ctx, s, s.server.Target())
}

// saidLines is how much of what a failing server wrote is shown.
const saidLines = 20

// cases runs them over a server that is there.
func (p *probing) cases(ctx context.Context, s subject, target client.Target) (result.Target, error) {
	var found result.Target
	d, err := specs.Detect(ctx, target)
	if err != nil {
		return found, cli.NotReached(target, err)
	}
	target = d.Target
	if err := p.fit(target.Protocol); err != nil {
		return found, err
	}
	_, cases := p.chosen.of(target.Protocol)
	if p.chosen.empty(cases) {
		return found, cli.WithCode(cli.ExitNothing, fmt.Errorf("%s: %w", target, errNoneSelected))
	}
	if s.name == "" {
		s.target = target
	}
	p.begin(s, cases)
	o := p.options(target.Protocol)
	logs := map[string]string{}
	o.Each = func(r result.Result) {
		if r.Broken() {
			r.Known = p.expected.Known(r)
			logs[r.ID] = s.log()
		}
		p.text.Result(r)
	}
	if s.server != nil {
		o.Restart = s.server.Restart
	}
	found, err = specs.RunDetected(ctx, d, o)
	if err != nil {
		return found, cli.NotReached(target, err)
	}
	found.Target, found.Again = s.String(), p.text.Again
	s.describe(&found, logs)
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
		command += " " + cli.ShellWord(s.target.String())
	}
	for _, f := range []struct{ name, value string }{{"script", p.script}, {"root", p.root}} {
		if f.value != "" {
			command += " -" + f.name + " " + cli.ShellWord(f.value)
		}
	}
	if p.flags.Given("secret") {
		command += ` -secret "$AJP_SECRET"` // what is printed may be published
	}
	if p.flags.Given("packet-size") {
		command += fmt.Sprintf(" -packet-size %d", p.packetSize)
	}
	for _, param := range p.params {
		command += " -param " + cli.ShellWord(param[0]+"="+param[1])
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
