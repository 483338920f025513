package containers

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// expectations are the known failures of a peer's variant.
func expectations(d Definition, v Variant) (reports.Expectations, error) {
	file, err := folders.Open(path.Join(d.Name, "expect.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	all, err := reports.ReadExpectations(file)
	if err != nil {
		return nil, fmt.Errorf("%s/expect.yaml: %w", d.Name, err)
	}
	return slices.DeleteFunc(all, func(e reports.Expectation) bool {
		protocol, _, _ := strings.Cut(e.ID, "/")
		return protocol != v.Protocol
	}), nil
}

// TestCases runs the conformance cases over every server that is installed, and
// judges by its expect.yaml. Where there is Docker TestPeers does the same.
func TestCases(t *testing.T) {
	if Engine() == nil {
		t.Skip("make containers runs the cases over every server in its container")
	}
	eachServer(t, func(t *testing.T, d Definition, v Variant) {
		available(t, d)
		p := started(t, d, v, Options{App: application(t, d)})
		found, err := probe(t.Context(), p, specs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		known, err := expectations(d, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found.Results {
			if r.Verdict == result.Error || r.Unexpected(true) {
				t.Errorf("%s %s: %s", r.Verdict, r.ID, r.Message)
			}
		}
		for _, id := range stale(found, known) {
			t.Errorf("%s is expected to fail and does not: take it out of expect.yaml", id)
		}
	})
}

// eachServer runs f over every server that is defined, in each of its variants.
func eachServer(t *testing.T, f func(t *testing.T, d Definition, v Variant)) {
	t.Helper()
	definitions, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		if d.Kind != Server {
			continue
		}
		for _, v := range d.Variants() {
			t.Run(d.Name+"/"+v.String(), func(t *testing.T) {
				t.Parallel()
				f(t, d, v)
			})
		}
	}
}

// failedAs is whether a row's case failed, or its variant.
func failedAs(id string, results []result.Result) bool {
	return slices.ContainsFunc(results, func(r result.Result) bool { return r.Broken() && (r.ID == id || r.Case() == id) })
}

func TestExpectationsAreOfCasesThatThereAre(t *testing.T) {
	definitions, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		for _, v := range d.Variants() {
			known, err := expectations(d, v)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range known {
				id, _, _ := strings.Cut(e.ID, "@")
				if !slices.ContainsFunc(specs.All(), func(c *suite.Case) bool { return c.ID == id }) {
					t.Errorf("%s/expect.yaml: %s is no case", d.Name, e.ID)
				}
			}
		}
	}
}
