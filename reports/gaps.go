package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// gap is a reason for which results are untested.
type gap struct {
	Reason string
	Count  int
	Cure   string // what would make them run, "" where it is the server that has to mend it
}

// gaps are the reasons of a target's untested results, the most frequent first.
func gaps(target result.Target) []gap {
	var all []gap
	for _, r := range sorted(target.Results) {
		if r.Verdict != result.Untested {
			continue
		}
		reason := joined(cleanLines(r.Message))
		at := slices.IndexFunc(all, func(g gap) bool { return g.Reason == reason })
		if at < 0 {
			at = len(all)
			all = append(all, gap{Reason: reason, Cure: cure(reason, target.Protocol)})
		}
		all[at].Count++
	}
	slices.SortStableFunc(all, func(a, b gap) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// cures are by the beginning of the reason: what comes first counts.
var cures = []struct {
	reason string
	cure   func(protocol string) string
}{
	{"it needs the probe application's extra", nil},
	{"it needs the probe application", probeCure},
	{"it needs a container with a secret", always("`-secret S`, where the container has one")},
	{"it needs a container that is set to larger packets", always("`-packet-size N`, where the container is set to packets of N bytes")},
	{"target lost", always("a supervisor that starts the server again, or `-exec COMMAND`")},
	{"interrupted", always("a run that is not interrupted")},
}

func cure(reason, protocol string) string {
	for _, c := range cures {
		if strings.HasPrefix(reason, c.reason) {
			if c.cure == nil {
				return ""
			}
			return c.cure(protocol)
		}
	}
	return ""
}

func always(words string) func(string) string { return func(string) string { return words } }

// probeCure says how a protocol's server mostly gets the probe application.
func probeCure(protocol string) string {
	switch protocol {
	case "scgi":
		return "`fcgiprobe app wsgi >probe.py`, and let the server run it"
	case "ajp":
		return "`fcgiprobe app jsp >probe.jsp`, and let the container serve it"
	}
	return "`fcgiprobe app php >/srv/probe.php`, then add `-script /srv/probe.php`"
}

// String is the gap in a line: how many, why, and what to do.
func (g gap) String() string {
	reason := strings.TrimPrefix(g.Reason, "it ")
	if g.Count > 1 {
		reason = strings.Replace(reason, "needs", "need", 1)
	}
	if reason == g.Reason {
		reason = "untested: " + reason
	}
	line := fmt.Sprintf("%d %s", g.Count, reason)
	if g.Cure != "" {
		line += ": " + g.Cure
	}
	return line
}
