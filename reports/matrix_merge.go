package reports

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// matrixPeer is an implementation in one version.
type matrixPeer struct {
	Name, Version string
	targets       []*matrixTarget
	page          string // the name of its page, without the ending
}

// matrixTarget is one way in which an implementation was run.
type matrixTarget struct {
	result.Target
	How         string // method, network and setting; its address where none is told
	Tool        string
	Seed        int64
	Began       time.Time
	Interrupted bool
	file        string
	byCase      map[string][]result.Result
	states      map[string]state // by case
}

// merge sorts the files' targets by their implementations.
func (m *Matrix) merge(files []MatrixFile) error {
	owners := map[string]string{} // of names that files gave
	for _, f := range files {
		for _, t := range f.Run.Targets {
			name := t.Peer
			if name == "" {
				name = strings.TrimSuffix(filepath.Base(f.Name), filepath.Ext(f.Name))
			}
			owner := ""
			if t.Peer == "" {
				owner = f.Name
			}
			if before, ok := owners[name]; ok && before != owner {
				return sameName(name, before, owner)
			}
			owners[name] = owner
			m.add(clean(name), newMatrixTarget(f, t))
		}
	}
	slices.SortStableFunc(m.peers, func(a, b *matrixPeer) int {
		return cmp.Or(natural(strings.ToLower(a.Name), strings.ToLower(b.Name)), natural(a.Name, b.Name), natural(a.Version, b.Version))
	})
	for _, p := range m.peers {
		slices.SortStableFunc(p.targets, func(a, b *matrixTarget) int {
			return cmp.Or(cmp.Compare(protocolRank(a.Protocol), protocolRank(b.Protocol)), natural(a.How, b.How))
		})
	}
	return nil
}

// sameName is the error of files that nothing tells apart: whether they are of
// one implementation cannot be known.
func sameName(name string, files ...string) error {
	files = slices.DeleteFunc(files, func(s string) bool { return s == "" })
	if len(files) == 1 {
		return fmt.Errorf("%s has no implementation's name, and another file's targets are called %q: expected a file name of its own", files[0], name)
	}
	return fmt.Errorf("%s and %s are both called %q: expected file names that differ, for they name the implementations", files[0], files[1], name)
}

func newMatrixTarget(f MatrixFile, t result.Target) *matrixTarget {
	began := t.Started
	if began.IsZero() {
		began = f.Run.Started
	}
	var how []string
	for _, s := range []string{t.Method, t.Network, t.Setting} {
		if s != "" {
			how = append(how, clean(s))
		}
	}
	if len(how) == 0 {
		how = []string{clean(t.Target)}
	}
	target := &matrixTarget{
		Target: t, How: strings.Join(how, ", "), Tool: clean(f.Run.Tool), Seed: f.Run.Seed, Began: began.UTC(),
		Interrupted: f.Run.Interrupted, file: f.Name, byCase: map[string][]result.Result{}, states: map[string]state{},
	}
	for _, r := range sorted(t.Results) {
		target.byCase[r.Case()] = append(target.byCase[r.Case()], r)
	}
	for id, results := range target.byCase {
		target.states[id] = stateOfAll(results)
	}
	return target
}

// add keeps a target. One that was run twice counts as it did the last time.
func (m *Matrix) add(name string, t *matrixTarget) {
	version := clean(t.Version)
	at := slices.IndexFunc(m.peers, func(p *matrixPeer) bool { return p.Name == name && p.Version == version })
	if at < 0 {
		at = len(m.peers)
		m.peers = append(m.peers, &matrixPeer{Name: name, Version: version})
	}
	p := m.peers[at]
	twin := slices.IndexFunc(p.targets, func(o *matrixTarget) bool { return o.Protocol == t.Protocol && o.How == t.How })
	if twin < 0 {
		p.targets = append(p.targets, t)
		return
	}
	kept, dropped := t, p.targets[twin]
	if kept.Began.Before(dropped.Began) {
		kept, dropped = dropped, kept
	}
	p.targets[twin] = kept
	m.Remarks = append(m.Remarks, fmt.Sprintf("%s (%s) is in %s and in %s: the later run counts, %s of %s",
		p.title(), strings.TrimSpace(clean(kept.Protocol)+" "+kept.How), dropped.file, kept.file, kept.file, kept.Began.Format(time.RFC3339)))
}

// title is its name with its version.
func (p *matrixPeer) title() string { return strings.TrimSpace(p.Name + " " + p.Version) }

// speaks are its targets of a protocol.
func (p *matrixPeer) speaks(protocol string) []*matrixTarget {
	var some []*matrixTarget
	for _, t := range p.targets {
		if t.Protocol == protocol && len(t.Results) > 0 {
			some = append(some, t)
		}
	}
	return some
}

// unreached are its targets of which nothing was found.
func (p *matrixPeer) unreached() []*matrixTarget {
	var some []*matrixTarget
	for _, t := range p.targets {
		if len(t.Results) == 0 {
			some = append(some, t)
		}
	}
	return some
}
