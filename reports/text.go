// Package reports shows what a run found: as text for a person, as JSON for a
// program.
package reports

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Text prints a run for a person.
type Text struct {
	W       io.Writer
	Verbose bool   // every case with its verdict, and failures in full
	Quiet   bool   // the last line alone
	Again   string // the command that runs a case alone, less its id
}

// Result prints a case's line as it comes; without Verbose those only that did
// not pass.
func (t *Text) Result(r result.Result) {
	if t.Quiet || !t.Verbose && r.Verdict != result.Fail && r.Verdict != result.Warn && r.Verdict != result.Error {
		return
	}
	fmt.Fprintf(t.W, "%-8s %s: %s\n", r.Verdict, r.ID, r.Title)
	if t.Verbose && r.Note != "" {
		fmt.Fprintf(t.W, "         note: %s\n", r.Note)
	}
}

// failureLines is how long a failure is shown without Verbose.
const failureLines = 12

// Target prints a target's failures and counts.
func (t *Text) Target(found result.Target) {
	if !t.Quiet {
		if found.Server != "" || len(found.Declares) > 0 {
			fmt.Fprintf(t.W, "%s %s %s\n", found.Target, found.Server, strings.Join(found.Declares, " "))
		}
		for _, r := range found.Results {
			if r.Verdict == result.Fail || r.Verdict == result.Warn || r.Verdict == result.Error {
				t.failure(r)
			}
		}
	}
	t.counts(found)
}

// failure prints one: the rule, what was expected and came, the bytes, and how
// to run it again.
func (t *Text) failure(r result.Result) {
	lines := []string{
		fmt.Sprintf("%s %s (%s, %s)", strings.ToUpper(string(r.Verdict)), r.ID, r.Level, r.Section),
		"  rule: " + r.Rule,
		"  " + r.Link,
	}
	for _, line := range strings.Split(strings.TrimSpace(r.Message), "\n") {
		lines = append(lines, "  "+line)
	}
	again := "  again: " + t.Again + " -v -run " + strings.SplitN(r.ID, "@", 2)[0]
	room := failureLines - len(lines) - 1
	events := eventLines(r.Bytes, t.Verbose)
	if !t.Verbose && len(events) > room {
		events = events[max(0, len(events)-max(room, 0)):]
	}
	lines = append(lines, events...)
	lines = append(lines, again)
	fmt.Fprintln(t.W)
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			fmt.Fprintln(t.W, line)
		}
	}
}

// eventLines are what went over the wire; in full with the bytes.
func eventLines(events []result.Event, full bool) []string {
	var lines []string
	for _, e := range events {
		arrow := "<"
		if e.Sent {
			arrow = ">"
		}
		lines = append(lines, fmt.Sprintf("  %d%s %8.1f ms %6d  %s", e.Connection, arrow, float64(e.At)/float64(time.Millisecond), e.Offset, e.Text))
		if !full {
			continue
		}
		for _, detail := range e.Detail {
			lines = append(lines, "        "+detail)
		}
		for line := range strings.Lines(hex.Dump(e.Bytes[:min(len(e.Bytes), shownBytes)])) {
			lines = append(lines, "        "+strings.TrimRight(line, "\n"))
		}
	}
	return lines
}

// shownBytes is how much of a record a hexdump shows.
const shownBytes = 128

// counts prints how many cases ended how, and what would make the untested run.
func (t *Text) counts(found result.Target) {
	n := result.Count(found.Results)
	if !t.Quiet {
		fmt.Fprintln(t.W)
	}
	fmt.Fprintf(t.W, "%s: %d passed, %d failed, %d warned, %d n/a, %d untested of %d",
		found.Target, n[result.Pass], n[result.Fail], n[result.Warn], n[result.NA], n[result.Untested], len(found.Results))
	if n[result.Error] > 0 {
		fmt.Fprintf(t.W, ", %d errors of the harness", n[result.Error])
	}
	fmt.Fprintln(t.W)
	if t.Quiet {
		return
	}
	for _, reason := range untested(found.Results) {
		fmt.Fprintln(t.W, "  untested: "+reason)
	}
}

// untested are the reasons, each with its number, the first seen first.
func untested(results []result.Result) []string {
	count := map[string]int{}
	var order []string
	for _, r := range results {
		if r.Verdict != result.Untested {
			continue
		}
		if count[r.Message] == 0 {
			order = append(order, r.Message)
		}
		count[r.Message]++
	}
	var lines []string
	for _, reason := range order {
		lines = append(lines, fmt.Sprintf("%d: %s", count[reason], reason))
	}
	return lines
}
