package main

import (
	"context"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// runFlags are those of fcgibench TARGET...
type runFlags struct {
	rateFlags
	timeFlags
	loadFlags
}

// Register has the flags in their groups.
func (f *runFlags) Register(fs *cli.Flags) {
	fs.Group("How many requests, for how long", func() {
		f.rateFlags.register(fs)
		f.timeFlags.register(fs)
	})
	f.loadFlags.register(fs, "threaded,prefork")
}

// Run loads the targets, or the embedded servers.
func (f *runFlags) Run(ctx context.Context, in *cli.Invocation, args []string) error {
	if f.version {
		return f.printVersion(in)
	}
	if err := f.loadFlags.settle(args); err != nil {
		return err
	}
	var p result.Plan
	if err := f.clientFlags.settle(f.flags, &p); err != nil {
		return err
	}
	subjects, err := f.subjects(in, args, p, f.pools(f.connections, f.flags.Given("connections")))
	if err != nil {
		return err
	}
	if err := f.plan(&p, subjects); err != nil {
		return err
	}
	if err := f.reportFlags.settle(); err != nil {
		return err
	}
	b := newBench(&f.loadFlags, in, p, subjects)
	defer b.stop()
	if err := b.start(ctx); err != nil {
		return err
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	return b.end(ctx)
}

// plan fills in what depends on how many subjects there are.
func (f *runFlags) plan(p *result.Plan, subjects []*subject) error {
	if err := f.timeFlags.settle(f.flags, p, len(subjects)); err != nil {
		return err
	}
	if err := f.rateFlags.settle(f.flags, p); err != nil {
		return err
	}
	p.Workload = f.workload
	for _, s := range subjects {
		p.Connections = s.found.Pool
		if p.Rate == 0 && s.found.Pool == 0 {
			return cli.Misused("-rate 0 is as fast as the connections allow, and -connections 0 sets no limit: expected one of them, such as -rate 0 -connections 64")
		}
	}
	if p.Rate == 0 && f.objective.OfRate() {
		return cli.Misused("-slo %s: -rate 0 asks for no rate that could be met: expected -rate, such as -rate 2000, or no rate term", f.slo)
	}
	return nil
}
