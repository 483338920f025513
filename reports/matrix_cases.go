package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// matrixProtocol has the cases of a protocol, by the sections of its
// specification, and the implementations that were asked.
type matrixProtocol struct {
	name, page string
	peers      []*matrixPeer
	cases      []*matrixCase // in the order of their sections and ids
	byID       map[string]*matrixCase
	sections   []*matrixSection
}

// matrixCase is a case as the latest run that has it describes it.
type matrixCase struct {
	id                                    string // as it stands in the runs
	ID, Title, Level, Section, Link, Rule string
	page                                  string
	described                             time.Time
}

// matrixSection is a section of the specification with its cases.
type matrixSection struct {
	Name, Link string
	cases      []*matrixCase
}

// Title is the protocol's name and version.
func (p *matrixProtocol) Title() string { return protocolTitle(clean(p.name)) }

// take adds what a target was asked.
func (p *matrixProtocol) take(peer *matrixPeer, t *matrixTarget) {
	if len(t.Results) > 0 && !slices.Contains(p.peers, peer) {
		p.peers = append(p.peers, peer)
	}
	for id, results := range t.byCase {
		c := p.byID[id]
		if c == nil {
			c = &matrixCase{id: id}
			p.byID[id], p.cases = c, append(p.cases, c)
		}
		if c.described.IsZero() || c.described.Before(t.Began) {
			r := results[0]
			c.ID, c.Title, c.Level, c.Section, c.Rule = clean(id), clean(r.Title), clean(r.Level), clean(r.Section), clean(r.Rule)
			c.Link, c.described = webLink(r.Link), t.Began
		}
	}
}

// arrange sorts the cases by their sections.
func (p *matrixProtocol) arrange() {
	slices.SortFunc(p.cases, func(a, b *matrixCase) int { return natural(a.id, b.id) })
	for _, c := range p.cases {
		at := slices.IndexFunc(p.sections, func(s *matrixSection) bool { return s.Name == c.Section })
		if at < 0 {
			at = len(p.sections)
			p.sections = append(p.sections, &matrixSection{Name: c.Section})
		}
		s := p.sections[at]
		if s.Link == "" {
			s.Link = c.Link
		}
		s.cases = append(s.cases, c)
	}
	// The protocol's own specification comes before those that it stands on.
	own := p.specification()
	slices.SortStableFunc(p.sections, func(a, b *matrixSection) int {
		return cmp.Or(cmp.Compare(b.of(own), a.of(own)), natural(a.Name, b.Name))
	})
	p.cases = p.cases[:0]
	for _, s := range p.sections {
		p.cases = append(p.cases, s.cases...)
	}
}

// specification is the one that most cases are of, by its first word.
func (p *matrixProtocol) specification() string {
	count, most := map[string]int{}, ""
	for _, s := range p.sections {
		name, _, _ := strings.Cut(s.Name, " ")
		if count[name] += len(s.cases); count[name] > count[most] {
			most = name
		}
	}
	return most
}

// of is 1 where the section is the specification's, and 0 else.
func (s *matrixSection) of(specification string) int {
	if strings.HasPrefix(s.Name, specification+" ") {
		return 1
	}
	return 0
}

// Short is its name without the specification's, where that is plain from the
// protocol.
func (s *matrixSection) Short(p *matrixProtocol) string {
	return strings.TrimPrefix(s.Name, p.specification()+" ")
}
