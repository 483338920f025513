package reports_test

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// textOf is the whole text of a run.
func textOf(run result.Run, change func(*reports.Text)) string {
	var b bytes.Buffer
	for _, target := range run.Targets {
		text := &reports.Text{W: &b, Again: "fcgiprobe x -seed 42", Total: len(target.Results)}
		change(text)
		for _, r := range target.Results {
			text.Result(r)
		}
		text.Target(target)
	}
	text := &reports.Text{W: &b}
	change(text)
	text.Summary(run)
	return b.String()
}

func TestTextIsTheGoldenOne(t *testing.T) {
	golden(t, "text.txt", textOf(sample(), func(*reports.Text) {}))
	golden(t, "text-verbose.txt", textOf(sample(), func(t *reports.Text) { t.Verbose = true }))
	golden(t, "text-quiet.txt", textOf(sample(), func(t *reports.Text) { t.Quiet = true }))
}

// TestAServersTextDoesNotReachTheTerminal: nothing but printable characters and
// newlines is printed, and colors are ours.
func TestAServersTextDoesNotReachTheTerminal(t *testing.T) {
	run := everywhere(hostile)
	for _, verbose := range []bool{false, true} {
		text := textOf(run, func(t *reports.Text) { t.Verbose = verbose })
		for _, r := range text {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("verbose %v: %q is printed", verbose, r)
			}
		}
		if !strings.Contains(text, `\x1b[2J`) {
			t.Errorf("verbose %v: what the server sent is not shown as it was", verbose)
		}
		colored := textOf(run, func(t *reports.Text) { t.Verbose, t.Color = verbose, true })
		if plain := regexp.MustCompile(`\x1b\[[0-9]+m`).ReplaceAllString(colored, ""); plain != text {
			t.Errorf("verbose %v: color changes more than the color", verbose)
		}
	}
}

// everywhere is a run whose every text is s.
func everywhere(s string) result.Run {
	r := result.Result{
		ID: s, Title: s, Level: s, Section: s, Link: s, Rule: s, Verdict: result.Fail, Kind: result.Kind(s), Check: s,
		Message: s + "\n" + s, Note: s, Bytes: []result.Event{{Connection: 1, Bytes: []byte(s), Text: s, Detail: []string{s}}},
		Mark: &result.Mark{Connection: 1, Length: 3},
	}
	all := []result.Result{r}
	for i, verdict := range result.Verdicts {
		other := r
		other.ID, other.Verdict = s+string(rune('a'+i)), verdict
		expected := other
		expected.ID += "k"
		expected.Known = &result.Known{Version: s, Reason: s, Link: s}
		all = append(all, other, expected)
	}
	return result.Run{Version: result.Version, Tool: s, Targets: []result.Target{
		{Target: s, Protocol: s, Server: s, Declares: []string{s}, Notes: []string{s}, Again: s, Results: all},
		{Target: s, Protocol: s, Results: all},
	}}
}

func TestAFailureHasTwelveLinesAtMost(t *testing.T) {
	long := with("fcgi/3.3/long", "FastCGI 3.3", wrongID)
	long.Message = long.Check + strings.Repeat("\na further line", 40)
	long.Mark.Length = 32
	long.Kind, long.Hang = result.Hang, result.Stalled
	results := []result.Result{long}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		other := long
		other.ID += "@" + name
		other.Check = name
		results = append(results, other)
	}
	results = append(results, sampleResults()...)
	text := textOf(result.Run{Targets: []result.Target{{Results: results}}}, func(*reports.Text) {})
	blocks := 0
	for block := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(block, "FAIL") && !strings.HasPrefix(block, "WARN") {
			continue
		}
		blocks++
		lines := strings.Split(strings.TrimRight(block, "\n"), "\n")
		if len(lines) > 12 {
			t.Errorf("%d lines:\n%s", len(lines), block)
		}
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "  again     fcgiprobe ") {
			t.Errorf("it does not end with the command that runs it again:\n%s", block)
		}
	}
	if blocks != 8 {
		t.Errorf("%d blocks of failures, want 8", blocks)
	}
}

