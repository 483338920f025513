package reports

// protocolPage is cases by implementations.
type protocolPage struct {
	*matrixProtocol
	Filter matrixFilter
	Grid   matrixGrid
}

// Title is the page's.
func (p protocolPage) Title() string { return p.matrixProtocol.Title() + ", case by case" }

func (m *Matrix) protocolPage(p *matrixProtocol) protocolPage {
	grid := matrixGrid{matrixProtocol: p}
	for _, peer := range p.peers {
		grid.Columns = append(grid.Columns, matrixColumn{Key: peer.page, Name: peer.Name, More: peer.Version, targets: peer.speaks(p.name)})
	}
	filter := m.filter([]*matrixProtocol{p}, p.peers)
	filter.Sections, filter.Cases = p.sections, true
	return protocolPage{p, filter, grid}
}
