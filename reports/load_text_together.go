package reports

import (
	"fmt"
	"strconv"

	"github.com/fcgikit/fcgikit/reports/result"
)

// subjects are several beside each other.
func (t *loadText) subjects() {
	if len(t.sums) < 2 {
		return
	}
	t.line("")
	g := &grid{columns: "ldddddr"}
	g.row("subject", "asked", "sent", "answered", "p50, ms", "p99, ms", "failed")
	for _, s := range t.sums {
		if s.requests == 0 {
			g.row(clean(s.Name), "-", "-", "-", "-", "-", "-")
			continue
		}
		asked := "-"
		if s.asked > 0 {
			asked = rateWords(s.asked)
		}
		g.row(clean(s.Name), asked, rateWords(s.met), rateWords(s.answered), at(s.response, 50), at(s.response, 99), percent(s.failedShare()))
	}
	t.table(g, "")
}

// comparison is the table of two subjects.
func (t *loadText) comparison(p *loadPair) {
	t.line("")
	v := verdict{t.run, t.sums}
	worthless := ""
	if v.worthless(p) {
		worthless = " (" + t.paint(yellow, "worthless") + ", see below)"
	}
	t.prose(fmt.Sprintf("%s against %s, over %s of rounds%s", clean(p.other), clean(p.base), number(p.rounds(), "pair"), worthless), "")
	g := &grid{columns: "lrrl"}
	g.row("", "ratio", "95 % interval", "")
	for _, c := range p.measures {
		r := ratioOf(c)
		g.row(clean(c.Measure), r.value(), intervalCell(c), v.judgement(p, c))
	}
	t.table(g, "  ")
}

// intervalCell is empty where one pair alone has none.
func intervalCell(c result.Comparison) string {
	if c.Pairs < 2 {
		return "-"
	}
	return ratioOf(c).interval()
}

// search is its path.
func (t *loadText) search() {
	if len(t.run.Search) == 0 {
		return
	}
	t.line("")
	g := &grid{columns: "rrl"}
	g.row("try", "requests a second", "")
	for i, p := range t.run.Search {
		g.row(strconv.Itoa(i+1), rateWords(p.Rate), probeWords(p))
	}
	t.table(g, "")
}

func probeWords(p result.Probe) string {
	words := "missed"
	if p.Met {
		words = "met"
	}
	if p.Longer {
		words += " in a longer try"
	}
	if p.Why != "" && !p.Met {
		words += ": " + clean(p.Why)
	}
	return words
}

// diagnoses are what is to be known, with what to do: once for those in a row that
// have it in common.
func (t *loadText) diagnoses() {
	all := t.run.Diagnoses
	for i, d := range all {
		if i == 0 || all[i-1].Cure != d.Cure {
			t.line("")
		}
		what := clean(d.What)
		if d.Subject != "" && len(t.run.Subjects) > 1 {
			what = clean(d.Subject) + ": " + what
		}
		mark := t.paint(yellow, "NOTE")
		if d.Invalid {
			mark = t.paint(red, "INVALID")
		}
		t.prose(mark+" "+what, "")
		if d.Cure != "" && (i == len(all)-1 || all[i+1].Cure != d.Cure) {
			t.prose("so: "+clean(d.Cure), "  ")
		}
	}
}

func (t *loadText) verdict() {
	t.line("")
	for _, line := range loadVerdict(t.run) {
		t.prose(line, "")
	}
}
