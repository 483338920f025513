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
		{result.Comparison{Measure: "throughput", Ratio: 0.94, Judgement: result.Worse}, true},
		{result.Comparison{Measure: "throughput", Ratio: 0.96, Judgement: result.Worse}, false},
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

// TestAWorthlessComparisonIsNoPass, nor the first's fault the second's.
func TestAWorthlessComparisonIsNoPass(t *testing.T) {
	subject := func(name string, succeeded int64) result.Subject {
		return result.Subject{Name: name, Rounds: []result.Round{{Requests: 100, Succeeded: succeeded}}}
	}
	for name, c := range map[string]struct {
		before, after int64
		judgement     result.Judgement
		want          int
	}{
		"the second fails":     {100, 50, result.Worthless, cli.ExitFailed},
		"the first fails":      {50, 100, result.Worthless, exitInvalid},
		"both fail":            {50, 50, result.Worthless, exitInvalid},
		"the second is slower": {100, 100, result.Worse, cli.ExitFailed},
		"it is faster":         {100, 100, result.Better, cli.ExitOK},
	} {
		both := result.Load{
			Subjects:    []result.Subject{subject("a", c.before), subject("b", c.after)},
			Comparisons: []result.Comparison{{Measure: "p50", Base: "a", Other: "b", Ratio: 2, Judgement: c.judgement}},
		}
		if got := comparedCode(both); got != c.want {
			t.Errorf("%s: exit %d, want %d", name, got, c.want)
		}
	}
}

// TestWhatIsInvalidIsThatFirst, of runs that are merged, too.
func TestWhatIsInvalidIsThatFirst(t *testing.T) {
	good := result.Subject{Rounds: []result.Round{{Duration: time.Second, RateAsked: 100, RateMet: 100, Requests: 100, Succeeded: 100}}}
	bad := result.Subject{Rounds: []result.Round{{Duration: time.Second, RateAsked: 100, RateMet: 100, Requests: 100}}}
	invalid := []result.Diagnosis{{Invalid: true}}
	for name, c := range map[string]struct {
		run  result.Load
		want int
	}{
		"all is well":                {result.Load{Subjects: []result.Subject{good}}, cli.ExitOK},
		"all failed":                 {result.Load{Subjects: []result.Subject{bad}}, cli.ExitFailed},
		"missed":                     {result.Load{Subjects: []result.Subject{good}, Objective: &result.Objective{}}, cli.ExitFailed},
		"invalid and missed at once": {result.Load{Subjects: []result.Subject{good}, Objective: &result.Objective{}, Diagnoses: invalid}, exitInvalid},
	} {
		if got := codeOf(c.run); got != c.want {
			t.Errorf("%s: exit %d, want %d", name, got, c.want)
		}
	}
}

// TestASearchEndsWithItsServer: one that answered once, and in two tries no more.
func TestASearchEndsWithItsServer(t *testing.T) {
	good, dead := load.Leg{Round: result.Round{Requests: 10, Succeeded: 10}}, load.Leg{Round: result.Round{Requests: 10}}
	for name, c := range map[string]struct {
		legs []load.Leg
		try  load.Leg
		want bool
	}{
		"two tries":         {[]load.Leg{good, dead}, dead, true},
		"one try":           {[]load.Leg{good}, dead, false},
		"it never answered": {[]load.Leg{dead, dead}, dead, false},
		"it answers again":  {[]load.Leg{good, dead}, good, false},
	} {
		if got := (&subject{legs: c.legs}).silentSince(c.try.Round); got != c.want {
			t.Errorf("%s: silent %v", name, got)
		}
	}
}

// TestARateIsMetByWhatSucceeds, and by what was sent.
func TestARateIsMetByWhatSucceeds(t *testing.T) {
	for name, c := range map[string]struct {
		sent      float64
		succeeded int64
		short     bool
	}{
		"all": {100, 1000, false}, "one in a hundred failed": {100, 990, false}, "more failed": {100, 980, true},
		"fewer were sent": {98, 980, true}, "none succeeded": {100, 0, true},
	} {
		s := result.Subject{Rounds: []result.Round{{Duration: 10 * time.Second, RateAsked: 100, RateMet: c.sent, Requests: int64(c.sent * 10), Succeeded: c.succeeded}}}
		if got := short(s, true); got != c.short {
			t.Errorf("%s: short %v", name, got)
		}
	}
	if !short(result.Subject{}, true) {
		t.Error("a subject without a round met the rate")
	}
	fast := result.Subject{Rounds: []result.Round{{Duration: time.Second, RateMet: 900, Requests: 900, Succeeded: 800}}}
	if !short(fast, true) {
		t.Error("as fast as possible: one in nine may fail")
	}
	if short(fast, false) {
		t.Error("what an objective says of how many may fail does not count")
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
