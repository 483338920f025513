package reports

// matrixGrid is a table of cases, by implementations or by the ways of one.
type matrixGrid struct {
	*matrixProtocol
	Columns []matrixColumn
	peer    *matrixPeer // whose ways they are
}

// matrixColumn is one of them.
type matrixColumn struct {
	Key, Name, More string
	targets         []*matrixTarget
}

// gridCell is a cell with where it leads to.
type gridCell struct {
	matrixCell
	Anchor string
}

// LinksPeers is whether the columns have pages of their own.
func (g matrixGrid) LinksPeers() bool { return g.peer == nil }

// Up is the way from its page to the site's folder.
func (g matrixGrid) Up() string {
	if g.peer != nil {
		return "../"
	}
	return ""
}

// Row are a case's cells.
func (g matrixGrid) Row(c *matrixCase) []gridCell {
	var all []gridCell
	for _, column := range g.Columns {
		cell := gridCell{cellOf(column.targets, c), column.Key}
		if g.peer != nil {
			cell.Anchor = g.peer.page
		}
		all = append(all, cell)
	}
	return all
}

// matrixFilter is what a page's filter offers.
type matrixFilter struct {
	Protocols []*matrixProtocol
	States    []state
	Levels    []string
	Sections  []*matrixSection
	Peers     bool // there are several to choose from
	Cases     bool // there are cases to choose from
}

// filter offers what there is among these.
func (m *Matrix) filter(protocols []*matrixProtocol, peers []*matrixPeer) matrixFilter {
	f := matrixFilter{Protocols: protocols, Peers: len(peers) > 1}
	states, levels := map[state]bool{}, map[string]bool{}
	for _, protocol := range protocols {
		for _, peer := range peers {
			for _, t := range peer.speaks(protocol.name) {
				for _, c := range protocol.cases {
					states[t.state(c)], levels[c.Level] = true, true
				}
			}
		}
	}
	for _, s := range everyState {
		if states[s] {
			f.States = append(f.States, s)
		}
	}
	f.Levels = sortedLevels(levels)
	return f
}
