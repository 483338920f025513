package containers

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/mount"
	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// TestPeers takes minutes, so that it wants to be asked for by its name: make
// containers does that, several peers at a time.
func TestPeers(t *testing.T) {
	if !peersAskedFor() {
		t.Skip("make containers runs the cases over every server in its container")
	}
	contains(t)
	ginkgo.RunSpecs(t, "the cases over every server in its container")
}

// peersAskedFor is whether the tests are these alone.
func peersAskedFor() bool {
	return strings.Trim(flag.Lookup("test.run").Value.String(), "^$") == "TestPeers"
}

// allVariants is the environment variable for every network, too.
const allVariants = "FCGIKIT_ALL_VARIANTS"

// ginkgo --label-filter='peer:flup && proto:fcgi && method:prefork' ./containers -- -test.run=TestPeers
var _ = ginkgo.Describe("a peer in its container", func() {
	targets, err := targets(os.Getenv(allVariants) != "")
	if err != nil {
		panic(err)
	}
	for _, t := range targets {
		labels := ginkgo.Label("peer:"+t.peer.Name, "method:"+t.variant.Method, "network:"+t.variant.Network)
		ginkgo.Describe(t.peer.Name+" "+t.variant.String(), labels, func() {
			mount.Cases(mount.Server{Protocol: client.Protocol(t.variant.Protocol), Run: t.run})
		})
	}
})

// A target is a server in one of its variants.
type target struct {
	peer    Definition
	variant Variant
}

// targets are the servers in every protocol, method and setting, with every
// network or with one, this one and that by turns.
func targets(all bool) ([]target, error) {
	definitions, err := Definitions()
	if err != nil {
		return nil, err
	}
	var chosen []target
	turn := 0
	for _, d := range definitions {
		if d.Kind != Server {
			continue
		}
		for _, alike := range byNetwork(d.Variants()) {
			if !all {
				alike = alike[turn%len(alike):][:1]
				turn++
			}
			for _, v := range alike {
				chosen = append(chosen, target{d, v})
			}
		}
	}
	return chosen, nil
}

// byNetwork puts those together that differ in nothing else, in their order.
func byNetwork(variants []Variant) [][]Variant {
	var kinds [][]Variant
	for _, v := range variants {
		at := slices.IndexFunc(kinds, func(alike []Variant) bool {
			other := alike[0]
			other.Network = v.Network
			return other == v
		})
		if at < 0 {
			kinds = append(kinds, []Variant{v})
		} else {
			kinds[at] = append(kinds[at], v)
		}
	}
	return kinds
}

// summary names the report's entry about a server that was run.
const summary = "peer"

// run starts the server, and has it stopped when its specs are over.
func (t target) run(ctx context.Context, o specs.Options) (result.Target, error) {
	begin := time.Now()
	p, err := t.start(ctx, ginkgo.GinkgoT().TempDir())
	if err != nil {
		return result.Target{}, err
	}
	ginkgo.DeferCleanup(p.Stop)
	found, err := probe(ctx, p, o)
	if err != nil {
		return found, fmt.Errorf("%w\nits log:\n%s", err, end(p.Log()))
	}
	known, err := expectations(t.peer, t.variant)
	if err != nil {
		return found, err
	}
	if ids := stale(found, known); len(ids) > 0 {
		ginkgo.DeferCleanup(func() {
			ginkgo.Fail("expected to fail, and did not: take their rows out: " + strings.Join(ids, ", "))
		})
	}
	if more := tooManyUntested(found); more != "" {
		ginkgo.DeferCleanup(func() { ginkgo.Fail(more) })
	}
	line := fmt.Sprintf("%-44s %-10s %4.0f s ", t.peer.Name+" "+t.variant.String(), found.Version, time.Since(begin).Seconds())
	n := result.Count(found.Results)
	for _, verdict := range result.Verdicts {
		line += fmt.Sprintf(" %s %d", verdict, n[verdict])
	}
	ginkgo.AddReportEntry(summary, ginkgo.ReportEntryVisibilityNever, line)
	return found, nil
}

// start runs the server in its container, with its application in dir.
func (t target) start(ctx context.Context, dir string) (*Peer, error) {
	name, source, err := probeapp.Source(t.peer.Language)
	if err != nil {
		return nil, err
	}
	app := filepath.Join(dir, name)
	if err := os.WriteFile(app, source, 0o644); err != nil {
		return nil, err
	}
	return Start(ctx, t.peer, t.variant, Options{App: app, Container: true})
}

// The versions and the times stand below everything else.
var _ = ginkgo.ReportAfterSuite("peers", func(report ginkgo.Report) {
	var lines []string
	for _, spec := range report.SpecReports {
		for _, e := range spec.ReportEntries {
			if e.Name == summary {
				lines = append(lines, e.StringRepresentation())
			}
		}
	}
	slices.Sort(lines)
	fmt.Println("\n" + strings.Join(lines, "\n"))
})
