package reports

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/fcgikit/fcgikit/reports/result"
)

// MatrixSchema is the JSON Schema, draft 2020-12, of what [MatrixJSON] writes.
//
//go:embed schema/matrix-1.json
var MatrixSchema []byte

// Summary is the matrix in short. It has no time of its making: the same runs
// make the same summary.
func (m *Matrix) Summary() result.Matrix {
	all := result.Matrix{Version: result.MatrixVersion, Peers: []result.MatrixPeer{}}
	for _, p := range m.peers {
		peer := result.MatrixPeer{
			Name: p.Name, Version: p.Version, Page: p.page,
			Targets: []result.MatrixTarget{}, Protocols: []result.MatrixProtocol{},
		}
		for _, t := range p.targets {
			peer.Targets = append(peer.Targets, result.MatrixTarget{
				Protocol: clean(t.Protocol), How: t.How, Server: clean(t.Server), Tool: t.Tool, Started: t.Began, Seed: t.Seed,
				Counts: countCases([]*matrixTarget{t}, m.protocolCases(t.Protocol)).names(),
			})
		}
		for _, protocol := range m.protocols {
			if targets := p.speaks(protocol.name); len(targets) > 0 {
				peer.Protocols = append(peer.Protocols, protocol.summary(targets))
			}
		}
		all.Peers = append(all.Peers, peer)
	}
	return all
}

func (m *Matrix) protocolCases(name string) []*matrixCase {
	for _, p := range m.protocols {
		if p.name == name {
			return p.cases
		}
	}
	return nil
}

func (p *matrixProtocol) summary(targets []*matrixTarget) result.MatrixProtocol {
	count := countCases(targets, p.cases)
	s := result.MatrixProtocol{
		Protocol: clean(p.name), Kept: count.Kept(), Tested: count.Tested(), Counts: count.names(),
		Sections: []result.MatrixSection{}, Others: map[string]string{},
	}
	for _, section := range p.sections {
		if n := countCases(targets, section.cases).names(); len(n) > 0 {
			s.Sections = append(s.Sections, result.MatrixSection{Section: section.Name, Counts: n})
		}
	}
	for _, c := range p.cases {
		if state := cellOf(targets, c).State; state != passed && state != notRun {
			s.Others[c.ID] = string(state)
		}
	}
	return s
}

func (c matrixCount) names() map[string]int {
	all := map[string]int{}
	for s, n := range c.n {
		all[string(s)] = n
	}
	return all
}

// MatrixJSON writes a summary, in the form that [MatrixSchema] describes.
func MatrixJSON(w io.Writer, m result.Matrix) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(m); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// ErrNoMatrix is that of a text that is no summary at all, of whatever version.
var ErrNoMatrix = errors.New(`no matrix of fcgiprobe: expected JSON with "matrix": 1`)

// ReadMatrix reads a summary that [MatrixJSON] wrote.
func ReadMatrix(r io.Reader) (result.Matrix, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return result.Matrix{}, err
	}
	var form struct {
		Version *int `json:"matrix"`
	}
	if err := json.Unmarshal(text, &form); err != nil || form.Version == nil {
		return result.Matrix{}, ErrNoMatrix
	}
	if *form.Version != result.MatrixVersion {
		return result.Matrix{}, fmt.Errorf("a matrix of version %d: this fcgiprobe reads version %d", *form.Version, result.MatrixVersion)
	}
	var m result.Matrix
	if err := json.Unmarshal(text, &m); err != nil {
		return result.Matrix{}, fmt.Errorf("a bad matrix: %s", readError(err))
	}
	return m, nil
}
