package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// verdictOf are the last sentences of a run's text, one a line.
func verdictOf(t *testing.T, run result.Load) string {
	t.Helper()
	text := loadText(t, run, reports.LoadTextOptions{Width: 100_000})
	return strings.TrimSpace(text[strings.LastIndex(text, "\n\n"):])
}

// of is a comparison of prefork with threaded.
func of(measure string, ratio, low, high float64, pairs int, j result.Judgement) result.Comparison {
	return result.Comparison{Measure: measure, Base: "threaded", Other: "prefork", Ratio: ratio, Low: low, High: high, Pairs: pairs, Judgement: j}
}

func TestAComparisonIsToldByItsJudgement(t *testing.T) {
	for want, comparisons := range map[string][]result.Comparison{
		"better: 12 % more requests a second (8 to 16 %)":                                  {of("throughput", 1.1203, 1.0812, 1.1604, 6, result.Better)},
		"worse: 5.0 % fewer requests a second (4.4 to 5.6 %)":                              {of("throughput", 0.95, 0.944, 0.956, 6, result.Worse)},
		"worse: 80 % higher p99 (20 to 170 %)":                                             {of("p99", 1.8, 1.2, 2.7, 6, result.Worse)},
		"better: 0.31 times the CPU a request (0.28 to 0.34)":                              {of("server CPU per request", 0.31, 0.28, 0.34, 6, result.Better)},
		"better: 2.3 times the requests a second (2.1 to 2.5)":                             {of("throughput", 2.31, 2.09, 2.55, 6, result.Better)},
		"no difference shown: memory 1.0 times (0.8 to 1.3)":                               {of("server memory", 1.02, 0.8, 1.3, 6, result.NoDifference)},
		"not enough rounds, 3 of the 6 that a judgement needs: p99 1.5 times (0.9 to 2.4)": {of("p99", 1.5, 0.91, 2.4, 3, result.NotEnoughRounds)},
		"no difference shown: p99 1.2 times (0.4 to 3.1)":                                  {of("p99", 1.24, 0.42, 3.12, 6, result.NoDifference)},
		"not enough rounds, 1 of the 6 that a judgement needs: p99 1.50 times":             {of("p99", 1.5, 1.5, 1.5, 1, result.NotEnoughRounds)},
		"worse: 0.30 % fewer requests a second (0.01 to 0.60 %)":                           {of("throughput", 0.997, 0.994, 0.9999, 6, result.Worse)},
		"better: 23 % lower p99 (18 to 28 %); worse: 10 % more memory (8 to 12 %)":         {of("server memory", 1.1, 1.08, 1.12, 6, result.Worse), of("p99", 0.77, 0.72, 0.82, 6, result.Better), of("p50", 0.7, 0.6, 0.8, 6, result.Better)},
	} {
		run := comparedLoad()
		run.Comparisons = comparisons
		if diff := cmp.Diff("prefork against threaded (with 95 % intervals): "+want+".", verdictOf(t, run)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAFewFailuresAreToldWithTheComparison(t *testing.T) {
	run := comparedLoad()
	run.Comparisons = []result.Comparison{of("p99", 1, 0.9, 1.1, 6, result.NoDifference)}
	run.Subjects[1].Rounds[0].Succeeded -= 2
	run.Subjects[1].Rounds[0].Errors = map[string]int64{"truncated": 2}
	want := "prefork against threaded (with 95 % intervals): no difference shown: p99 1.0 times (0.9 to 1.1); prefork failed under 0.001 % (truncated: 2), threaded failed none."
	if diff := cmp.Diff(want, verdictOf(t, run)); diff != "" {
		t.Error(diff)
	}
}

func TestFailuresOfOneInAHundredMakeAComparisonWorthless(t *testing.T) {
	run := keptUpLoad()
	for i := range run.Subjects[0].Rounds {
		run.Subjects[0].Rounds[i].Succeeded -= 100
		run.Subjects[0].Rounds[i].Errors = map[string]int64{"backlog full": 100}
	}
	for i := range run.Comparisons {
		run.Comparisons[i].Judgement = result.Worthless
	}
	verdict := verdictOf(t, run)
	want := "prefork against threaded: the comparison is worthless: a request that failed has no speed to compare; prefork failed none, threaded failed 1 % (backlog full: 600)."
	if !strings.HasSuffix(verdict, want) || strings.Contains(verdict, "better") {
		t.Errorf("the verdict is\n%s\nwant\n%s", verdict, want)
	}
}

// TestWhatMayBeChanceIsToldAsThat: its interval alone would show a difference.
func TestWhatMayBeChanceIsToldAsThat(t *testing.T) {
	run := comparedLoad()
	run.Comparisons = []result.Comparison{of("p90", 1.1, 1.02, 1.2, 6, result.NoDifference), of("p99", 1.1, 0.9, 1.3, 6, result.NoDifference)}
	text := loadText(t, run, reports.LoadTextOptions{Width: 100_000})
	if n := strings.Count(text, "no difference shown (it may be chance)"); n != 1 {
		t.Errorf("%d of 2 are told as chance, want that of p90:\n%s", n, text)
	}
}

func TestASubjectAloneIsToldInASentence(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		change func(*result.Load, *result.Round)
		want   string
	}{
		"it kept up": {func(*result.Load, *result.Round) {},
			"prefork kept up with 2000 requests a second; response times: p50 800 µs, p99 1.19 ms, max 23.0 ms; no errors."},
		"some failed": {func(_ *result.Load, r *result.Round) {
			r.Succeeded, r.Errors = 9988, map[string]int64{"overloaded": 2, "truncated": 10}
		}, "prefork kept up with 2000 requests a second; response times: p50 800 µs, p99 1.19 ms, max 23.0 ms; 0.12 % failed, 12 of 10000 (truncated: 10, overloaded: 2)."},
		"all failed": {func(_ *result.Load, r *result.Round) {
			r.Succeeded, r.Errors = 0, map[string]int64{"connection refused": 10000}
		},
			"prefork: every one of 10000 requests failed (connection refused: 10000)."},
		"the rate was missed": {func(_ *result.Load, r *result.Round) { r.RateMet, r.Requests, r.Succeeded = 1432.4, 7162, 7162 },
			"prefork missed the rate: of 2000 requests a second that were asked for 1432 were sent, and 1432 answered; response times: p50 800 µs, p99 1.19 ms, max 23.0 ms; no errors."},
		"answers came later": {func(_ *result.Load, r *result.Round) { r.Duration = 8 * time.Second },
			"prefork was sent 2000 requests a second, as asked, and took longer to answer them: 1250 a second; response times: p50 800 µs, p99 1.19 ms, max 23.0 ms; no errors."},
		"it was sent late": {func(_ *result.Load, r *result.Round) {
			r.Lateness, r.Response, r.Service = took(5000, 9*ms, 9*ms), took(5000, 9*ms, 9*ms), took(5000, ms, ms)
		},
			"prefork kept up with 2000 requests a second; response times: p50 9.01 ms, p99 9.01 ms (mostly of being sent late: service p99 1.00 ms), max 9.01 ms; no errors."},
		"as fast as it can": {func(_ *result.Load, r *result.Round) { r.RateAsked, r.Response = 0, took(500, ms, ms) },
			"prefork answered 2000 requests a second, as fast as 8 connections allow; service times: p50 1.00 ms, p99 1.00 ms (of only 500 requests), max 1.00 ms; no errors."},
		"its objective was missed": {func(l *result.Load, r *result.Round) {
			l.Objective = &result.Objective{Text: "p99<1ms,max<20ms", Missed: []string{"p99<1ms: 1.19ms", "max<20ms: 23ms"}}
		}, "The objective was missed: p99<1ms: 1.19ms; max<20ms: 23ms.\nprefork kept up with 2000 requests a second; response times: p50 800 µs, p99 1.19 ms, max 23.0 ms; no errors."},
	} {
		run := healthyLoad()
		run.Objective = nil
		c.change(&run, &run.Subjects[0].Rounds[0])
		if diff := cmp.Diff(c.want, verdictOf(t, run)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestASearchSaysWhatItFound(t *testing.T) {
	for want, found := range map[string]*result.Found{
		"The highest rate that meets p99<20ms is about 3120 requests a second.":                      {Rate: 3124.7},
		"The highest rate that meets p99<20ms is about 47.3 requests a second.":                      {Rate: 47.33},
		"100000 requests a second, the highest rate that was tried, meet p99<20ms.":                  {Rate: 100_000, AtLeast: true},
		"The highest rate that meets p99<20ms was not found: the lowest rate, 100 a second, fails.":  {Why: "not found: the lowest rate, 100 a second, fails"},
		"The highest rate that meets p99<20ms was not found: the search was broken off, 6 tries in.": nil,
	} {
		run := notFoundLoad()
		run.Found = found
		if diff := cmp.Diff(want, verdictOf(t, run)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnInvalidSearchSaysBoth(t *testing.T) {
	run := notFoundLoad()
	run.Diagnoses = invalidLoad().Diagnoses
	if v := verdictOf(t, run); !strings.HasPrefix(v, "This run is invalid") || !strings.Contains(v, "was not found") {
		t.Errorf("the verdict is\n%s", v)
	}
}

func TestAnInvalidRunComparesNothing(t *testing.T) {
	verdict := verdictOf(t, invalidLoad())
	if !strings.HasPrefix(verdict, "This run is invalid, and its figures say little of the server: the generator was the limit: ") {
		t.Errorf("it does not begin with that:\n%s", verdict)
	}
	if strings.Contains(verdict, "against") || strings.Contains(verdict, "kept up") {
		t.Errorf("it is told as if it were valid:\n%s", verdict)
	}
}
