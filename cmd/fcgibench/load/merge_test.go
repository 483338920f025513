package load

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports/result"
)

// steadyRun is a generator's run of some rounds, which began a while after noon.
func steadyRun(after time.Duration, rounds int) result.Load {
	l := result.Load{
		Version:  result.LoadVersion,
		Started:  time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC).Add(after),
		Seed:     7,
		Plan:     steadyPlan(),
		Subjects: []result.Subject{steadySubject()},
	}
	l.Plan.Rounds = rounds
	for i := range rounds {
		r := steady()
		r.Start = time.Duration(i) * 15 * time.Second
		l.Subjects[0].Rounds = append(l.Subjects[0].Rounds, r)
	}
	return l
}

func TestCountsRatesAndHistogramsAdd(t *testing.T) {
	a, b := steadyRun(200*time.Millisecond, 2), steadyRun(0, 2)
	for _, l := range []result.Load{a, b} {
		l.Subjects[0].Rounds[1].Generator.Cores = 2 // of one machine, or of two
	}
	late := &b.Subjects[0].Rounds[1]
	late.Response = evenly(20_000, 101*time.Millisecond, 200*time.Millisecond)
	late.Response.Beyond = 3
	late.Succeeded, late.Abandoned, late.Lost = 19_990, 1, 2
	late.Errors = map[string]int64{"refused": 10}
	late.Statuses = map[string]int64{"200": 19_990}
	late.Server = result.Usage{}
	sum, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if !sum.Started.Equal(b.Started) || sum.Plan.Rate != 4000 || sum.Plan.Connections != 16 || sum.Subjects[0].Pool != 16 {
		t.Errorf("started %v, rate %g, %d connections, pool %d", sum.Started, sum.Plan.Rate, sum.Plan.Connections, sum.Subjects[0].Pool)
	}
	r := sum.Subjects[0].Rounds[1]
	if r.RateAsked != 4000 || r.RateMet != 4000 || r.Requests != 40_000 || r.Succeeded != 39_990 || r.Abandoned != 1 || r.Opened != 16 || r.Lost != 2 || r.Start != 15*time.Second {
		t.Errorf("%+v", r)
	}
	if r.Duration != 10*time.Second+200*time.Millisecond {
		t.Errorf("from the first's begin to the last's end are %v", r.Duration)
	}
	if diff := cmp.Diff(map[string]int64{"refused": 10}, r.Errors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"200": 39_990}, r.Statuses); diff != "" {
		t.Error(diff)
	}
	if r.Generator.Cores != 0 {
		t.Errorf("of %d cores, which nobody knows", r.Generator.Cores)
	}
	if r.Generator.CPU != 2*time.Second || r.Generator.Memory != 40<<20 || r.Server.CPU != 5*time.Second || r.Server.Memory != 40<<20 {
		t.Errorf("the generators' usage adds, the server's is one: %+v, %+v", r.Generator, r.Server)
	}
	if l := r.Response; l.Count != 40_000 || l.Beyond != 3 || l.Min != time.Millisecond || l.Max < 199*time.Millisecond {
		t.Errorf("%+v", l)
	}
	// Half of the requests took 5 ms or less, half 101 ms or more. An average of
	// the generators' 49th percentiles would be 76 ms.
	if h := decoded(t, r.Response); h(49) > 6*time.Millisecond || h(51) < 100*time.Millisecond {
		t.Errorf("the 49th percentile is %v, the 51st %v", h(49), h(51))
	}
	if r.Phases["queue"].Count != 40_000 || r.Service.Count != 40_000 || r.Lateness.Count != 40_000 {
		t.Errorf("%d queued, %d served, %d late", r.Phases["queue"].Count, r.Service.Count, r.Lateness.Count)
	}
}

func decoded(t *testing.T, l result.Latencies) func(percentile float64) time.Duration {
	t.Helper()
	h, err := decode(l)
	if err != nil {
		t.Fatal(err)
	}
	return func(percentile float64) time.Duration { return fromMicros(h.ValueAtPercentile(percentile)) }
}

