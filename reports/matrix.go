package reports

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/fcgikit/fcgikit/reports/result"
)

// MatrixFile is a run, and the name of the file that it came from.
type MatrixFile struct {
	Name string
	Run  result.Run
}

// Matrix is what several runs found: how each implementation does on each case,
// all the ways in which it was run taken together.
type Matrix struct {
	peers     []*matrixPeer     // by name
	protocols []*matrixProtocol // fcgi, scgi, ajp, others
	Remarks   []string          // what its reader has to know of the files, a line each
}

// ErrNoResults is that of a matrix without a cell.
var ErrNoResults = errors.New("no run has a result: expected reports of fcgiprobe that reached their targets")

// NewMatrix brings runs together. The implementation that a target is of stands
// in the target; where it does not, the file's name is its name. An error is
// that two files have one name, or that there is no result at all.
func NewMatrix(files []MatrixFile) (*Matrix, error) {
	m := &Matrix{}
	if err := m.merge(files); err != nil {
		return nil, err
	}
	for _, p := range m.peers {
		for _, t := range p.targets {
			m.protocol(t).take(p, t)
		}
	}
	if !slices.ContainsFunc(m.protocols, func(p *matrixProtocol) bool { return len(p.cases) > 0 }) {
		return nil, ErrNoResults
	}
	m.protocols = slices.DeleteFunc(m.protocols, func(p *matrixProtocol) bool { return len(p.cases) == 0 })
	slices.SortStableFunc(m.protocols, func(a, b *matrixProtocol) int {
		return cmp.Or(cmp.Compare(protocolRank(a.name), protocolRank(b.name)), natural(a.name, b.name))
	})
	pages := fileNames{}
	for _, p := range m.protocols {
		p.page = pages.take(p.name)
		p.arrange()
	}
	m.namePages()
	return m, nil
}

// namePages gives every case and implementation a page of its own.
func (m *Matrix) namePages() {
	cases, peers := fileNames{}, fileNames{"main": true} // a peer's is an element's id, too
	for _, p := range m.protocols {
		for _, c := range p.cases {
			c.page = cases.take(c.ID)
		}
	}
	names := map[string]int{}
	for _, p := range m.peers {
		names[p.Name]++
	}
	for _, p := range m.peers {
		name := p.Name
		if names[name] > 1 && p.Version != "" {
			name += "-" + p.Version
		}
		p.page = peers.take(name)
	}
}

// protocol is the one that a target's cases are of.
func (m *Matrix) protocol(t *matrixTarget) *matrixProtocol {
	for _, p := range m.protocols {
		if p.name == t.Protocol {
			return p
		}
	}
	p := &matrixProtocol{name: t.Protocol, byID: map[string]*matrixCase{}}
	m.protocols = append(m.protocols, p)
	return p
}

// protocolRank is where a protocol stands among the others.
func protocolRank(name string) int {
	known := []string{"fcgi", "scgi", "ajp"}
	if i := slices.Index(known, name); i >= 0 {
		return i
	}
	return len(known)
}

// String is what there is, in a line.
func (m *Matrix) String() string {
	line := m.Size()
	if n, peers := m.fresh(); n > 0 {
		line += fmt.Sprintf("; %s in %s", number(n, "new failure"), number(peers, "implementation"))
	}
	return line
}

// Size is how much there is.
func (m *Matrix) Size() string {
	cases := 0
	for _, p := range m.protocols {
		cases += len(p.cases)
	}
	return fmt.Sprintf("%s, %s, %s", number(len(m.peers), "implementation"), number(cases, "case"), number(len(m.protocols), "protocol"))
}

// Broken are the rules that are not kept, in a sentence: each once for an
// implementation.
func (m *Matrix) Broken() string {
	recorded := 0
	for _, peer := range m.peers {
		for _, p := range m.protocols {
			recorded += countCases(peer.speaks(p.name), p.cases).n[known]
		}
	}
	n, peers := m.fresh()
	switch {
	case n == 0 && recorded == 0:
		return "No failure."
	case n == 0:
		return fmt.Sprintf("%s, each recorded with its reason; none is new.", number(recorded, known.Name()))
	}
	return fmt.Sprintf("%s in %s, beside %s.", number(n, "new failure"), number(peers, "implementation"), number(recorded, known.Name()))
}

// fresh are the failures that nobody has recorded, and of how many implementations.
func (m *Matrix) fresh() (n, peers int) {
	for _, peer := range m.peers {
		of := 0
		for _, p := range m.protocols {
			of += countCases(peer.speaks(p.name), p.cases).Fresh()
		}
		if n += of; of > 0 {
			peers++
		}
	}
	return n, peers
}
