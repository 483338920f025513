package reports

import (
	"strings"
)

// Summary is evidence in a line.
func (e *matrixEvidence) Summary() string {
	switch {
	case e.Known != nil && e.State == mended:
		return "it was expected to fail: " + e.Known.Reason
	case e.Known != nil:
		return e.Known.Reason
	case e.Kind != "":
		return e.Kind
	case len(e.Message) == 0 && len(e.Notes) > 0:
		return e.Notes[0]
	}
	return strings.TrimSpace(joined(e.Message))
}

// Told is whether there is more to say than the verdict.
func (e *matrixEvidence) Told() bool {
	return e.Check != "" || e.Kind != "" || len(e.Message) > 0 || e.Known != nil || len(e.Notes) > 0 || e.Again != ""
}

// casePage is a case over all implementations.
type casePage struct {
	*matrixCase
	Protocol       *matrixProtocol
	Before, Behind *matrixCase
	Peers          []casePeer
	Count          matrixCount
}

// casePeer is how one of them does on it.
type casePeer struct {
	*matrixPeer
	Cell     matrixCell
	Evidence []*matrixEvidence
}

// Plain is whether all is said by the verdict and where it was seen.
func (p casePeer) Plain() bool { return len(p.Evidence) == 1 && !p.Evidence[0].Told() }

// Words are what its row of the overview says.
func (p casePeer) Words() string {
	if len(p.Evidence) == 0 {
		return ""
	}
	if words := p.Evidence[0].Summary(); words != "" {
		return words
	}
	return strings.Join(p.Evidence[0].Ways(), "; ")
}

// Title is the page's.
func (p casePage) Title() string { return p.ID }

// Headline is what the case is about.
func (p casePage) Headline() string { return p.matrixCase.Title }

func newCasePage(p *matrixProtocol, i int, limit evidenceLimit) casePage {
	c := p.cases[i]
	page := casePage{matrixCase: c, Protocol: p, Count: matrixCount{n: map[state]int{}}}
	if i > 0 {
		page.Before = p.cases[i-1]
	}
	if i+1 < len(p.cases) {
		page.Behind = p.cases[i+1]
	}
	for _, peer := range p.peers {
		targets := peer.speaks(p.name)
		one := casePeer{peer, cellOf(targets, c), evidenceOf(targets, c)}
		for _, e := range one.Evidence {
			e.show(limit)
		}
		page.Count.n[one.Cell.State]++
		page.Peers = append(page.Peers, one)
	}
	return page
}
