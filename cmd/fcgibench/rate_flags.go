package main

import (
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// rateFlags say how many requests are sent.
type rateFlags struct {
	rate, ramp string
	step       time.Duration
	poisson    bool
}

func (f *rateFlags) register(fs *cli.Flags) {
	fs.StringVar(&f.rate, "rate", "1000", "`N`: requests a second, or N/1m; 0 is as fast as the connections allow")
	fs.StringVar(&f.ramp, "ramp", "", "`FROM:TO`: a rate that changes evenly over each round, in place of -rate")
	fs.Var((*cli.DurationFlag)(&f.step), "step", "`D`: of a -ramp: hold each rate so long, and go up in steps")
	fs.BoolVar(&f.poisson, "poisson", false, "send at random moments, as many users do, at this rate on average")
}

// settle fills the plan's rates in. Its duration must be known.
func (f *rateFlags) settle(fs *cli.Flags, p *result.Plan) (err error) {
	switch {
	case f.ramp != "" && fs.Given("rate"):
		return cli.Misused("-rate and -ramp contradict each other: expected one of them, such as -ramp 100:2000")
	case f.ramp != "" && f.poisson:
		return cli.Misused("-poisson has one rate, and -ramp several: expected one of them, such as -poisson -rate 2000")
	case f.ramp == "" && fs.Given("step"):
		return cli.Misused("-step is of a ramp: expected -ramp beside it, such as -ramp 100:2000 -duration 60s -step 10s")
	}
	if f.ramp != "" {
		return f.settleRamp(fs, p)
	}
	if p.Rate, err = load.ParseRate(f.rate); err != nil {
		return cli.Misused("-%v", err)
	}
	if p.Rate == 0 && f.poisson {
		return cli.Misused("-rate 0 has no moments for -poisson to choose: expected a rate such as -poisson -rate 2000")
	}
	p.Poisson = f.poisson
	return nil
}

func (f *rateFlags) settleRamp(fs *cli.Flags, p *result.Plan) error {
	from, to, ok := strings.Cut(f.ramp, ":")
	if !ok {
		return cli.Misused("-ramp %q: expected two rates, such as 100:2000", f.ramp)
	}
	var err error
	if p.Rate, err = load.ParseRate(from); err != nil {
		return cli.Misused("-ramp: %v", err)
	}
	if p.RampTo, err = load.ParseRate(to); err != nil {
		return cli.Misused("-ramp: %v", err)
	}
	switch {
	case p.Rate == 0 || p.RampTo == 0 || p.Rate == p.RampTo:
		return cli.Misused("-ramp %s: expected two rates that differ and are more than 0, such as 100:2000", f.ramp)
	case p.Duration == 0:
		return cli.Misused("-ramp needs to know over how long: expected -duration beside -requests, such as -ramp %s -duration 60s", f.ramp)
	case fs.Given("step") && (f.step <= 0 || steps(p.Duration, f.step) < 2):
		return cli.Misused("-step %v: expected half of a round's %v at most, such as -duration 60s -step 10s", f.step, p.Duration)
	}
	p.Step = f.step
	return nil
}

// steps are how many whole ones there are in a round.
func steps(round, step time.Duration) int { return int(round / step) }

// schedule is that of a plan's round. The same rounds of two subjects have the
// same one.
func schedule(p result.Plan, seed int64, round int) load.Schedule {
	switch {
	case p.Rate == 0:
		return nil
	case p.Step > 0:
		return load.Steps{From: p.Rate, To: p.RampTo, Each: p.Step, Count: steps(p.Duration, p.Step)}
	case p.RampTo > 0:
		return load.Ramp{From: p.Rate, To: p.RampTo, Over: p.Duration}
	case p.Poisson:
		return load.NewPoisson(p.Rate, seed+int64(round))
	}
	return load.Constant(p.Rate)
}
