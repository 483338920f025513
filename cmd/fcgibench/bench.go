package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// bench is one run over all subjects.
type bench struct {
	*loadFlags
	in       *cli.Invocation
	out      *output
	progress *reports.LoadProgress
	subjects []*subject
	stream   *stream
	run      result.Load
	began    time.Time          // of the first round, or its warm-up
	gone     *subject           // it no longer answers
	limit    []result.Diagnosis // of a search: the generator's
}

func newBench(f *loadFlags, in *cli.Invocation, p result.Plan, subjects []*subject) *bench {
	b := &bench{loadFlags: f, in: in, subjects: subjects, out: f.newOutput(in, f.toStdout())}
	b.run = result.Load{Version: result.LoadVersion, Tool: tool.Version(), Started: time.Now().UTC(), Seed: f.seed, Plan: p}
	if f.slo != "" {
		b.run.Objective = &result.Objective{Text: f.objective.String()}
	}
	b.progress = &reports.LoadProgress{W: b.out, Terminal: b.out.terminal, Quiet: f.quiet, Width: b.out.width, Plan: p, Subjects: len(subjects)}
	return b
}

// start starts the servers that are ours, asks each subject once, and tells what
// will run.
func (b *bench) start(ctx context.Context) (err error) {
	for _, s := range b.subjects {
		err := s.start(ctx, b.loadFlags)
		if err == nil {
			err = s.connect(b.loadFlags, b.run.Plan)
		}
		if err == nil {
			err = b.first(ctx, b.in, s)
		}
		if err != nil && cli.CodeOf(err) != cli.ExitUsage {
			b.printSaid(s)
		}
		if err != nil {
			return err
		}
	}
	if b.stream, err = openStream(b.streams(), b.in); err != nil {
		return err
	}
	b.gather()
	b.began, b.run.Started = time.Now(), time.Now().UTC()
	if b.quiet {
		return nil
	}
	return reports.LoadPlan(b.out, b.run)
}

// gather puts what was found of the subjects into the run.
func (b *bench) gather() {
	b.run.Subjects = nil
	for _, s := range b.subjects {
		b.run.Subjects = append(b.run.Subjects, s.found)
	}
}

// printSaid prints the last that a server of -exec wrote.
func (b *bench) printSaid(s *subject) {
	if s.server != nil {
		embedded.PrintSaid(b.in.Stderr, b.exec, s.server.Said(saidLines))
	}
}

const saidLines = 20

// end judges the run, prints it and writes the reports.
func (b *bench) end(ctx context.Context) error {
	b.gather()
	b.run.Interrupted = ctx.Err() != nil
	if err := b.judge(); err != nil {
		return err
	}
	printed := errors.Join(b.finish(b.out, b.run), b.out.Err)
	if b.gone != nil {
		b.printSaid(b.gone)
	}
	written := errors.Join(b.stream.close(), b.writeAll(b.in, b.run))
	b.stream = nil
	switch {
	case written != nil:
		return written
	case printed != nil:
		return fmt.Errorf("what was found can't be printed: %w", printed)
	}
	return cli.Quietly(b.code())
}

func (b *bench) stop() {
	if b.stream != nil {
		b.stream.discard()
	}
	for _, s := range b.subjects {
		s.stop()
	}
}
