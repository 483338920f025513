package containers

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
)

//go:embed */expect.yaml
var expectFiles embed.FS

// An expectation is a known failure of a peer's. It has to fail: one that
// passes has been mended, and its row goes.
type expectation struct {
	ID        string // a case's
	Version   string // with which it was seen
	Reason    string
	Link      string
	Sometimes bool // it depends on how the bytes happen to come: it may pass
}

// expectations are the known failures of a peer's variant, by the case's id.
func expectations(t *testing.T, d Definition, v Variant) map[string]expectation {
	t.Helper()
	text, err := expectFiles.ReadFile(path.Join(d.Name, "expect.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []expectation
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatalf("%s/expect.yaml: %v", d.Name, err)
	}
	known := map[string]expectation{}
	for _, e := range all {
		if e.ID == "" || e.Version == "" || e.Reason == "" || e.Link == "" {
			t.Errorf("%s/expect.yaml: %q lacks a version, a reason or a link", d.Name, e.ID)
		}
		protocol, _, _ := strings.Cut(e.ID, "/")
		if protocol == v.Protocol {
			known[e.ID] = e
		}
	}
	return known
}

// TestCases runs the conformance cases over every server, and judges by its
// expect.yaml.
func TestCases(t *testing.T) {
	eachServer(t, func(t *testing.T, d Definition, v Variant) {
		available(t, d)
		if v.PacketSize != 0 {
			t.Skip("packets of another size are no other server")
		}
		if _, _, err := specs.Protocol(client.Protocol(v.Protocol)); err != nil {
			t.Skip(err)
		}
		p := started(t, d, v, Options{App: application(t, d)})
		target, err := client.ParseTarget(p.Target())
		if err != nil {
			t.Fatal(err)
		}
		var o specs.Options
		o.ScriptFilename, o.Secret = p.ScriptFilename, v.Secret
		found, err := specs.Run(t.Context(), target, o)
		if err != nil {
			t.Fatal(err)
		}
		judge(t, found.Results, expectations(t, d, v))
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

func judge(t *testing.T, results []result.Result, known map[string]expectation) {
	t.Helper()
	failed := map[string]bool{}
	for _, r := range results {
		id, _, _ := strings.Cut(r.ID, "@")
		switch r.Verdict {
		case result.Fail, result.Warn:
			failed[id] = true
			if _, ok := known[id]; !ok {
				t.Errorf("%s %s: %s", r.Verdict, r.ID, r.Message)
			}
		case result.Error:
			t.Errorf("%s: the harness failed: %s", r.ID, r.Message)
		}
	}
	for id, e := range known {
		if !failed[id] && !e.Sometimes {
			t.Errorf("%s is expected to fail and does not: take it out of expect.yaml", id)
		}
	}
}
