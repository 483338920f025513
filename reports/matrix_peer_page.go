package reports

import (
	"fmt"
	"slices"
)

// peerPage is an implementation in all its ways.
type peerPage struct {
	*matrixPeer
	Filter matrixFilter
	Parts  []peerPart
}

// peerPart is a protocol of it.
type peerPart struct {
	Total matrixCount
	Ways  []indexRow
	Grid  matrixGrid
	// The cases that are worth a word, by their state.
	Wanting, Known []peerCase
	Gaps           []gap
}

// peerCase is a case with what is to be said of it.
type peerCase struct {
	*matrixCase
	State state
	Words string
}

// Title is the page's.
func (p peerPage) Title() string { return p.title() }

// Targets are all the ways in which it was run.
func (p peerPage) Targets() []*matrixTarget { return p.targets }

// Unreached are those that could not be probed.
func (p peerPage) Unreached() []*matrixTarget { return p.unreached() }

func (m *Matrix) peerPage(p *matrixPeer) peerPage {
	page := peerPage{matrixPeer: p}
	var spoken []*matrixProtocol
	for _, protocol := range m.protocols {
		targets := p.speaks(protocol.name)
		if len(targets) == 0 {
			continue
		}
		spoken = append(spoken, protocol)
		part := peerPart{Total: countCases(targets, protocol.cases), Grid: matrixGrid{matrixProtocol: protocol, peer: p}}
		for i, t := range targets {
			part.Grid.Columns = append(part.Grid.Columns, matrixColumn{Key: fmt.Sprintf("%s-%d", protocol.page, i+1), Name: t.How, targets: targets[i : i+1]})
			way := protocol.indexRow(p, targets[i:i+1])
			way.Target = t
			part.Ways = append(part.Ways, way)
		}
		part.tell(protocol, targets)
		page.Parts = append(page.Parts, part)
	}
	page.Filter = m.filter(spoken, []*matrixPeer{p})
	page.Filter.Cases = true
	return page
}

// tell finds what is worth a word of the cases.
func (part *peerPart) tell(protocol *matrixProtocol, targets []*matrixTarget) {
	for _, c := range protocol.cases {
		cell := cellOf(targets, c)
		if !cell.State.wants() && cell.State != known {
			continue
		}
		e := evidenceOf(targets, c)[0] // what counts
		told := peerCase{c, cell.State, e.Summary()}
		if cell.State == known {
			part.Known = append(part.Known, told)
		} else {
			part.Wanting = append(part.Wanting, told)
		}
	}
	slices.SortStableFunc(part.Wanting, func(a, b peerCase) int { return slices.Index(wanting, a.State) - slices.Index(wanting, b.State) })
	for _, t := range targets {
		for _, g := range gaps(t.Target) {
			if !slices.ContainsFunc(part.Gaps, func(o gap) bool { return o.Reason == g.Reason }) {
				part.Gaps = append(part.Gaps, g)
			}
		}
	}
}
