package reports

import (
	"slices"
)

// indexPage is implementations by sections.
type indexPage struct {
	*Matrix
	Tables []indexTable
	Filter matrixFilter
}

// indexTable is a protocol's.
type indexTable struct {
	*matrixProtocol
	Rows []indexRow
}

// indexRow is an implementation, or one way in which it was run.
type indexRow struct {
	Peer   *matrixPeer
	Target *matrixTarget // nil of an implementation
	Total  matrixCount
	Cells  []matrixCount // a section each
	Ways   []indexRow
}

func (m *Matrix) indexPage() indexPage {
	page := indexPage{Matrix: m, Filter: m.filter(m.protocols, m.peers)}
	for _, p := range m.protocols {
		table := indexTable{matrixProtocol: p}
		for _, peer := range p.peers {
			targets := peer.speaks(p.name)
			row := p.indexRow(peer, targets)
			if len(targets) > 1 {
				for _, t := range targets {
					way := p.indexRow(peer, []*matrixTarget{t})
					way.Target = t
					row.Ways = append(row.Ways, way)
				}
			}
			table.Rows = append(table.Rows, row)
		}
		page.Tables = append(page.Tables, table)
	}
	return page
}

func (p *matrixProtocol) indexRow(peer *matrixPeer, targets []*matrixTarget) indexRow {
	row := indexRow{Peer: peer, Total: countCases(targets, p.cases)}
	for _, s := range p.sections {
		row.Cells = append(row.Cells, countCases(targets, s.cases))
	}
	return row
}

// Title is the page's.
func (p indexPage) Title() string { return "Conformance matrix" }

// Unreached are implementations of which a target could not be probed.
func (p indexPage) Unreached() []*matrixPeer {
	return slices.DeleteFunc(slices.Clone(p.peers), func(peer *matrixPeer) bool { return len(peer.unreached()) == 0 })
}

// Peers are all implementations.
func (p indexPage) Peers() []*matrixPeer { return p.peers }

// Protocol is the table's, for a template.
func (t indexTable) Protocol() *matrixProtocol { return t.matrixProtocol }

// Total is an implementation's count in a protocol.
func (t indexTable) Total(peer *matrixPeer) *matrixCount {
	for _, row := range t.Rows {
		if row.Peer == peer {
			return &row.Total
		}
	}
	return nil
}
