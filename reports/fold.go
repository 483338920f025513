package reports

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// folded is a case's results in one state: the first of its variants, and what
// the others add.
type folded struct {
	result.Result                 // the plain variant's where it is among them
	Variants      []string        // of this state
	Others        []string        // of the same case, in other states
	Differing     []result.Result // variants of this state that failed otherwise
}

// plain is what the variant without a name is called.
const plain = "plain"

func variant(r result.Result) string {
	if _, name, ok := strings.Cut(r.ID, "@"); ok {
		return "@" + clean(name)
	}
	return plain
}

// fold brings the results of a state together by their cases, in the order of
// the ids.
func fold(results []result.Result, s state) []folded {
	var folds []folded
	for _, r := range sorted(results) {
		if stateOf(r) != s {
			continue
		}
		last := len(folds) - 1
		if last < 0 || folds[last].Case() != r.Case() {
			folds = append(folds, folded{Result: r, Others: others(results, r.Case(), s)})
			last++
		} else if r.Check != folds[last].Check {
			folds[last].Differing = append(folds[last].Differing, r)
		}
		folds[last].Variants = append(folds[last].Variants, variant(r))
	}
	return folds
}

func others(results []result.Result, id string, s state) []string {
	var names []string
	for _, r := range sorted(results) {
		if r.Case() == id && stateOf(r) != s {
			names = append(names, variant(r))
		}
	}
	return names
}

// alone is whether the case ran in no other way.
func (f folded) alone() bool {
	return len(f.Others) == 0 && len(f.Variants) == 1 && f.Variants[0] == plain
}

// ways are the variants in words, nothing where the case has none.
func (f folded) ways() string {
	switch {
	case f.alone():
		return ""
	case len(f.Others) == 0:
		return "in each variant: " + strings.Join(f.Variants, ", ")
	}
	return "in the variants " + strings.Join(f.Variants, ", ") + "; not in " + strings.Join(f.Others, ", ")
}

// sorted are the results in the order of their ids, numbers in them by value and
// the plain variant first. A run's own order is that in which cases ended.
func sorted(results []result.Result) []result.Result {
	results = slices.Clone(results)
	slices.SortStableFunc(results, func(a, b result.Result) int {
		return cmp.Or(natural(a.Case(), b.Case()), natural(a.ID, b.ID))
	})
	return results
}

// natural compares texts so that 3.10 follows 3.9.
func natural(a, b string) int {
	for a != "" && b != "" {
		m, n := digits(a), digits(b)
		if m > 0 && n > 0 {
			if c := cmp.Or(compareNumbers(a[:m], b[:n]), cmp.Compare(m, n)); c != 0 {
				return c
			}
			a, b = a[m:], b[n:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// compareNumbers compares decimal numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
