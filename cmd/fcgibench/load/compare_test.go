package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

var allMeasures = []string{"throughput", "p50", "p90", "p99", "p99.9", "server CPU per request", "client CPU per request", "server memory"}

func compared(t *testing.T, base, other result.Subject, seed int64) []result.Comparison {
	t.Helper()
	all, err := compare(base, other, seed)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func judgements(all []result.Comparison) (measures []string, counts map[result.Judgement]int) {
	counts = map[result.Judgement]int{}
	for _, c := range all {
		measures = append(measures, c.Measure)
		counts[c.Judgement]++
	}
	return measures, counts
}

func TestIdenticalRoundsShowNoDifference(t *testing.T) {
	s := noisySubject("a", 8, 1, 0.05, rand.New(rand.NewPCG(1, 1)))
	all := compared(t, s, s, 1)
	measures, counts := judgements(all)
	if !slices.Equal(measures, allMeasures) || counts[result.NoDifference] != len(allMeasures) {
		t.Errorf("%+v", all)
	}
	for _, c := range all {
		if c.Ratio != 1 || c.Low != 1 || c.High != 1 || c.Pairs != 8 {
			t.Errorf("%+v", c)
		}
	}
}

// TestATenthIsFoundAndNothingIsInvented: in two hundred experiments of eight
// rounds, with a noise of four percent.
func TestATenthIsFoundAndNothingIsInvented(t *testing.T) {
	const experiments = 200
	found, invented, measures := map[string]int{}, map[string]int{}, 0
	for seed := range uint64(experiments) {
		random := rand.New(rand.NewPCG(seed, 3))
		base, faster, same := experiment("base", 1, random), experiment("faster", 1.1, random), experiment("same", 1, random)
		for _, c := range compared(t, base, faster, int64(seed)) {
			if c.Judgement == result.Better {
				found[c.Measure]++
			}
		}
		for _, c := range compared(t, base, same, int64(seed)) {
			measures++
			if c.Judgement != result.NoDifference {
				invented[c.Measure]++
			}
		}
	}
	if want := experiments * 2; measures != want {
		t.Fatalf("%d measures were compared, want %d", measures, want)
	}
	for _, m := range []string{"throughput", "server memory"} {
		if found[m] < experiments*85/100 {
			t.Errorf("%s: a tenth was found in %d of %d", m, found[m], experiments)
		}
		if invented[m] > experiments*8/100 {
			t.Errorf("%s: a difference was invented in %d of %d", m, invented[m], experiments)
		}
	}
}

// experiment is without latencies, which take long to make and to read.
func experiment(name string, truth float64, random *rand.Rand) result.Subject {
	s := result.Subject{Name: name}
	for range 8 {
		r := noisyRound(truth, 0.04, random)
		r.Generator.CPU, r.Server.CPU = 0, 0
		s.Rounds = append(s.Rounds, r)
	}
	return s
}

func TestDirectionsAreTold(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	base, faster := noisySubject("base", 8, 1, 0.01, random), noisySubject("faster", 8, 2, 0.01, random)
	for _, c := range compared(t, base, faster, 1) {
		want := 0.5
		if c.Measure == "throughput" {
			want = 2
		}
		if c.Judgement != result.Better || c.Base != "base" || c.Other != "faster" || c.Ratio < want*0.95 || c.Ratio > want*1.05 {
			t.Errorf("twice as fast is better: %+v", c)
		}
	}
	for _, c := range compared(t, faster, base, 1) {
		if c.Judgement != result.Worse {
			t.Errorf("half as fast is worse: %+v", c)
		}
	}
}

func TestFiveRoundsAreNotEnough(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	base, faster := noisySubject("base", 5, 1, 0.01, random), noisySubject("faster", 9, 2, 0.01, random)
	for _, c := range compared(t, base, faster, 1) {
		if c.Judgement != result.NotEnoughRounds || c.Pairs != 5 {
			t.Errorf("%+v", c)
		}
	}
	one := noisySubject("one", 1, 1, 0.01, random)
	for _, c := range compared(t, one, one, 1) {
		if c.Judgement != result.NotEnoughRounds || c.Ratio != 1 {
			t.Errorf("%+v", c)
		}
	}
}

func TestWhatIsNotKnownIsNotCompared(t *testing.T) {
	s := noisySubject("a", 6, 1, 0.05, rand.New(rand.NewPCG(1, 1)))
	for i := range s.Rounds {
		s.Rounds[i].Server = result.Usage{}
		s.Rounds[i].Response = evenly(999, time.Millisecond, time.Second) // no thousandth stands above p99.9
	}
	s.Rounds[2].Generator.CPU = 0
	s.Rounds[3].Response = result.Latencies{}
	all := compared(t, s, s, 1)
	measures, _ := judgements(all)
	if want := []string{"throughput", "p50", "p90", "p99", "client CPU per request"}; !slices.Equal(measures, want) {
		t.Errorf("compared are %q, want %q", measures, want)
	}
	for _, c := range all[1:] {
		if c.Pairs != 5 || c.Judgement != result.NotEnoughRounds {
			t.Errorf("one pair of six is not known: %+v", c)
		}
	}
	if all, err := compare(result.Subject{}, s, 1); len(all) != 0 || err != nil {
		t.Errorf("no rounds: %v, %v", all, err)
	}
}

// TestFailuresHaveNoSpeedToCompare: one in a hundred, in either.
func TestFailuresHaveNoSpeedToCompare(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	base := noisySubject("base", 6, 1, 0.01, random)
	for failed, worthless := range map[float64]bool{1: true, 0.5: true, 0.011: true, 0.009: false} {
		other := noisySubject("other", 6, 2, 0.01, random)
		for i := range other.Rounds {
			other.Rounds[i].Succeeded -= int64(failed * float64(other.Rounds[i].Requests))
		}
		for _, c := range append(compared(t, base, other, 1), compared(t, other, base, 1)...) {
			if got := c.Judgement == result.Worthless; got != worthless || !(c.Ratio > 0) {
				t.Errorf("%v failed: %+v", failed, c)
			}
		}
	}
}

// TestNothingIsInventedOfSeveralMeasures: in three hundred experiments of equal
// subjects whose measures go their own ways, some show a difference no more often
// than one alone would; and of one in five that is there nearly all.
func TestNothingIsInventedOfSeveralMeasures(t *testing.T) {
	const experiments = 300
	invented, single, found := 0, 0, 0
	subject := func(name string, truth float64, random *rand.Rand) result.Subject {
		s := result.Subject{Name: name}
		for range 8 {
			r := noisyRound(truth, 0.05, random)
			slow := func(ms float64) time.Duration {
				return time.Duration(ms * 1e6 / truth * math.Exp(0.05*random.NormFloat64()))
			}
			h := NewRecorder()
			for _, part := range []struct {
				n  int
				ms float64
			}{{800, 1}, {150, 2}, {45, 4}, {5, 8}} {
				at := slow(part.ms)
				for range part.n {
					h.Record(at)
				}
			}
			r.Response = h.Latencies()
			s.Rounds = append(s.Rounds, r)
		}
		return s
	}
	for seed := range uint64(experiments) {
		random := rand.New(rand.NewPCG(seed, 5))
		base := subject("base", 1, random)
		some, alone := false, false
		for _, c := range compared(t, base, subject("same", 1, random), int64(seed)) {
			if !IsCost(c.Measure) {
				some = some || c.Judgement != result.NoDifference
				alone = alone || c.Low > 1 || c.High < 1
			}
		}
		if some {
			invented++
		}
		if alone {
			single++
		}
		for _, c := range compared(t, base, subject("slower", 1/1.2, random), int64(seed)) {
			if c.Measure == "p99" && c.Judgement == result.Worse {
				found++
			}
		}
	}
	t.Logf("invented in %d of %d, in %d without a correction; a fifth was found in %d", invented, experiments, single, found)
	if invented > experiments*8/100 || single < experiments*12/100 {
		t.Errorf("invented in %d of %d, in %d without a correction: expected about 5 %% and 20 %%", invented, experiments, single)
	}
	if found < experiments*90/100 {
		t.Errorf("a fifth was found in %d of %d", found, experiments)
	}
}

func TestATickThatWasNotTakenIsHalfAOne(t *testing.T) {
	s := noisySubject("a", 6, 1, 0.05, rand.New(rand.NewPCG(1, 1)))
	s.Rounds[2].Server = result.Usage{Processes: 3}
	for _, c := range compared(t, s, s, 1) {
		if want := 6; c.Pairs != want && c.Measure != "server memory" {
			t.Errorf("%d pairs: %+v", want, c)
		}
	}
}

func TestABadHistogramIsNamed(t *testing.T) {
	s := noisySubject("a", 6, 1, 0.05, rand.New(rand.NewPCG(1, 1)))
	other := noisySubject("b", 6, 1, 0.05, rand.New(rand.NewPCG(1, 1)))
	other.Rounds[1].Response.Histogram = "?"
	if _, err := compare(s, other, 1); err == nil || !strings.HasPrefix(err.Error(), "b, round 2: response times: ") {
		t.Errorf("the error is %v", err)
	}
}

func TestSavedRunsCompare(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	before := result.Load{Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Plan: steadyPlan(), Subjects: []result.Subject{noisySubject("app", 6, 1, 0.01, random), noisySubject("gone", 6, 1, 0.01, random)}}
	after := result.Load{Started: time.Date(2026, 1, 3, 3, 4, 5, 0, time.UTC), Plan: steadyPlan(), Subjects: []result.Subject{noisySubject("app", 6, 2, 0.01, random)}}
	after.Plan.Warmup, after.Plan.Rounds = time.Second, 9 // which load no server
	both, err := CompareRuns(before, after)
	all := both.Comparisons
	if err != nil || len(all) != len(allMeasures) {
		t.Fatalf("%v, %+v", err, all)
	}
	if len(both.Subjects) != 2 || both.Subjects[1].Name != all[0].Other || len(both.Subjects[1].Rounds) != 6 {
		t.Errorf("subjects %+v", both.Subjects)
	}
	if c := all[0]; c.Base != "app of 2026-01-02 03:04:05" || c.Other != "app of 2026-01-03 03:04:05" || c.Judgement != result.Better {
		t.Errorf("%+v", c)
	}
	again := after
	again.Started = before.Started.Add(time.Millisecond)
	if both, err = CompareRuns(before, again); err != nil || both.Subjects[0].Name == both.Subjects[1].Name {
		t.Errorf("two runs of one second: %v, %q and %q", err, both.Subjects[0].Name, both.Subjects[1].Name)
	}
	before.Subjects = before.Subjects[1:]
	if both, err = CompareRuns(before, after); err != nil || both.Comparisons[0].Base != "gone" || both.Comparisons[0].Other != "app" {
		t.Errorf("the only ones of each compare: %v, %+v", err, both.Comparisons)
	}
}

// TestSubjectsThatBelongTogetherCompare: the methods of a server, with one pool;
// else all with the first.
func TestSubjectsThatBelongTogetherCompare(t *testing.T) {
	subject := func(name, target, method string, pool int) result.Subject {
		s := noisySubject(name, 2, 1, 0.01, rand.New(rand.NewPCG(1, 1)))
		s.Target, s.Method, s.Pool, s.Protocol = target, method, pool, "fcgi"
		return s
	}
	for want, subjects := range map[string][]result.Subject{
		"b/a d/c": {
			subject("a", "fcgi+unix:/a", "threaded", 8), subject("b", "fcgi+unix:/b", "prefork", 8),
			subject("c", "fcgi+unix:/c", "threaded", 64), subject("d", "fcgi+unix:/d", "prefork", 64),
			subject("e", "fcgi://127.0.0.1:9000", "prefork", 64),
		},
		"b/a c/a": {subject("a", "fcgi+unix:/a", "", 8), subject("b", "fcgi+unix:/b", "", 8), subject("c", "fcgi+unix:/c", "", 8)},
		"":        {subject("a", "fcgi+unix:/a", "", 8)},
	} {
		all, err := CompareSubjects(subjects, 1)
		if err != nil {
			t.Fatal(err)
		}
		var pairs []string
		for _, c := range all {
			if c.Measure == "throughput" {
				pairs = append(pairs, c.Other+"/"+c.Base)
			}
		}
		if got := strings.Join(pairs, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestUnlikeRunsDoNotCompare(t *testing.T) {
	run := func(change func(*result.Load)) result.Load {
		l := result.Load{Plan: steadyPlan(), Subjects: []result.Subject{{Name: "a"}, {Name: "b"}}}
		change(&l)
		return l
	}
	for want, change := range map[string]func(*result.Load){
		"the runs differ in their rate (2000 and 4000): only runs of one plan compare":       func(l *result.Load) { l.Plan.Rate = 4000 },
		"the runs differ in their duration (10s and 1m0s): only runs of one plan compare":    func(l *result.Load) { l.Plan.Duration = time.Minute },
		"the runs differ in their connections (8 and 64): only runs of one plan compare":     func(l *result.Load) { l.Plan.Connections = 64 },
		"the runs differ in their keepalive (true and false): only runs of one plan compare": func(l *result.Load) { l.Plan.KeepAlive = false },
		"the runs differ in their workload (hello and none): only runs of one plan compare":  func(l *result.Load) { l.Plan.Workload = "" },
		"the runs have no subject in common: a, b and c":                                     func(l *result.Load) { l.Subjects = []result.Subject{{Name: "c"}} },
		"the runs have no subject in common: a, b and none":                                  func(l *result.Load) { l.Subjects = nil },
	} {
		_, err := CompareRuns(run(func(*result.Load) {}), run(change))
		if err == nil || err.Error() != want {
			t.Errorf("the error is\n%v\nwant\n%s", err, want)
		}
	}
}
