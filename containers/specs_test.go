package containers

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

//go:embed */expect.yaml
var expectFiles embed.FS

// expectations are the known failures of a peer's variant.
func expectations(t *testing.T, d Definition, v Variant) reports.Expectations {
	t.Helper()
	file, err := expectFiles.Open(path.Join(d.Name, "expect.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := reports.ReadExpectations(file)
	if err != nil {
		t.Fatalf("%s/expect.yaml: %v", d.Name, err)
	}
	return slices.DeleteFunc(all, func(e reports.Expectation) bool {
		protocol, _, _ := strings.Cut(e.ID, "/")
		return protocol != v.Protocol
	})
}

// TestCases runs the conformance cases over every server, and judges by its
// expect.yaml.
func TestCases(t *testing.T) {
	eachServer(t, func(t *testing.T, d Definition, v Variant) {
		available(t, d)
		if _, _, err := specs.Protocol(client.Protocol(v.Protocol)); err != nil {
			t.Skip(err)
		}
		p := started(t, d, v, Options{App: application(t, d)})
		target, err := client.ParseTarget(p.Target())
		if err != nil {
			t.Fatal(err)
		}
		var o specs.Options
		o.ScriptFilename, o.Secret, o.PacketSize = p.ScriptFilename, v.Secret, v.PacketSize
		known := expectations(t, d, v)
		wrong := judged(t, target, o, known)
		if len(wrong) > 0 {
			// A server beside others that are busy may be slow: what is wrong comes again.
			t.Logf("tried again: %s", strings.Join(wrong, "; "))
			wrong = judged(t, target, o, known)
		}
		for _, w := range wrong {
			t.Error(w)
		}
	})
}

func judged(t *testing.T, target client.Target, o specs.Options, known reports.Expectations) []string {
	t.Helper()
	found, err := specs.Run(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	return judge(found, known)
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

// judge is what is wrong with a server's results. It takes a warning for a
// failure, too; what is expected to fail has to.
func judge(target result.Target, known reports.Expectations) (wrong []string) {
	known.Apply(&target)
	for _, r := range target.Results {
		switch {
		case r.Verdict == result.Error:
			wrong = append(wrong, fmt.Sprintf("%s: the harness failed: %s", r.ID, r.Message))
		case r.Broken() && r.Known == nil:
			wrong = append(wrong, fmt.Sprintf("%s %s: %s", r.Verdict, r.ID, r.Message))
		}
	}
	for _, e := range known {
		if !e.Sometimes && !failedAs(e.ID, target.Results) {
			wrong = append(wrong, e.ID+" is expected to fail and does not: take it out of expect.yaml")
		}
	}
	return wrong
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
			for _, e := range expectations(t, d, v) {
				id, _, _ := strings.Cut(e.ID, "@")
				if !slices.ContainsFunc(specs.All(), func(c *suite.Case) bool { return c.ID == id }) {
					t.Errorf("%s/expect.yaml: %s is no case", d.Name, e.ID)
				}
			}
		}
	}
}
