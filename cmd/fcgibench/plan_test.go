package main

import (
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// planOf is what the flags make of so many subjects.
func planOf(t *testing.T, subjects int, args ...string) result.Plan {
	t.Helper()
	f := &runFlags{}
	fs := cli.NewFlags(&cli.Verb{})
	f.Register(fs)
	if _, err := fs.ParseAll(args); err != nil {
		t.Fatal(err)
	}
	var p result.Plan
	if err := f.clientFlags.settle(fs, &p); err != nil {
		t.Fatal(err)
	}
	all := make([]*subject, subjects)
	for i := range all {
		all[i] = &subject{found: result.Subject{Pool: p.Connections}}
	}
	if err := f.plan(&p, all); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTheDefaultsEndWithinAMinute, even if in every round there is a request that
// nobody answers.
func TestTheDefaultsEndWithinAMinute(t *testing.T) {
	for subjects := 1; subjects <= 12; subjects++ {
		p := planOf(t, subjects)
		longest := time.Duration(subjects) * (p.Warmup + p.Timeout + time.Duration(p.Rounds)*(p.Duration+p.Timeout))
		if longest > time.Minute || longest < 40*time.Second {
			t.Errorf("%d subjects: %v at most: %+v", subjects, longest, p)
		}
		if p.Rounds < 6 || p.Duration < 200*time.Millisecond || p.Duration < p.Timeout || p.Timeout < 100*time.Millisecond {
			t.Errorf("%d subjects: %+v", subjects, p)
		}
	}
}

func TestWhatIsSaidOfTimeIsKept(t *testing.T) {
	if p := planOf(t, 1, "-duration", "10m"); p.Rounds != 1 || p.Duration != 10*time.Minute || p.Timeout != 5*time.Second || p.Warmup != time.Second {
		t.Errorf("a single target: %+v", p)
	}
	if p := planOf(t, 2, "-duration", "10s"); p.Rounds != 8 || p.Duration != 10*time.Second {
		t.Errorf("two targets: %+v", p)
	}
	if p := planOf(t, 1, "-requests", "70", "-warmup", "0s", "-timeout", "2s", "-rounds", "3"); p.Requests != 70 || p.Duration != 0 || p.Warmup != 0 || p.Timeout != 2*time.Second || p.Rounds != 3 {
		t.Errorf("requests: %+v", p)
	}
	if p := planOf(t, 1, "-timeout", "4s"); p.Timeout != 4*time.Second || p.Duration < time.Second {
		t.Errorf("a timeout alone: %+v", p)
	}
}

func TestScheduleOfThePlan(t *testing.T) {
	second := func(args ...string) float64 {
		p := planOf(t, 1, append(args, "-duration", "4s")...)
		return schedule(p, 1, 1).Rate(time.Second)
	}
	if got := second("-rate", "120/1m"); got != 2 {
		t.Errorf("120 a minute: %v a second", got)
	}
	if got := second("-ramp", "100:300"); got != 150 {
		t.Errorf("a ramp: %v", got)
	}
	if got := second("-ramp", "100:400", "-step", "1s"); got != 200 {
		t.Errorf("a ramp in steps: %v", got)
	}
	if schedule(planOf(t, 1, "-rate", "0"), 1, 1) != nil {
		t.Error("no rate has a schedule")
	}
	p := planOf(t, 1, "-poisson")
	if a, b := schedule(p, 7, 1), schedule(p, 7, 1); a.At(1000) != b.At(1000) {
		t.Error("the same rounds of two subjects have other moments")
	}
	if a, b := schedule(p, 7, 1), schedule(p, 7, 2); a.At(1000) == b.At(1000) {
		t.Error("two rounds have the same moments")
	}
}

func TestWhatCostsMoreIsNotSlower(t *testing.T) {
	for _, c := range []struct {
		result.Comparison
		want bool
	}{
		{result.Comparison{Measure: "p99", Ratio: 2, Judgement: result.Worse}, true},
		{result.Comparison{Measure: "throughput", Ratio: 0.5, Judgement: result.Worse}, true},
		{result.Comparison{Measure: "throughput", Ratio: 0.999, Judgement: result.Worse}, false},
		{result.Comparison{Measure: "p99", Ratio: 2, Judgement: result.NoDifference}, false},
		{result.Comparison{Measure: "p99", Ratio: 0.5, Judgement: result.Better}, false},
		{result.Comparison{Measure: "server memory", Ratio: 2, Judgement: result.Worse}, false},
		{result.Comparison{Measure: "client CPU per request", Ratio: 2, Judgement: result.Worse}, false},
	} {
		if got := slower(c.Comparison); got != c.want {
			t.Errorf("%+v: slower %v", c.Comparison, got)
		}
	}
}

// TestARateIsMetByWhatSucceeds, and by what was sent.
func TestARateIsMetByWhatSucceeds(t *testing.T) {
	b := &bench{loadFlags: &loadFlags{}}
	for name, c := range map[string]struct {
		sent      float64
		succeeded int64
		short     bool
	}{
		"all": {100, 1000, false}, "one in a hundred failed": {100, 990, false}, "more failed": {100, 980, true},
		"fewer were sent": {98, 980, true}, "none succeeded": {100, 0, true},
	} {
		s := result.Subject{Rounds: []result.Round{{Duration: 10 * time.Second, RateAsked: 100, RateMet: c.sent, Requests: int64(c.sent * 10), Succeeded: c.succeeded}}}
		if got := b.short(s); got != c.short {
			t.Errorf("%s: short %v", name, got)
		}
	}
	if !b.short(result.Subject{}) {
		t.Error("a subject without a round met the rate")
	}
	fast := result.Subject{Rounds: []result.Round{{Duration: time.Second, RateMet: 900, Requests: 900, Succeeded: 800}}}
	if !b.short(fast) {
		t.Error("as fast as possible: one in nine may fail")
	}
	var err error
	if b.objective, err = load.ParseObjective("errors<20%"); err != nil || b.short(fast) {
		t.Error("an objective that says how many may fail does not count", err)
	}
}

// A try at a rate above the server's has a queue that grows: by a second a second
// at twice its rate; at 2 % more than that a fiftieth of it.
func TestATryIsLongEnoughForItsObjective(t *testing.T) {
	for slo, want := range map[string]struct{ try, longer time.Duration }{
		"rate>=0.99":       {usualTry, 3 * usualTry},
		"errors<1%":        {10 * time.Second, time.Minute}, // until a request fails
		"p99<20ms":         {usualTry, 3 * usualTry},
		"p99<100ms":        {usualTry, 10 * time.Second},
		"p50<5ms,p99<1s":   {10 * time.Second, time.Minute},
		"p99<1h,errors<1%": {longestTry, 3 * longestTry},
	} {
		var f searchFlags
		fs := cli.NewFlags(&cli.Verb{})
		f.Register(fs)
		var err error
		if f.objective, err = load.ParseObjective(slo); err != nil {
			t.Fatal(err)
		}
		f.fitDuration(tryTimeout)
		if held := f.heldFor(tryTimeout); f.duration != want.try || held != want.longer {
			t.Errorf("%s: tries of %v and longer ones of %v, want %v", slo, f.duration, held, want)
		}
	}
}
