package reports

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// sentence is what was found of a target, in one sentence.
func sentence(results []result.Result) string { return strings.Join(findings(results), "; ") + "." }

// findings are the sentence's parts, the verdict first.
func findings(results []result.Result) []string {
	t := tallyOf(results)
	var parts []string
	switch tested := t.cases[passed] + t.cases[warned] + t.cases[known]; {
	case t.results[errored] > 0:
		parts = append(parts, "No verdict: the harness failed in "+number(t.results[errored], "case"))
		if t.results[failed] > 0 {
			parts = append(parts, broken(t))
		}
	case t.results[failed] > 0:
		parts = append(parts, "Not conforming: "+broken(t))
	case t.results[mended] > 0:
		parts = append(parts, "Not as expected")
	case tested == 0:
		parts = append(parts, "No verdict: nothing could be tested")
	case t.results[known] > 0:
		parts = append(parts, "Nothing new: every failure is known")
	default:
		parts = append(parts, "Conforming: every rule that was tested is kept")
	}
	if n := t.cases[mended]; n > 0 {
		parts = append(parts, number(n, "known failure")+" did not happen")
	}
	if n := t.cases[known]; n > 0 {
		parts = append(parts, number(n, "known failure"))
	}
	if n := t.cases[warned]; n > 0 {
		parts = append(parts, number(n, "recommendation")+" not followed")
	}
	if n := t.results[untested]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d untested", n, t.total))
	}
	return parts
}

// are is a count with its verb: 1 rule is, 2 rules are.
func are(n int, what string) string {
	if n == 1 {
		return number(n, what) + " is"
	}
	return number(n, what) + " are"
}

// broken counts rules, and failures where variants make more of them.
func broken(t tally) string {
	words := are(t.cases[failed], "rule") + " broken"
	if t.results[failed] > t.cases[failed] {
		words += fmt.Sprintf(" (%d failures with the variants)", t.results[failed])
	}
	return words
}
