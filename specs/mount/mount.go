// Package mount turns the conformance cases into Ginkgo specs over a server, with
// labels to choose them by: proto:fcgi, sec:3.3, level:must, id:fcgi.3.3.version.
package mount

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Server is what the specs run over.
type Server struct {
	Protocol client.Protocol
	Options  specs.Options
	// Start is called once, before the first spec. DeferCleanup is the place to
	// stop it.
	Start func() client.Target
	// Run starts the server and runs the cases over it instead, where that takes
	// more: results whose Known is filled in, and judged strictly.
	Run func(context.Context, specs.Options) (result.Target, error)
	// Known is told each result and adds what is known of a failure; nil: nothing
	// is.
	Known func(*result.Result)
}

// Cases makes a spec of each selected case; it is called within a container. Those
// that the label filter leaves all run before the first spec, as fcgiprobe runs
// them, side by side where the server can: a spec tells what its case found. A
// pattern that matches no case panics.
func Cases(s Server) {
	registry, _, err := specs.Protocol(s.Protocol)
	if err != nil {
		panic(err)
	}
	s.Options.Selection.Protocol = s.Protocol
	cases, err := registry.Select(s.Options.Selection)
	if err != nil {
		panic(err)
	}
	ginkgo.Context(string(s.Protocol), ginkgo.Ordered, ginkgo.ContinueOnFailure, ginkgo.Label("proto:"+string(s.Protocol)), func() {
		found := map[string][]result.Result{}
		ginkgo.BeforeAll(func(ctx ginkgo.SpecContext) {
			options := s.Options
			options.Skip = slices.Concat(options.Skip, leftOut(cases))
			run, err := s.run(ctx, options)
			if err != nil {
				ginkgo.Fail(err.Error())
			}
			for _, r := range run.Results {
				found[r.Case()] = append(found[r.Case()], r)
			}
		})
		ginkgo.It(suite.FirstID+": a plain request is answered", func() { s.judge(found[suite.FirstID]) })
		for _, c := range cases {
			ginkgo.It(c.ID+": "+c.Title, Labels(c), func() {
				if len(found[c.ID]) == 0 {
					ginkgo.Fail("it was not run")
				}
				s.judge(found[c.ID])
			})
		}
	})
}

func (s Server) run(ctx context.Context, o specs.Options) (result.Target, error) {
	if s.Run != nil {
		return s.Run(ctx, o)
	}
	return specs.Run(ctx, s.Start(), o)
}

// leftOut are the ids of the cases that the label filter does not want, which goes
// by the labels of the containers around them, too.
func leftOut(cases []*suite.Case) []string {
	config, _ := ginkgo.GinkgoConfiguration()
	wants := types.MustParseLabelFilter(config.LabelFilter)
	around := slices.Concat(ginkgo.CurrentSpecReport().ContainerHierarchyLabels...)
	var ids []string
	for _, c := range cases {
		if !wants(slices.Concat(around, Labels(c))) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Labels are those that a case is chosen by. A label can't hold a slash, so the
// id's are dots.
func Labels(c *suite.Case) ginkgo.Labels {
	labels := ginkgo.Labels{"level:" + string(c.Level), "id:" + strings.ReplaceAll(c.ID, "/", ".")}
	if parts := strings.Split(c.ID, "/"); len(parts) > 2 {
		labels = append(labels, "sec:"+parts[1])
	}
	return labels
}

// judge makes a spec's end of a case's results, one for each variant: the worst
// of them is the spec's.
func (s Server) judge(results []result.Result) {
	var failed, skipped []string
	for _, r := range results {
		if s.Known != nil {
			s.Known(&r)
		}
		line := strings.TrimSpace(fmt.Sprintf("%s %s: %s", r.Verdict, r.ID, r.Message+r.Note))
		switch {
		case r.Verdict == result.Error, r.Unexpected(s.Known != nil || s.Run != nil):
			failed = append(failed, line)
		case r.Verdict == result.Untested, r.Verdict == result.NA:
			skipped = append(skipped, line)
		}
		if len(r.Bytes) > 0 {
			ginkgo.AddReportEntry(r.ID+" on the wire", ginkgo.ReportEntryVisibilityFailureOrVerbose, wire(r.Bytes))
		}
		if r.Log != "" {
			ginkgo.AddReportEntry("the server's log by then", ginkgo.ReportEntryVisibilityFailureOrVerbose, r.Log)
		}
	}
	switch {
	case len(failed) > 0:
		ginkgo.Fail(strings.Join(failed, "\n"))
	case len(skipped) == len(results):
		ginkgo.Skip(strings.Join(skipped, "\n"))
	}
}

// wire is a trace as the report shows it.
func wire(events []result.Event) string {
	var b strings.Builder
	for _, e := range events {
		arrow := "<"
		if e.Sent {
			arrow = ">"
		}
		fmt.Fprintf(&b, "%d%s %v at %d: %s\n", e.Connection, arrow, e.At, e.Offset, e.Text)
		b.WriteString(hex.Dump(e.Bytes[:min(len(e.Bytes), shownBytes)]))
	}
	return b.String()
}

// shownBytes is how much of a record the trace shows.
const shownBytes = 128
