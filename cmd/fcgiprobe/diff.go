package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// diffVerb is fcgiprobe diff.
type diffVerb struct{}

const diffExample = "fcgiprobe diff before.json after.json"

func (diffVerb) Register(*cli.Flags) {}

func (diffVerb) Run(_ context.Context, in *cli.Invocation, args []string) error {
	if len(args) != 2 {
		return cli.Misused("expected two reports, got %d arguments: %s", len(args), diffExample)
	}
	before, err := readReport(args[0])
	if err != nil {
		return err
	}
	after, err := readReport(args[1])
	if err != nil {
		return err
	}
	pairs, lone := pairTargets(before.Targets, after.Targets)
	if len(pairs) == 0 {
		return cli.WithCode(cli.ExitNothing, fmt.Errorf("no target is in both %s and %s", args[0], args[1]))
	}
	for _, line := range lone {
		fmt.Fprintln(in.Stdout, line)
	}
	return printChanges(in.Stdout, pairs, len(before.Targets) > 1 || len(after.Targets) > 1)
}

func readReport(path string) (result.Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return result.Run{}, cli.Misused("%v: expected a report that -json has written: %s", err, diffExample)
	}
	defer f.Close()
	run, err := reports.ReadJSON(f)
	if err != nil {
		return run, cli.Misused("%s: %v: expected a report that -json has written", path, err)
	}
	return run, nil
}

// pair is a target before and after.
type pair struct{ before, after result.Target }

// pairTargets matches targets by their names; where each report has one, that
// is the same server wherever it listened. Lone are lines about those that are
// in one report only.
func pairTargets(before, after []result.Target) (pairs []pair, lone []string) {
	if len(before) == 1 && len(after) == 1 {
		return []pair{{before[0], after[0]}}, nil
	}
	for _, b := range before {
		if i := targetIn(after, b.Target); i >= 0 {
			pairs = append(pairs, pair{b, after[i]})
		} else {
			lone = append(lone, fmt.Sprintf("%-10s  target %s", vanished, b.Target))
		}
	}
	for _, a := range after {
		if targetIn(before, a.Target) < 0 {
			lone = append(lone, fmt.Sprintf("%-10s  target %s", isNew, a.Target))
		}
	}
	return pairs, lone
}

func targetIn(targets []result.Target, name string) int {
	return slices.IndexFunc(targets, func(t result.Target) bool { return t.Target == name })
}

// change is one result that is not as it was; a verdict of "" is none.
type change struct {
	id, title     string
	before, after result.Verdict
}

// Kinds of changes, in the order in which they are printed.
const (
	regression = "regression"
	mended     = "mended"
	isNew      = "new"
	vanished   = "vanished"
	changed    = "changed" // to or from what was not tested
)

var changeKinds = []string{regression, mended, isNew, vanished, changed}

// badness orders the verdicts that say how well a server keeps a rule. What was
// not tested is no worse than what passed: a failure after it is a regression.
var badness = map[result.Verdict]int{result.Warn: 1, result.Fail: 2, result.Error: 3}

func (c change) kind() string {
	before, after := badness[c.before], badness[c.after]
	switch {
	case c.before == "":
		return isNew
	case c.after == "":
		return vanished
	case after > before:
		return regression
	case after < before && (c.after == result.Pass || after > 0):
		return mended
	}
	return changed
}

func (p pair) changes() []change {
	byID := map[string]*change{}
	var order []string
	note := func(r result.Result) *change {
		c := byID[r.ID]
		if c == nil {
			c = &change{id: r.ID, title: r.Title}
			byID[r.ID], order = c, append(order, r.ID)
		}
		return c
	}
	for _, r := range p.before.Results {
		note(r).before = r.Verdict
	}
	for _, r := range p.after.Results {
		note(r).after = r.Verdict
	}
	slices.Sort(order)
	var all []change
	for _, id := range order {
		if c := byID[id]; c.before != c.after {
			all = append(all, *c)
		}
	}
	return all
}

// printChanges prints a line for each, and how many there are of each kind.
func printChanges(w io.Writer, pairs []pair, several bool) error {
	count := map[string]int{}
	var b strings.Builder
	for _, p := range pairs {
		changes := p.changes()
		if several && len(changes) > 0 {
			fmt.Fprintf(&b, "%s\n", p.after.Target)
		}
		for _, kind := range changeKinds {
			for _, c := range changes {
				if c.kind() == kind {
					count[kind]++
					fmt.Fprintf(&b, "%-10s  %s: %s -> %s  (%s)\n", kind, c.id, orNone(c.before), orNone(c.after), c.title)
				}
			}
		}
	}
	fmt.Fprintf(&b, "%s, %d mended, %d new, %d vanished, %d changed otherwise\n",
		plural(count[regression], "regression"), count[mended], count[isNew], count[vanished], count[changed])
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	if count[regression] > 0 {
		return cli.Quietly(cli.ExitFailed)
	}
	return nil
}

// plural is a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func orNone(v result.Verdict) string {
	if v == "" {
		return "none"
	}
	return string(v)
}