func TestMarkedBytesArePointedAt(t *testing.T) {
	text := textOf(sample(), func(*reports.Text) {})
	lines := strings.Split(text, "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "^^") })
	if at < 1 {
		t.Fatalf("nothing is pointed at:\n%s", text)
	}
	from, to := strings.Index(lines[at], "^"), strings.LastIndex(lines[at], "^")
	if got := lines[at-1][from : to+1]; got != "00 00" {
		t.Errorf("%q is pointed at, want the request id 00 00:\n%s\n%s", got, lines[at-1], lines[at])
	}
}

func TestAMarkedRecordIsShownByItsBeginning(t *testing.T) {
	r := with("fcgi/3.3/id", "FastCGI 3.3", wrongID)
	r.Mark = &result.Mark{Connection: 1, Length: 40}
	text := textOf(result.Run{Targets: []result.Target{{Results: []result.Result{r}}}}, func(*reports.Text) {})
	if !strings.Contains(text, ">     0  01 06 00 00") || strings.Contains(text, "^^") || strings.Contains(text, "    16  ") {
		t.Errorf("not the record's first sixteen bytes alone are shown, by a >:\n%s", text)
	}
}

func TestAMarkOfWhatDidNotComeShowsTheLastRecord(t *testing.T) {
	r := with("fcgi/3.3/id", "FastCGI 3.3", wrongID)
	r.Mark = &result.Mark{Connection: 1, Offset: 56}
	text := textOf(result.Run{Targets: []result.Target{{Results: []result.Result{r}}}}, func(*reports.Text) {})
	if !strings.Contains(text, "came       1.6 ms  {FCGI_END_REQUEST") {
		t.Errorf("the last record that came is not shown:\n%s", text)
	}
}

func TestProgressIsOneLineThatGoesAway(t *testing.T) {
	const width = 30
	var b bytes.Buffer
	text := &reports.Text{W: &b, Progress: true, Width: width, Total: 22}
	run := sample()
	for _, r := range run.Targets[0].Results {
		text.Result(r)
	}
	if got := screen(b.String()); !strings.HasPrefix(got[len(got)-1], "22 of 22, ") {
		t.Errorf("the progress line is %q", got[len(got)-1])
	}
	for _, line := range screen(b.String()) {
		if strings.Contains(line, " of 22") && len([]rune(line)) >= width {
			t.Errorf("%q is as wide as the terminal, %d", line, width)
		}
	}
	text.Target(run.Targets[0])
	text.Clear()
	for _, line := range screen(b.String()) {
		if strings.HasPrefix(line, "22 of 22") {
			t.Errorf("the progress line stands there still: %q", line)
		}
	}
	plain := textOf(result.Run{Targets: run.Targets[:1]}, func(*reports.Text) {})
	plain = strings.ReplaceAll(plain, "fcgiprobe x -seed 42", "")
	if got := strings.Join(screen(b.String()), "\n"); got != strings.Join(screen(plain), "\n") {
		t.Errorf("the terminal shows\n%s\nwant\n%s", got, plain)
	}
}

// screen is what a terminal shows of a text with carriage returns.
func screen(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		var shown []rune
		column := 0
		for _, r := range line {
			if r == '\r' {
				column = 0
				continue
			}
			if column == len(shown) {
				shown = append(shown, ' ')
			}
			shown[column] = r
			column++
		}
		lines = append(lines, strings.TrimRight(string(shown), " "))
	}
	return lines
}

func TestCountsAddUp(t *testing.T) {
	text := textOf(sample(), func(t *reports.Text) { t.Quiet = true })
	for line := range strings.Lines(text) {
		var counts []int
		for _, m := range regexp.MustCompile(`(?:: |, | of )(\d+)`).FindAllStringSubmatch(line, -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			counts = append(counts, n)
		}
		sum := 0
		for _, n := range counts[:len(counts)-1] {
			sum += n
		}
		if total := counts[len(counts)-1]; sum != total {
			t.Errorf("%q: the sum is %d, want %d", line, sum, total)
		}
	}
}

func TestAnInterruptedRunSaysSo(t *testing.T) {
	run := sample()
	run.Interrupted = true
	if text := textOf(run, func(*reports.Text) {}); !strings.HasSuffix(text, "interrupted: what is printed is what was known by then\n") {
		t.Errorf("the last line does not say that the run was interrupted:\n%s", text)
	}
}
