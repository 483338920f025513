package reports

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// matrixEvidence is what an implementation did in a case: the results that came
// to the same, with the bytes and the log of the first.
type matrixEvidence struct {
	State              state
	Where              []matrixWhere
	Check, Kind, Again string
	Message            []string
	Others             []string // other messages of the same
	Notes              []string
	Known              *pageKnown
	Wire               []matrixEvent
	Cut                int // events that are not shown
	Log                []string
	LogAtEnd           bool // the log is that of the whole run

	first  result.Result
	target *matrixTarget // the first's
}

// matrixWhere is a target, and which of its variants came to this.
type matrixWhere struct {
	How      string
	Variants []string
	Of       int // variants in which it ran there
}

// Ways are where it was seen, the targets with the same variants together. That
// all variants came to the same goes without saying.
func (e *matrixEvidence) Ways() []string {
	var order []string
	by := map[string][]string{}
	for _, w := range e.Where {
		key := ""
		if len(w.Variants) < w.Of {
			key = " (" + strings.Join(w.Variants, ", ") + ")"
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], w.How)
	}
	var all []string
	for _, key := range order {
		all = append(all, strings.Join(by[key], "; ")+key)
	}
	return all
}

// evidenceLimit bounds what is shown of one failure.
type evidenceLimit struct {
	bytes  int // a direction
	events int
}

// evidenceLimits are tried one after the other, until a page is small enough.
var evidenceLimits = []evidenceLimit{{4096, 160}, {1024, 60}, {256, 16}, {64, 4}}

// evidenceOf brings the results of a case together by what came of it, first that
// which counts.
func evidenceOf(targets []*matrixTarget, c *matrixCase) []*matrixEvidence {
	var all []*matrixEvidence
	for _, s := range matrixOrder {
		for _, t := range targets {
			for _, r := range t.byCase[c.id] {
				if stateOf(r) == s {
					all = addEvidence(all, t, r)
				}
			}
		}
	}
	return all
}

func addEvidence(all []*matrixEvidence, t *matrixTarget, r result.Result) []*matrixEvidence {
	e := sameEvidence(all, r)
	if e == nil {
		e = newEvidence(t, r)
		all = append(all, e)
	} else if line := boundedLine(joined(came(r))); line != "" && line != boundedLine(joined(came(e.first))) {
		e.Others = appendNew(e.Others, line)
	}
	if note := boundedLine(clean(r.Note)); note != "" {
		e.Notes = appendNew(e.Notes, note)
	}
	e.at(t, r)
	return all
}

// sameEvidence is what has the same to say: of a failure by the check that
// failed, of what was not tested by its reason.
func sameEvidence(all []*matrixEvidence, r result.Result) *matrixEvidence {
	for _, e := range all {
		same := e.first.Check == r.Check && e.first.Kind == r.Kind && e.first.Hang == r.Hang
		if s := stateOf(r); s == untested || s == declared {
			same = e.first.Message == r.Message
		}
		if e.State == stateOf(r) && same {
			return e
		}
	}
	return nil
}

func newEvidence(t *matrixTarget, r result.Result) *matrixEvidence {
	e := &matrixEvidence{
		State: stateOf(r), Check: boundedLine(clean(r.Check)), Kind: kindWords(r), Message: boundedLines(came(r)), first: r, target: t,
	}
	if k := r.Known; k != nil {
		e.Known = &pageKnown{clean(k.Reason), clean(k.Version), webLink(k.Link), k.Sometimes}
	}
	// The address of a peer that somebody started for the run is gone.
	if e.fails() && (t.Again != "" || t.Peer == "") {
		e.Again = againWords(result.Run{Seed: t.Seed}, t.Target, r.Case())
	}
	return e
}

// fails is whether somebody has to see to it, or it is known.
func (e *matrixEvidence) fails() bool { return e.State.wants() || e.State == known }

// show adds the bytes and the log of what is no pass: where none was kept, a
// failure has the log of the whole run.
func (e *matrixEvidence) show(limit evidenceLimit) {
	if e.State == passed {
		return
	}
	e.Wire, e.Cut = boundedWire(e.first, limit)
	e.Log = logLines(e.first.Log, limit.bytes)
	if e.Log == nil && e.fails() {
		e.Log, e.LogAtEnd = logLines(e.target.Log, limit.bytes), true
	}
}

// at adds where it was seen.
func (e *matrixEvidence) at(t *matrixTarget, r result.Result) {
	last := len(e.Where) - 1
	if last < 0 || e.Where[last].How != t.How {
		e.Where, last = append(e.Where, matrixWhere{How: t.How, Of: len(t.byCase[r.Case()])}), last+1
	}
	e.Where[last].Variants = append(e.Where[last].Variants, variant(r))
}

// linesShown and lineShown bound a message: whole bodies stand in some.
const (
	linesShown  = 40
	lineShown   = 400
	othersShown = 6
)

func boundedLine(s string) string { return shorten(s, lineShown) }

func boundedLines(lines []string) []string {
	var all []string
	for i, line := range lines {
		if i == linesShown {
			return append(all, fmt.Sprintf("... %s more", number(len(lines)-i, "line")))
		}
		all = append(all, boundedLine(line))
	}
	return all
}

// appendNew adds a text that is not there yet, as long as there are few.
func appendNew(all []string, s string) []string {
	for _, other := range all {
		if other == s {
			return all
		}
	}
	if len(all) == othersShown {
		return all
	}
	return append(all, s)
}
