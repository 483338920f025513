package reports

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// MatrixMarkdown writes a summary as a table for a repository's page or a CI's
// summary, in GitHub's dialect: implementations by protocols, each with its share
// of rules kept.
func MatrixMarkdown(w io.Writer, m result.Matrix) error {
	var out markdown
	protocols := summaryProtocols(m)
	heads := []string{"implementation", "version"}
	for _, p := range protocols {
		heads = append(heads, mdText(protocolTitle(p)))
	}
	out.table(heads...)
	for _, p := range m.Peers {
		cells := []string{mdText(p.Name), mdText(p.Version)}
		for _, protocol := range protocols {
			cells = append(cells, mdShare(p, protocol))
		}
		out.row(cells...)
	}
	if from, to := summaryDates(m); from != "" {
		when := from
		if to != from {
			when += " to " + to
		}
		out.line("Rules kept of those that could be put to the test, over all methods and networks of an implementation; %s.", when)
	}
	_, err := w.Write(bytes.TrimLeft(out.Bytes(), "\n"))
	return err
}

// mdShare is an implementation's share in a protocol, and what wants attention.
func mdShare(p result.MatrixPeer, protocol string) string {
	at := slices.IndexFunc(p.Protocols, func(m result.MatrixProtocol) bool { return m.Protocol == protocol })
	if at < 0 {
		return ""
	}
	m := p.Protocols[at]
	cell := share(m.Kept, m.Tested)
	if m.Tested > 0 {
		cell = fmt.Sprintf("%s (%d of %d)", cell, m.Kept, m.Tested)
	}
	for _, c := range []struct {
		n    int
		what string
	}{
		{m.Counts[string(failed)] + m.Counts[string(warned)], "new"},
		{m.Counts[string(mended)], string(mended)},
		{m.Counts[string(errored)], string(errored)},
	} {
		if c.n > 0 {
			cell += fmt.Sprintf(", **%d %s**", c.n, c.what)
		}
	}
	return cell
}

// summaryProtocols are those that any implementation speaks.
func summaryProtocols(m result.Matrix) []string {
	var all []string
	for _, p := range m.Peers {
		for _, protocol := range p.Protocols {
			if !slices.Contains(all, protocol.Protocol) {
				all = append(all, protocol.Protocol)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return protocolRank(a) - protocolRank(b) })
	return all
}

func protocolTitle(name string) string {
	if title := protocolNames[name]; title != "" {
		return title
	}
	return strings.TrimSpace(name)
}

// summaryDates are the days of its first and its last run.
func summaryDates(m result.Matrix) (from, to string) {
	var days []string
	for _, p := range m.Peers {
		for _, t := range p.Targets {
			if !t.Started.IsZero() {
				days = append(days, t.Started.UTC().Format("2006-01-02"))
			}
		}
	}
	if len(days) == 0 {
		return "", ""
	}
	return slices.Min(days), slices.Max(days)
}
