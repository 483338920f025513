package main

import (
	"math"
	netfcgi "net/http/fcgi"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func runIn(t *testing.T, file, text string) result.Load {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer f.Close()
	run, err := reports.ReadLoad(f)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return run
}

// addsUp: what is counted in several ways is the same in all, and the times are
// those of their histograms.
func (b benched) addsUp(t *testing.T) {
	t.Helper()
	for _, s := range b.run.Subjects {
		for _, r := range s.Rounds {
			roundAddsUp(t, r)
		}
	}
	if len(b.run.Subjects) == 1 && b.text != "" {
		b.printsItsPercentiles(t)
	}
}

// printsItsPercentiles has what the terminal shows of a round be what its
// histogram has, to the three digits that are shown.
func (b benched) printsItsPercentiles(t *testing.T) {
	t.Helper()
	for i, p := range b.round.Response.Percentiles {
		name := "p" + strconv.FormatFloat(p.Of, 'f', -1, 64)
		if p.Of == 100 {
			name = "max"
		}
		shown := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(name) + ` +([\d.]+) +([\d.]+)(?: |$)`).FindStringSubmatch(b.text)
		if shown == nil {
			t.Errorf("no %s is printed\n%s", name, b.text)
			continue
		}
		for j, want := range []time.Duration{p.At, b.round.Service.Percentiles[i].At} {
			ms, err := strconv.ParseFloat(shown[1+j], 64)
			if got := ms * 1e6; err != nil || math.Abs(got-float64(want)) > float64(want)/100 {
				t.Errorf("%s is printed as %s ms, want %v", name, shown[1+j], want)
			}
		}
	}
}

func roundAddsUp(t *testing.T, r result.Round) {
	t.Helper()
	if failed := sum(r.Errors); r.Requests != r.Succeeded+failed {
		t.Errorf("%d requests: %d succeeded and %d failed, %v", r.Requests, r.Succeeded, failed, r.Errors)
	}
	answered := r.Succeeded + r.Errors[string(load.WrongStatus)] + r.Errors[string(load.WrongBody)]
	if got := sum(r.Statuses); got != answered {
		t.Errorf("%d answers have a status, and %d are good or wrong: %v, %v", got, answered, r.Statuses, r.Errors)
	}
	var sent, done, failed int64
	for _, i := range r.Timeline {
		sent, done, failed = sent+i.Sent, done+i.Done, failed+i.Failed
	}
	if sent != r.Requests+r.Abandoned || done != r.Requests || failed != r.Requests-r.Succeeded {
		t.Errorf("the seconds have %d sent, %d done and %d failed, the round %d requests with %d that succeeded", sent, done, failed, r.Requests, r.Succeeded)
	}
	if r.Response.Count != r.Requests || r.Service.Count != r.Requests {
		t.Errorf("%d requests have %d response and %d service times", r.Requests, r.Response.Count, r.Service.Count)
	}
	for i, p := range r.Response.Percentiles {
		if service := r.Service.Percentiles[i].At; p.At < service {
			t.Errorf("p%v: the response time %v is less than the service time %v", p.Of, p.At, service)
		}
	}
	for name, l := range map[string]result.Latencies{"response": r.Response, "service": r.Service, "lateness": r.Lateness} {
		latenciesAddUp(t, name, l)
	}
	for name, l := range r.Phases {
		latenciesAddUp(t, name, l)
	}
}

func sum(counts map[string]int64) (n int64) {
	for _, of := range counts {
		n += of
	}
	return n
}

// latenciesAddUp asks the histogram for what stands beside it.
func latenciesAddUp(t *testing.T, name string, l result.Latencies) {
	t.Helper()
	if l.Count == 0 && l.Histogram == "" {
		return
	}
	h, err := hdrhistogram.Decode([]byte(l.Histogram))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if h.TotalCount() != l.Count {
		t.Errorf("%s: %d in the histogram, %d counted", name, h.TotalCount(), l.Count)
	}
	for _, p := range l.Percentiles {
		rank := float64(result.Rank(l.Count, p.Of))
		if at := h.ValueAtPercentile(100 * rank / float64(l.Count)); at != p.At.Microseconds() {
			t.Errorf("%s: p%v is %v, in the histogram %d µs", name, p.Of, p.At, at)
		}
		var above int64
		for _, bar := range h.Distribution() {
			if bar.From > p.At.Microseconds() {
				above += bar.Count
			}
		}
		if above > p.Samples {
			t.Errorf("%s: %d samples above p%v, in the histogram %d", name, p.Samples, p.Of, above)
		}
	}
}

// TestMergedRunsAddUp has two generators load one server at the same time.
func TestMergedRunsAddUp(t *testing.T) {
	t.Parallel()
	l := listens(t, "unix")
	go netfcgi.Serve(l, moody())
	dir := t.TempDir()
	var files []string
	var started []*exec.Cmd
	for _, name := range []string{"one", "two"} {
		file := dir + "/" + name + ".json"
		cmd := exec.CommandContext(t.Context(), "fcgibench", "-q", "-rate", "50", "-duration", "2s", "-warmup", "0s", "-json", file, "fcgi+unix:"+l.Addr().String())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		files, started = append(files, file), append(started, cmd)
	}
	for _, cmd := range started {
		cmd.Wait() // a rate that is not met, of 500s
	}
	both := dir + "/both.json"
	out, _ := exec.CommandContext(t.Context(), "fcgibench", append([]string{"merge", "-json", both}, files...)...).CombinedOutput()
	want := runIn(t, files[0], string(out)).Subjects[0].Rounds[0]
	other := runIn(t, files[1], string(out)).Subjects[0].Rounds[0]
	got := runIn(t, both, string(out)).Subjects[0].Rounds[0]
	for name, n := range map[string][3]int64{
		"requests":   {got.Requests, want.Requests, other.Requests},
		"succeeded":  {got.Succeeded, want.Succeeded, other.Succeeded},
		"opened":     {got.Opened, want.Opened, other.Opened},
		"reused":     {got.Reused, want.Reused, other.Reused},
		"bytes in":   {got.BytesIn, want.BytesIn, other.BytesIn},
		"bytes out":  {got.BytesOut, want.BytesOut, other.BytesOut},
		"200":        {got.Statuses["200"], want.Statuses["200"], other.Statuses["200"]},
		"500":        {got.Statuses["500"], want.Statuses["500"], other.Statuses["500"]},
		"histogram":  {got.Response.Count, want.Response.Count, other.Response.Count},
		"first byte": {got.Phases["first byte"].Count, want.Phases["first byte"].Count, other.Phases["first byte"].Count},
	} {
		if n[0] != n[1]+n[2] || n[1] == 0 {
			t.Errorf("%s: %d merged of %d and %d", name, n[0], n[1], n[2])
		}
	}
	if got.Response.Max != max(want.Response.Max, other.Response.Max) {
		t.Errorf("the slowest took %v, merged of %v and %v", got.Response.Max, want.Response.Max, other.Response.Max)
	}
	roundAddsUp(t, got)
	if !strings.Contains(string(out), "100 requests a second") {
		t.Errorf("the rates do not add:\n%s", out)
	}
}
