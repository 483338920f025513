// Package reports shows what a run found: as text for a person, as JSON for a
// program, as JUnit and Markdown for a CI, as a page of HTML.
package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Text prints a run for a person: Result as cases end, Target when a server's
// are over, Summary when all are.
type Text struct {
	W        io.Writer
	Verbose  bool   // every case with its verdict, and failures in full
	Quiet    bool   // of each target the counts alone
	Again    string // the command that runs a case alone, less its id
	Progress bool   // W is a terminal: a line there tells how far the run is
	Color    bool
	Total    int // how many results the target at hand will have; 0 is unknown
	Width    int // of the terminal; 0 is defaultWidth

	done, broken int    // of the target at hand
	line         string // the progress line that stands there
}

// defaultWidth is that of a terminal that does not say it.
const defaultWidth = 80

// Result prints a case's line as it comes; without Verbose those only about
// which something is to be done.
func (t *Text) Result(r result.Result) {
	if t.Quiet {
		return
	}
	s := stateOf(r)
	t.done++
	if s.wants() {
		t.broken++
	}
	if t.Verbose || s.wants() {
		t.Clear()
		t.printf("%s %s: %s\n", t.paint(s, fmt.Sprintf("%-10s", s)), clean(r.ID), clean(r.Title))
		t.remarks(r, s)
	}
	t.progress(r)
}

// remarks are what Verbose tells of a case that needs no block of its own.
func (t *Text) remarks(r result.Result, s state) {
	if !t.Verbose {
		return
	}
	for _, line := range cleanLines(r.Note) {
		t.printf("           note: %s\n", line)
	}
	switch s {
	case declared:
		t.printf("           declared by: %s\n", joined(cleanLines(r.Message)))
	case untested:
		t.printf("           because: %s\n", joined(cleanLines(r.Message)))
	case known:
		t.printf("           known: %s\n", clean(r.Known.Reason))
	}
}

// Target prints what is to be told of a target when its cases are over.
func (t *Text) Target(found result.Target) {
	t.Clear()
	t.done, t.broken = 0, 0
	n := tallyOf(found.Results)
	if t.Quiet {
		t.printf("%s: %s\n", clean(found.Target), n)
		return
	}
	t.about(found)
	for _, s := range []state{warned, failed, errored} {
		for _, f := range fold(found.Results, s) {
			t.block(f, s)
		}
	}
	t.expected(found)
	t.printf("\n%s: %s\n", clean(found.Target), t.counts(n))
	for _, g := range gaps(found) {
		t.printf("  %s\n", g)
	}
	t.printf("%s\n", t.paint(overall(n), sentence(found.Results)))
}

// about is what the server says of itself.
func (t *Text) about(found result.Target) {
	if found.Server == "" && len(found.Declares) == 0 && len(found.Notes) == 0 {
		return
	}
	t.printf("\n%s\n", strings.TrimSpace(clean(found.Target)+"  "+clean(found.Server)))
	if len(found.Declares) > 0 {
		t.printf("  declares %s\n", clean(strings.Join(found.Declares, " ")))
	}
	for _, note := range found.Notes {
		t.printf("  %s\n", clean(note))
	}
}

// Summary prints of several targets a line each, and that a run was broken off.
func (t *Text) Summary(run result.Run) {
	t.Clear()
	if len(run.Targets) > 1 && !t.Quiet {
		t.printf("\n%d targets:\n", len(run.Targets))
		width := 0
		for _, found := range run.Targets {
			width = max(width, len([]rune(clean(found.Target))))
		}
		for _, found := range run.Targets {
			n := tallyOf(found.Results)
			t.printf("  %-*s  %s\n", width, clean(found.Target), t.counts(n))
		}
	}
	if run.Interrupted {
		t.printf("interrupted: what is printed is what was known by then\n")
	}
}

func (t *Text) printf(format string, args ...any) { fmt.Fprintf(t.W, format, args...) }
