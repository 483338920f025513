package reports

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadSchema is the JSON Schema, draft 2020-12, of what [WriteLoad] writes.
//
//go:embed schema/fcgibench-1.json
var LoadSchema []byte

// WriteLoad writes a run of fcgibench, in the form that [LoadSchema] describes.
// It is harmless on a terminal: what is not printable is escaped.
func WriteLoad(w io.Writer, load result.Load) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(withoutNull(load)); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// withoutNull has empty lists and maps where a run has none.
func withoutNull(load result.Load) result.Load {
	load.Subjects = append([]result.Subject{}, load.Subjects...)
	for i := range load.Subjects {
		s := &load.Subjects[i]
		s.Rounds = append([]result.Round{}, s.Rounds...)
		for j := range s.Rounds {
			if s.Rounds[j].Phases == nil {
				s.Rounds[j].Phases = map[string]result.Latencies{}
			}
		}
	}
	return load
}

// ReadLoad reads a run that [WriteLoad] wrote. The error says what it is
// instead: no JSON, another version's, a judgement that there is not.
func ReadLoad(r io.Reader) (result.Load, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return result.Load{}, err
	}
	var form struct {
		Version  *int             `json:"version"`
		Subjects *json.RawMessage `json:"subjects"`
	}
	switch err := json.Unmarshal(text, &form); {
	case err != nil:
		return result.Load{}, fmt.Errorf("no run of fcgibench: %s", readError(err))
	case form.Version == nil:
		return result.Load{}, errors.New(`no run of fcgibench: it has no "version"`)
	case *form.Version != result.LoadVersion:
		return result.Load{}, fmt.Errorf("a run of version %d: this fcgibench reads version %d", *form.Version, result.LoadVersion)
	case form.Subjects == nil:
		return result.Load{}, errors.New(`no run of fcgibench: it has no "subjects"`)
	}
	var load result.Load
	if err := json.Unmarshal(text, &load); err != nil {
		return result.Load{}, fmt.Errorf("a bad run: %s", readError(err))
	}
	return load, checkLoad(load)
}

var judgements = []result.Judgement{result.Better, result.Worse, result.NoDifference, result.NotEnoughRounds, result.Worthless}

// checkLoad refuses what arithmetic would stumble over, or a reader take for
// something else.
func checkLoad(load result.Load) error {
	for i, s := range load.Subjects {
		if s.Name == "" {
			return fmt.Errorf("a bad run: subject %d has no name", i+1)
		}
		for j, r := range s.Rounds {
			if r.Duration < 0 || r.Succeeded < 0 || r.Succeeded > r.Requests {
				return fmt.Errorf("a bad run: %q, round %d: %d of %d requests succeeded in %v", s.Name, j+1, r.Succeeded, r.Requests, r.Duration)
			}
		}
	}
	for _, c := range load.Comparisons {
		if !slices.Contains(judgements, c.Judgement) {
			return fmt.Errorf("a bad run: %s of %q and %q: judgement %q: expected one of %q", c.Measure, c.Base, c.Other, c.Judgement, judgements)
		}
	}
	return nil
}