func TestTheSourcesOfAMergeAreLeftAlone(t *testing.T) {
	a, b := steadyRun(0, 1), steadyRun(0, 1)
	for _, r := range []*result.Load{&a, &b} {
		r.Subjects[0].Rounds[0].Errors = map[string]int64{"refused": 1}
		r.Subjects[0].Rounds[0].Timeline[0].Errors = map[string]int64{"refused": 1}
	}
	want := steadyRun(0, 1)
	want.Subjects[0].Rounds[0].Errors = map[string]int64{"refused": 1}
	want.Subjects[0].Rounds[0].Timeline[0].Errors = map[string]int64{"refused": 1}
	b.Seed++ // it is another run
	if _, err := Merge(a, b); err != nil {
		t.Fatal(err)
	}
	b.Seed--
	for _, r := range []result.Load{a, b} {
		if diff := cmp.Diff(want, r); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTimelinesAlign(t *testing.T) {
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	first := []result.Instant{
		{At: at(1000), Asked: 10, Sent: 10, Done: 10, Connections: 2, P50: 1, P99: 5, Max: 6},
		{At: at(2010), Asked: 10, Sent: 10, Done: 9, Failed: 1, Errors: map[string]int64{"refused": 1}, Connections: 3, P50: 2, P99: 4, Max: 9},
		{At: at(2040), Asked: 10, Sent: 1, Done: 1, Connections: 3},
	}
	second := []result.Instant{
		{At: at(1100), Asked: 5, Sent: 5, Done: 5, Connections: 1, P50: 3, P99: 3, Max: 3},
		{At: at(2100), Asked: 5, Sent: 5, Done: 4, Failed: 1, Errors: map[string]int64{"refused": 1}, Connections: 1, P50: 1, P99: 8, Max: 8},
	}
	got := sumTimelines([][]result.Instant{wholeSeconds(first, 0), wholeSeconds(second, at(950))})
	want := []result.Instant{
		{At: at(1000), Asked: 10, Sent: 10, Done: 10, Connections: 2, P50: 1, P99: 5, Max: 6},
		{At: at(2000), Asked: 15, Sent: 16, Done: 15, Failed: 1, Errors: map[string]int64{"refused": 1}, Connections: 4, P50: 3, P99: 4, Max: 9},
		{At: at(3000), Asked: 5, Sent: 5, Done: 4, Failed: 1, Errors: map[string]int64{"refused": 1}, Connections: 1, P50: 1, P99: 8, Max: 8},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAMergeIsJudgedAnew(t *testing.T) {
	a, b := steadyRun(0, 1), steadyRun(time.Nanosecond, 1)
	a.Objective = &result.Objective{Text: "errors<0.1%", Met: true}
	b.Objective = &result.Objective{Text: "errors<0.1%", Met: true}
	b.Subjects[0].Rounds[0].Succeeded -= 100
	invalid := result.Diagnosis{Subject: "prefork", What: "the generator was the limit", Invalid: true}
	a.Diagnoses = []result.Diagnosis{invalid, {What: "of this run alone"}}
	b.Diagnoses = []result.Diagnosis{invalid}
	b.Subjects[0].Rounds[0].Errors = map[string]int64{string(TimeoutUnread): 100}
	sum, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []result.Diagnosis{
		{Subject: "prefork", What: "16 kept connections, 8 workers: 8 were never read", Cure: "use -connections 8 or -keepalive=false"},
		invalid,
	}
	if diff := cmp.Diff(want, sum.Diagnoses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	objective := &result.Objective{Text: "errors<0.1%", Missed: []string{"errors<0.1%: 0.25 % (100 of 40000)"}}
	if diff := cmp.Diff(objective, sum.Objective); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAMergeOfTwoSubjectsIsCompared(t *testing.T) {
	run := func() result.Load {
		random := rand.New(rand.NewPCG(7, 7))
		return result.Load{Plan: steadyPlan(), Subjects: []result.Subject{noisySubject("threaded", 6, 1, 0.01, random), noisySubject("prefork", 6, 2, 0.01, random)}}
	}
	sum, err := Merge(run(), run())
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Comparisons) != len(allMeasures) || sum.Comparisons[0].Other != "prefork" || sum.Comparisons[0].Judgement != result.Better {
		t.Errorf("%+v", sum.Comparisons)
	}
}

func TestARunDoesNotMergeWithItself(t *testing.T) {
	_, err := Merge(steadyRun(0, 1), steadyRun(time.Millisecond, 1), steadyRun(0, 1))
	const want = "runs 1 and 3 are one and the same: it would count twice"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestUnlikeRunsDoNotMerge(t *testing.T) {
	for want, change := range map[string]func(*result.Load){
		"their plans differ in duration (10s and 20s)":                    func(l *result.Load) { l.Plan.Duration = 20 * time.Second },
		"their plans differ in workload (hello and cpu)":                  func(l *result.Load) { l.Plan.Workload = "cpu" },
		"their plans differ in timeout (5s and 1s)":                       func(l *result.Load) { l.Plan.Timeout = time.Second },
		"one has a rate, the other went as fast as the connections allow": func(l *result.Load) { l.Plan.Rate = 0 },
		"one changes its rate, the other does not":                        func(l *result.Load) { l.Plan.RampTo = 5 },
		"a search has no rounds that add":                                 func(l *result.Load) { l.Search = []result.Probe{{Rate: 1}} },
		`their objectives differ: "" and "p99<1s"`:                        func(l *result.Load) { l.Objective = &result.Objective{Text: "p99<1s"} },
		"their subjects differ: prefork and none":                         func(l *result.Load) { l.Subjects = nil },
		"subject 1 differs: prefork (fcgi+unix:/s, fcgi, prefork, 8 workers) and prefork (fcgi+unix:/s, fcgi, threaded)": func(l *result.Load) {
			l.Subjects[0].Method, l.Subjects[0].Workers = "threaded", 0
		},
		"prefork: 1 rounds and 0": func(l *result.Load) { l.Subjects[0].Rounds = nil },
	} {
		other := steadyRun(time.Millisecond, 1)
		change(&other)
		_, err := Merge(steadyRun(0, 1), other)
		if want := "run 2 does not merge with the first: " + want; err == nil || err.Error() != want {
			t.Errorf("the error is\n%v\nwant\n%s", err, want)
		}
	}
	if _, err := Merge(); err == nil {
		t.Error("nothing merges")
	}
}

func TestRoundsThatDidNotRunTogetherDoNotMerge(t *testing.T) {
	_, err := Merge(steadyRun(0, 1), steadyRun(3*time.Second, 1))
	const want = "prefork: round 1: one began 3s after another: rounds merge that ran together"
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

func TestAHistogramThatIsMissingIsOneLine(t *testing.T) {
	a := steadyRun(0, 1)
	a.Subjects[0].Rounds[0].Response.Histogram = ""
	a.Subjects[0].Rounds[0].Service.Histogram = ""
	_, err := Merge(a, steadyRun(time.Nanosecond, 1))
	if err == nil || !strings.HasPrefix(err.Error(), "prefork: round 1: response times: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %v", err)
	}
}
