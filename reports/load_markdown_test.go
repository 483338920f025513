package reports_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func loadMarkdown(t *testing.T, run result.Load) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.LoadMarkdown(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheMarkdownOfALoadIsTheGoldenOne(t *testing.T) {
	for name, run := range sampleLoads() {
		golden(t, "load-"+name+".md", loadMarkdown(t, run))
	}
}

// TestALoadsMarkdownIsWhatItLooksLike: as HTML it has its tables, and what
// others wrote is no part of the page.
func TestALoadsMarkdownIsWhatItLooksLike(t *testing.T) {
	for _, run := range []result.Load{failingLoad(), hostileLoad(hostile)} {
		bad := []string{"<script", "<a ", "<em>", "<del>"}
		if len(run.Search) == 0 {
			bad = append(bad, "|", "**", "---", "`")
		}
		var page bytes.Buffer
		md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
		if err := md.Convert([]byte(loadMarkdown(t, run)), &page); err != nil {
			t.Fatal(err)
		}
		tables, want := strings.Count(page.String(), "<table>"), 1+1+2+1 // subjects, comparison, percentiles, errors
		if len(run.Search) > 0 {
			want += 2 // the search, and both have errors
		}
		if tables != want {
			t.Errorf("%d tables, want %d:\n%s", tables, want, page.String())
		}
		for _, text := range bad {
			if strings.Contains(page.String(), text) {
				t.Errorf("%q stands in the page:\n%s", text, page.String())
			}
		}
	}
}

func TestThePlanIsTheGoldenOne(t *testing.T) {
	ramp := healthyLoad()
	ramp.Plan.RampTo, ramp.Plan.Step, ramp.Plan.Poisson, ramp.Plan.Mux = 4000, 10e9, true, 16
	count := healthyLoad()
	count.Plan.Requests, count.Plan.Duration, count.Plan.Rate, count.Plan.Warmup = 5000, 0, 0, 0
	count.Plan.KeepAlive, count.Subjects[0].Method, count.Subjects[0].Workers, count.Subjects[0].Backlog, count.Subjects[0].Pool = false, "", 0, 0, 0
	short := healthyLoad()
	short.Plan.Requests = 1000
	scgi := healthyLoad()
	scgi.Subjects[0].Protocol, scgi.Subjects[0].Target = "scgi", "127.0.0.1:4000"
	var b bytes.Buffer
	for _, run := range []result.Load{healthyLoad(), comparedLoad(), notFoundLoad(), ramp, count, short, scgi} {
		if err := reports.LoadPlan(&b, run); err != nil {
			t.Fatal(err)
		}
		io.WriteString(&b, "\n")
	}
	golden(t, "load-plan.txt", b.String())
}

func TestPercentileTextIsTheGoldenOne(t *testing.T) {
	var b bytes.Buffer
	run := interruptedLoad()
	run.Subjects = append(run.Subjects, result.Subject{Name: "untouched"})
	if err := reports.LoadHgrm(&b, run); err != nil {
		t.Fatal(err)
	}
	golden(t, "load-interrupted.hgrm", b.String())
}
