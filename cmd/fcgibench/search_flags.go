package main

import (
	"context"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// searchFlags are those of fcgibench search.
type searchFlags struct {
	loadFlags
	from, to         string
	duration, warmup time.Duration
	poisson          bool
}

const (
	// usualTry is long enough for a thousandth of a usual rate's requests.
	usualTry = 2 * time.Second
	// overload is how many times the objective's latency a try lasts at least: a
	// queue that grows for less than that may not have got as long yet.
	overload = 10
	// longestTry bounds that.
	longestTry = time.Minute
	// longer is how many times as long as a try the found rate is held at least.
	longer = 3
	// slightly is how many times the objective's latency it is held, where no
	// length of a try is given: after half of that time the queue of a server that
	// is 2 % too slow has got as long.
	slightly = 100
	// tryTimeout lets a try at a rate that is too high end soon.
	tryTimeout = time.Second
)

// Register has the flags in their groups.
func (f *searchFlags) Register(fs *cli.Flags) {
	f.duration, f.warmup = usualTry, longestWarmup
	fs.Group("Which rates", func() {
		fs.StringVar(&f.from, "from", "100", "`N`: requests a second, the lowest; the search doubles from there")
		fs.StringVar(&f.to, "to", "100000", "`N`: the highest")
		fs.Var((*cli.DurationFlag)(&f.duration), "duration", "`D`: of a try, or 10 times the -slo's latency; the found rate has a longer one")
		fs.Var((*cli.DurationFlag)(&f.warmup), "warmup", "`D`: before the first try, at the lowest rate")
		fs.BoolVar(&f.poisson, "poisson", false, "send at random moments, as many users do")
	})
	f.loadFlags.register(fs, "threaded")
}

// Run searches.
func (f *searchFlags) Run(ctx context.Context, in *cli.Invocation, args []string) error {
	if f.version {
		return f.printVersion(in)
	}
	p, err := f.settle(args)
	if err != nil {
		return err
	}
	subjects, err := f.subjects(in, args, p, []int{p.Connections})
	if err != nil {
		return err
	}
	if err := f.reportFlags.settle(); err != nil {
		return err
	}
	f.doubt(in, p.Timeout)
	b := newBench(&f.loadFlags, in, p, subjects)
	defer b.stop()
	if err := b.start(ctx); err != nil {
		return err
	}
	if err := b.search(ctx); err != nil {
		return err
	}
	return b.end(ctx)
}

func (f *searchFlags) settle(args []string) (p result.Plan, err error) {
	if f.slo == "" {
		return p, cli.Misused("expected an objective: %s", searchExample)
	}
	if err := f.loadFlags.settle(args); err != nil {
		return p, err
	}
	if err := f.one(args); err != nil {
		return p, err
	}
	if err := f.clientFlags.settle(f.flags, &p); err != nil {
		return p, err
	}
	for _, bound := range []struct {
		flag, text string
		rate       *float64
	}{{"from", f.from, &p.Rate}, {"to", f.to, &p.SearchTo}} {
		if *bound.rate, err = load.ParseRate(bound.text); err != nil || *bound.rate == 0 {
			return p, cli.Misused("-%s %q: expected requests a second, more than 0, such as -from 100 -to 10000", bound.flag, bound.text)
		}
	}
	switch {
	case p.Rate > p.SearchTo:
		return p, cli.Misused("-from %s is above -to %s: expected such as -from 100 -to 10000", f.from, f.to)
	case f.duration <= 0:
		return p, cli.Misused("-duration %v: expected a time such as 2s", f.duration)
	case f.flags.Given("timeout") && p.Timeout == 0:
		return p, cli.Misused("-timeout 0s: expected a time such as 1s")
	case !f.flags.Given("timeout"):
		p.Timeout = tryTimeout
	}
	f.fitDuration(p.Timeout)
	p.Longer = f.heldFor(p.Timeout)
	p.Duration, p.Warmup, p.Poisson, p.Workload, p.Rounds = f.duration, f.warmup, f.poisson, f.workload, 1
	return p, nil
}

// fitDuration makes the tries long enough for the objective, where no length is
// given.
func (f *searchFlags) fitDuration(timeout time.Duration) {
	if !f.flags.Given("duration") {
		f.duration = max(f.duration, min(overload*f.slowest(timeout), longestTry))
	}
}

// heldFor is how long the rate that is found is held.
func (f *searchFlags) heldFor(timeout time.Duration) time.Duration {
	held := longer * f.duration
	if !f.flags.Given("duration") {
		held = max(held, min(slightly*f.slowest(timeout), longestTry))
	}
	return held
}

// slowest is how long an answer may take: in much more time than that a server
// that can't keep up is found out. Where the objective is of no latency, that is
// until the request has failed.
func (f *searchFlags) slowest(timeout time.Duration) time.Duration {
	if d := f.objective.Slowest(); d > 0 || !f.objective.OfErrors() {
		return d
	}
	return timeout
}

// doubt tells that a rate which is found may be too high.
func (f *searchFlags) doubt(in *cli.Invocation, timeout time.Duration) {
	slowest := f.slowest(timeout)
	if enough := overload * slowest; f.duration < enough {
		fmt.Fprintf(in.Stderr, "fcgibench search: in tries of %v a server that can't keep up may still answer within %v: expected -duration %v or more\n", f.duration, slowest, enough)
	}
}

// one finds more than one server, of which a search would not know which is
// meant.
func (f *searchFlags) one(args []string) error {
	if len(args) > 1 {
		return cli.Misused("a search is of one server, got %d: %s", len(args), searchExample)
	}
	if len(args) == 0 && len(f.methods)*len(f.networks)*len(f.protocols) > 1 {
		return cli.Misused("a search is of one server: expected one -protocol, -network and -method, such as fcgibench search -slo 'p99<20ms' -method prefork")
	}
	return nil
}
