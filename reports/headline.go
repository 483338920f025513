package reports

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// headline is what a run found, in a sentence.
func headline(run result.Run) string {
	words := ""
	switch n := len(run.Targets); n {
	case 0:
		words = "Nothing was probed."
	case 1:
		words = sentence(run.Targets[0].Results)
	default:
		words = several(run.Targets)
	}
	if run.Interrupted {
		words += " The run was interrupted: this is what was known by then."
	}
	return words
}

// outcomes are what a target's overall state means: of one, and of several.
var outcomes = []struct {
	state
	one, more string
}{
	{errored, "met a failure of the harness", "met failures of the harness"},
	{failed, "breaks rules", "break rules"},
	{mended, "does better than expected", "do better than expected"},
	{untested, "could not be tested", "could not be tested"},
}

// several are targets in a sentence.
func several(targets []result.Target) string {
	count := map[state]int{}
	for _, target := range targets {
		count[overall(tallyOf(target.Results))]++
	}
	var parts []string
	for _, o := range outcomes {
		switch n := count[o.state]; n {
		case 0:
		case len(targets):
			return fmt.Sprintf("All %d targets %s.", n, o.more)
		case 1:
			parts = append(parts, "1 "+o.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, o.more))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("Of %d targets none breaks a rule that it is not known to break.", len(targets))
	}
	return fmt.Sprintf("Of %d targets %s.", len(targets), strings.Join(parts, ", "))
}

// againWords is the command that runs a case alone.
func againWords(run result.Run, target result.Target, id string) string {
	command := target.Again
	if command == "" {
		command = fmt.Sprintf("fcgiprobe %s -seed %d", target.Target, run.Seed)
	}
	return clean(command) + " -v -run " + clean(id)
}
