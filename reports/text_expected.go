package reports

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// expected prints what was known: failures that came again, those that come
// sometimes, and, loudly, those that came no more.
func (t *Text) expected(found result.Target) {
	var always, sometimes []folded
	for _, f := range append(fold(found.Results, known), fold(found.Results, passed)...) {
		switch {
		case f.Known == nil:
		case f.Known.Sometimes:
			sometimes = append(sometimes, f)
		default:
			always = append(always, f)
		}
	}
	if len(always) > 0 {
		t.printf("\n%s, not counted:\n", number(len(always), "known failure"))
		t.knownLines(always)
	}
	if len(sometimes) > 0 {
		t.printf("\nknown to fail sometimes:\n")
		t.knownLines(sometimes)
	}
	for _, f := range fold(found.Results, mended) {
		t.printf("\n%s\n", t.paint(mended, fmt.Sprintf("PASSES NOW %s: %s", clean(f.Case()), clean(f.Title))))
		if ways := f.ways(); ways != "" {
			t.printf("%s\n", entry("passes", ways))
		}
		t.printf("%s\n", entry("expected", "a failure: "+knownWords(f.Known)))
		t.printf("%s\n", entry("so", "take it out of the expectations, or mark it `sometimes: true`"))
	}
}

// knownLines are a line each.
func (t *Text) knownLines(folds []folded) {
	for _, f := range folds {
		name := clean(f.Case())
		if !f.alone() && len(f.Others) > 0 {
			name += " (" + strings.Join(f.Variants, ", ") + ")"
		}
		verdict := ""
		if f.Known.Sometimes {
			verdict = "failed this time: "
			if f.Verdict == result.Pass {
				verdict = "passed this time: "
			}
		}
		t.printf("  %s  %s%s\n", name, verdict, knownWords(f.Known))
	}
}

// knownWords are an expectation's reason, its version and its link.
func knownWords(k *result.Known) string {
	words := clean(k.Reason)
	if k.Version != "" {
		words += " (" + clean(k.Version) + ")"
	}
	if k.Link != "" {
		words += " " + clean(k.Link)
	}
	return words
}
