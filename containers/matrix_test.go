package containers

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
)

var (
	matrix     = flag.String("matrix", "", "the folder into which TestMatrix writes NAME.json for each server")
	matrixSeed = flag.Int64("matrix-seed", 1, "the seed of TestMatrix's runs")
)

// matrixSlots are the servers that run at once: the cases wait more than they
// work, and none should be slow because of others.
var matrixSlots = make(chan struct{}, 4)

// TestMatrix runs the cases over each server in its container, in all of its
// variants, and writes what it found into a file a server, as fcgiprobe -json
// does. What a server breaks is a result and no failure of the test: TestPeers
// judges. -run TestMatrix/flup takes one server.
func TestMatrix(t *testing.T) {
	if *matrix == "" {
		t.Skip("go test ./containers -run TestMatrix -matrix DIR writes what the matrix is made of")
	}
	contains(t)
	if err := os.MkdirAll(*matrix, 0o755); err != nil {
		t.Fatal(err)
	}
	eachPeer(t, func(t *testing.T, d Definition) {
		if d.Kind != Server {
			t.Skip("a gateway is no target of these cases")
		}
		run := result.Run{Version: result.Version, Tool: "fcgikit", Started: time.Now(), Seed: *matrixSeed}
		for _, v := range d.Variants() {
			found, err := inMatrix(t, d, v)
			if err != nil {
				t.Errorf("%s: %v", v, err)
				found = missed(d, v, err)
			}
			run.Targets = append(run.Targets, found)
		}
		f, err := os.Create(filepath.Join(*matrix, d.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(reports.JSON(f, run), f.Close()); err != nil {
			t.Fatal(err)
		}
	})
}

// missed is what the matrix is told of a server that could not be run: that it was
// not reached, and why.
func missed(d Definition, v Variant, err error) result.Target {
	p := &Peer{Definition: d, Variant: v}
	found := result.Target{Target: v.String(), Protocol: v.Protocol, Notes: []string{err.Error()}}
	p.sign(&found, "", time.Now())
	return found
}

func TestAServerThatCouldNotBeRunIsInTheMatrix(t *testing.T) {
	d := lookup(t, "flup")
	found := missed(d, d.Variants()[0], errors.New("no image"))
	good := result.Target{Target: "fcgi://127.0.0.1:9", Protocol: "fcgi", Peer: "other", Results: []result.Result{{ID: "fcgi/3.3/version", Verdict: result.Pass}}}
	var file bytes.Buffer
	if err := reports.JSON(&file, result.Run{Version: result.Version, Tool: "fcgikit", Targets: []result.Target{found, good}}); err != nil {
		t.Fatal(err)
	}
	run, err := reports.ReadJSON(&file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := reports.NewMatrix([]reports.MatrixFile{{Name: "flup.json", Run: run}})
	if err != nil {
		t.Fatal(err)
	}
	site, err := m.Site()
	if err != nil {
		t.Fatal(err)
	}
	if index := string(site[0].Content); !strings.Contains(index, "threaded, unix") || !strings.Contains(index, "no image") {
		t.Error("the index doesn't say that flup was not reached, and why")
	}
}

func inMatrix(t *testing.T, d Definition, v Variant) (result.Target, error) {
	matrixSlots <- struct{}{}
	defer func() { <-matrixSlots }()
	p, err := Start(t.Context(), d, v, Options{App: application(t, d), Container: true})
	if err != nil {
		return result.Target{}, err
	}
	var o specs.Options
	o.Seed = *matrixSeed
	found, err := probe(t.Context(), p, o)
	t.Logf("%s %s: %v", v, found.Version, result.Count(found.Results))
	return found, errors.Join(err, p.Stop())
}
