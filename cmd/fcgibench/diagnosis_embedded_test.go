package main

import (
	"slices"
	"testing"

	"github.com/fcgikit/fcgikit/reports/result"
)

// TestTheEmbeddedServerIsWellInEveryWay it can be loaded.
func TestTheEmbeddedServerIsWellInEveryWay(t *testing.T) {
	t.Parallel()
	const requests = "100"
	b := runs(t, "-protocol", "fcgi,scgi,ajp", "-network", "unix,tcp", "-method", "threaded,prefork", "-workers", "8", "-connections", "8", "-rate", "200", "-requests", requests, "-timeout", "30s", "-seed", "1")
	if len(b.run.Subjects) != 3*2*2 {
		t.Fatalf("%d servers, want 12\n%s", len(b.run.Subjects), b.text)
	}
	if got := b.ofTheServer(); got != nil {
		t.Errorf("all are well, and fcgibench says %q\n%s", got, b.text)
	}
	for _, s := range b.run.Subjects {
		t.Run(s.Protocol+"/"+s.Name, func(t *testing.T) { embeddedIsWell(t, s) })
	}
	b.exits(t, 0)
	b.addsUp(t)
}

func embeddedIsWell(t *testing.T, s result.Subject) {
	if len(s.Rounds) != 1 {
		t.Fatalf("%d rounds", len(s.Rounds))
	}
	r := s.Rounds[0]
	t.Logf("opened %d, bytes %d out and %d in, server %d B in %d processes, CPU %v", r.Opened, r.BytesOut, r.BytesIn, r.Server.Memory, r.Server.Processes, r.Server.CPU)
	if r.Requests != 100 || r.Succeeded != 100 || r.Statuses["200"] != 100 {
		t.Errorf("%d of %d requests succeeded, statuses %v, errors %v", r.Succeeded, r.Requests, r.Statuses, r.Errors)
	}
	opened := int64(8)
	if s.Protocol == "scgi" {
		opened = 100 // it keeps none
	}
	if r.Opened > opened || r.Opened+r.Reused < 100 {
		t.Errorf("%d connections made, %d requests on kept ones", r.Opened, r.Reused)
	}
	processes := map[string]int{"threaded": 1, "prefork": 9}[s.Method]
	if r.Server.Memory == 0 || r.Server.Processes != processes || s.Backlog == 0 {
		t.Errorf("want %d processes and a backlog, got %+v, %d", processes, r.Server, s.Backlog)
	}
	if r.BytesOut < 50*100 || r.BytesIn < 50*100 || r.Generator.CPU <= 0 || r.Generator.Goroutines == 0 || r.Generator.Descriptors == 0 {
		t.Errorf("%d bytes out, %d in; the generator took %+v", r.BytesOut, r.BytesIn, r.Generator)
	}
	phases := []string{"queue", "write", "first byte", "body"}
	if slices.ContainsFunc(phases, func(p string) bool { return r.Phases[p].Count != 100 }) || r.Phases["connect"].Count != r.Opened {
		t.Errorf("phases %v", r.Phases)
	}
}
