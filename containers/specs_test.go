package containers

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// expectations are the known failures of a peer's variant: of expect.yaml, and of
// expect-threaded.yaml and such for what is so in some of its ways alone.
func expectations(d Definition, v Variant) (reports.Expectations, error) {
	all, err := expectationsIn(d, "expect.yaml")
	for _, word := range v.words() {
		some, failed := expectationsIn(d, "expect-"+word+".yaml")
		all, err = append(all, some...), errors.Join(err, failed)
	}
	return slices.DeleteFunc(all, func(e reports.Expectation) bool {
		protocol, _, _ := strings.Cut(e.ID, "/")
		return protocol != v.Protocol
	}), err
}

// words are what the files of known failures are named by.
func (v Variant) words() []string {
	words := []string{v.Method, v.Network}
	if v.Secret != "" {
		words = append(words, "secret")
	}
	if v.Protocol == "ajp" {
		words = append(words, "packets-of-"+strconv.Itoa(cmp.Or(v.PacketSize, 8192)))
	}
	return words
}

func expectationsIn(d Definition, name string) (reports.Expectations, error) {
	file, err := folders.Open(path.Join(d.Name, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	all, err := reports.ReadExpectations(file)
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", d.Name, name, err)
	}
	return all, nil
}

// TestExpectationsOfSomeWaysAreOfWaysThatThereAre: such a file counts for a variant
// of its peer, not for all of them, and has no row that expect.yaml has.
func TestExpectationsOfSomeWaysAreOfWaysThatThereAre(t *testing.T) {
	files, err := fs.Glob(folders, "*/expect-*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are none: %v", err)
	}
	for _, file := range files {
		d := lookup(t, path.Dir(file))
		word := strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "expect-"), ".yaml")
		always, err := expectationsIn(d, "expect.yaml")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := expectationsIn(d, path.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			protocol, _, _ := strings.Cut(row.ID, "/")
			with, without := 0, 0
			for _, v := range d.Variants() {
				switch {
				case v.Protocol != protocol:
				case slices.Contains(v.words(), word):
					with++
				default:
					without++
				}
			}
			if with == 0 || without == 0 {
				t.Errorf("%s: %s is of %d ways to run it, and not of %d: expected some of each", file, row.ID, with, without)
			}
			if slices.ContainsFunc(always, func(e reports.Expectation) bool { return e.ID == row.ID }) {
				t.Errorf("%s: %s has a row in expect.yaml, too", file, row.ID)
			}
		}
	}
}

// TestCases runs the conformance cases over every server that is installed, and
// judges by what is known of it. Where there is Docker TestPeers does the same.
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
		if more := tooManyUntested(found); more != "" {
			t.Error(more)
		}
		for _, id := range stale(found, known) {
			t.Errorf("%s is expected to fail and does not: take its row out", id)
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
