package reports_test

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func loadText(t *testing.T, run result.Load, o reports.LoadTextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.LoadText(&b, run, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheTextOfALoadIsTheGoldenOne(t *testing.T) {
	for name, run := range sampleLoads() {
		golden(t, "load-"+name+".txt", loadText(t, run, reports.LoadTextOptions{}))
	}
}

func TestTheTextOfALoadFitsItsWidth(t *testing.T) {
	for name, run := range sampleLoads() {
		for _, width := range []int{80, 120} {
			for line := range strings.Lines(loadText(t, run, reports.LoadTextOptions{Width: width})) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns of %d: %s", name, n, width, line)
				}
			}
		}
	}
}

var anySGR = regexp.MustCompile(`\x1b\[[0-9]+m`)

func TestColorOfALoadChangesNothingElse(t *testing.T) {
	for name, run := range sampleLoads() {
		plain := loadText(t, run, reports.LoadTextOptions{})
		colored := loadText(t, run, reports.LoadTextOptions{Color: true})
		if got := anySGR.ReplaceAllString(colored, ""); got != plain {
			t.Errorf("%s: without its colors it is\n%s\nwant\n%s", name, got, plain)
		}
		if strings.Contains(plain, "few\n") != strings.Contains(colored, "few\x1b[0m\n") {
			t.Errorf("%s: rows of few samples are not greyed", name)
		}
	}
}

// hostileLoad is a run whose every text is s.
func hostileLoad(s string) result.Load {
	run := failingLoad()
	run.Tool, run.Plan.Workload = s, s
	for i := range run.Subjects {
		b := &run.Subjects[i]
		b.Name, b.Target, b.Protocol, b.Method = s+b.Name, s, s, s
		for j := range b.Rounds {
			b.Rounds[j].Errors = map[string]int64{s: 1500, "other": 0}
			b.Rounds[j].Statuses = map[string]int64{s: 10000}
		}
	}
	run.Comparisons = []result.Comparison{{Measure: s, Base: s, Other: s, Ratio: 1, Low: 1, High: 1, Pairs: 6, Judgement: result.Judgement(s)}}
	run.Objective = &result.Objective{Text: s, Missed: []string{s}}
	run.Diagnoses = []result.Diagnosis{{Subject: s, What: s, Cure: s}}
	run.Search = []result.Probe{{Rate: 1, Why: s}}
	run.Found = &result.Found{Why: s}
	return run
}

// TestALongerTryIsToldApart from the others of its rate.
func TestALongerTryIsToldApart(t *testing.T) {
	run := searchedLoad()
	run.Search = append(run.Search, result.Probe{Rate: 1372, Longer: true, Why: "p99<20ms: 31 ms"})
	text := loadText(t, run, reports.LoadTextOptions{})
	for _, want := range []string{" 1400  met\n", " 1400  met in a longer try\n", " 1372  missed in a longer try: p99<20ms: 31 ms\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestALoadsTextDoesNotReachTheTerminal(t *testing.T) {
	run := hostileLoad(hostile)
	var b bytes.Buffer
	p := &reports.LoadProgress{W: &b, Plan: run.Plan}
	p.Round(hostile, 1, 2)
	p.Instant(result.Instant{At: 6 * time.Second, Failed: 1, Done: 1, Errors: map[string]int64{hostile: 1}})
	p.Done(run.Subjects[0].Rounds[0])
	p.Close()
	for name, write := range map[string]func(io.Writer) error{
		"text":     func(w io.Writer) error { return reports.LoadText(w, run, reports.LoadTextOptions{}) },
		"plan":     func(w io.Writer) error { return reports.LoadPlan(w, run) },
		"markdown": func(w io.Writer) error { return reports.LoadMarkdown(w, run) },
		"hgrm":     func(w io.Writer) error { return reports.LoadHgrm(w, run) },
		"progress": func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
				t.Fatalf("%s: %q is printed", name, r)
			}
		}
		if !strings.Contains(b.String(), `x1b`) {
			t.Errorf("%s: what the server sent is not shown as it was", name)
		}
	}
}

// TestRoundsAreMergedAndNotAveraged: one round of 1 ms and one of 100 ms, with a
// p50 of 1 ms together.
func TestRoundsAreMergedAndNotAveraged(t *testing.T) {
	run := healthyLoad()
	fast, slow := healthyRound(), healthyRound()
	fast.Response, slow.Response = took(6000, time.Millisecond, time.Millisecond), took(4000, 100*time.Millisecond, 100*time.Millisecond)
	run.Subjects[0].Rounds = []result.Round{fast, slow}
	text := loadText(t, run, reports.LoadTextOptions{Width: 200})
	for _, want := range []string{`p50 +1\.00 .* 5000\n`, `p75 +100 .* 2500\n`, `p50 1\.00 ms, p99 100 ms`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestABadHistogramIsNamedInOneLine(t *testing.T) {
	run := healthyLoad()
	run.Subjects[0].Rounds[0].Service.Histogram = "?"
	for name, write := range map[string]func(io.Writer) error{
		"text":     func(w io.Writer) error { return reports.LoadText(w, run, reports.LoadTextOptions{}) },
		"markdown": func(w io.Writer) error { return reports.LoadMarkdown(w, run) },
		"hgrm":     func(w io.Writer) error { return reports.LoadHgrm(w, run) },
	} {
		var b bytes.Buffer
		err := write(&b)
		if err == nil || !strings.HasPrefix(err.Error(), "prefork: service times: no HdrHistogram V2: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v", name, err)
		}
		if b.Len() > 0 {
			t.Errorf("%s: half a report is written:\n%s", name, b.String())
		}
	}
	run = healthyLoad()
	run.Subjects[0].Rounds[0].Response.Count++
	if err := reports.LoadHgrm(io.Discard, run); err == nil || err.Error() != "prefork: response times: the histogram has 10000 values, and its count says 10001" {
		t.Errorf("the error is %v", err)
	}
}

func TestARunOfNothingSaysSo(t *testing.T) {
	if text := loadText(t, loadOf(), reports.LoadTextOptions{}); !strings.HasSuffix(text, "\nNothing was measured.\n") {
		t.Errorf("%s", text)
	}
	s := preforkSubject()
	s.Rounds = make([]result.Round, 1)
	text := loadText(t, loadOf(s), reports.LoadTextOptions{})
	if !strings.HasSuffix(text, "\nprefork: no request ended.\n") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("%s", text)
	}
}

func TestACureThatDiagnosesShareIsToldOnceByALoad(t *testing.T) {
	run := result.Load{Diagnoses: []result.Diagnosis{
		{What: "first", Cure: "rest"}, {What: "second", Cure: "rest"}, {What: "third", Cure: "run"}, {What: "fourth"},
	}}
	var b strings.Builder
	if err := reports.LoadText(&b, run, reports.LoadTextOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "\nNOTE first\nNOTE second\n  so: rest\n\nNOTE third\n  so: run\n\nNOTE fourth\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("got\n%s\nwant in it\n%s", b.String(), want)
	}
}
