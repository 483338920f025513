package containers

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// maxResultLog is as much of a server's log as a result keeps, as many bytes as
// it keeps of a connection.
const maxResultLog = 4 << 10

// probe runs the cases over a running server, and says in the result which peer
// it is, and what is known of its failures. What is not as expected counts when
// it comes again: beside others that are busy a server may be slow.
func probe(ctx context.Context, p *Peer, o specs.Options) (result.Target, error) {
	known, err := expectations(p.Definition, p.Variant)
	if err != nil {
		return result.Target{}, err
	}
	version, err := p.Version(ctx)
	if err != nil {
		return result.Target{}, err
	}
	started := time.Now()
	found, err := p.cases(ctx, o)
	if err != nil {
		return found, err
	}
	p.sign(&found, version, started)
	known.Apply(&found)
	if again := doubtful(found, known); len(again) > 0 {
		if !slices.Contains(again, suite.FirstID) { // else no other was put to the test
			o.Run, o.Skip = again, nil
		}
		second, err := p.cases(ctx, o)
		if err != nil {
			return found, err
		}
		known.Apply(&second)
		replace(&found, second)
	}
	found.Log = end(p.Log())
	return found, recognised(found)
}

// sign has a result tell which peer it is of.
func (p *Peer) sign(found *result.Target, version string, started time.Time) {
	found.Peer, found.Version, found.Started = p.Definition.Name, version, started
	found.Method, found.Network, found.Setting = p.Variant.Method, p.Variant.Network, p.Variant.setting()
}

// cases are run once; a result that is no pass has the end of the log by then.
func (p *Peer) cases(ctx context.Context, o specs.Options) (result.Target, error) {
	target, err := client.ParseTarget(p.Target())
	if err != nil {
		return result.Target{}, err
	}
	o.ScriptFilename, o.Secret, o.PacketSize = p.ScriptFilename, p.Variant.Secret, p.Variant.PacketSize
	if p.Definition.OneAtATime {
		o.Parallel = 1
	}
	logs := map[string]string{}
	o.Each = func(r result.Result) {
		if r.Verdict != result.Pass {
			logs[r.ID] = end(p.Log())
		}
	}
	found, err := specs.Run(ctx, target, o)
	for i := range found.Results {
		found.Results[i].Log = logs[found.Results[i].ID]
	}
	return found, err
}

// doubtful are the cases that a server is judged by when they have run once more.
func doubtful(found result.Target, known reports.Expectations) []string {
	ids := unexpected(found, known)
	if tooManyUntested(found) != "" {
		for _, r := range found.Results {
			if r.Verdict == result.Untested {
				ids = append(ids, r.Case())
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// unexpected are the cases that did not end as they have to.
func unexpected(found result.Target, known reports.Expectations) []string {
	var ids []string
	for _, r := range found.Results {
		if r.Verdict == result.Error || r.Unexpected(true) {
			ids = append(ids, r.Case())
		}
	}
	ids = append(ids, stale(found, known)...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// stale are the cases that are expected to fail, ran, and did not.
func stale(found result.Target, known reports.Expectations) []string {
	var ids []string
	for _, e := range known {
		of := func(r result.Result) bool { return r.ID == e.ID || r.Case() == e.ID }
		if !e.Sometimes && slices.ContainsFunc(found.Results, of) && !failedAs(e.ID, found.Results) {
			id, _, _ := strings.Cut(e.ID, "@")
			ids = append(ids, id)
		}
	}
	return ids
}

// replace puts the results of a second run in the place of the first one's.
func replace(first *result.Target, second result.Target) {
	for _, r := range second.Results {
		i := slices.IndexFunc(first.Results, func(f result.Result) bool { return f.ID == r.ID })
		if i >= 0 {
			first.Results[i] = r
		} else {
			first.Results = append(first.Results, r)
		}
	}
}

// setting tells variants apart that differ in nothing else.
func (v Variant) setting() string {
	var settings []string
	if v.Secret != "" {
		settings = append(settings, "secret")
	}
	if v.PacketSize != 0 {
		settings = append(settings, "packets of "+strconv.Itoa(v.PacketSize))
	}
	return strings.Join(settings, ", ")
}

// end is the last whole lines of a log.
func end(log string) string {
	if len(log) <= maxResultLog {
		return log
	}
	log = log[len(log)-maxResultLog:]
	_, rest, cut := strings.Cut(log, "\n")
	if !cut {
		return log
	}
	return rest
}
