package reports

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// matrixEvent is an event with its dump as it stands on the page.
type matrixEvent struct {
	wireLine
	Dump template.HTML
}

// boundedWire is what went over the wire, cut to the limit: the events around the
// marked one, and of their bytes the first in each direction.
func boundedWire(r result.Result, limit evidenceLimit) (events []matrixEvent, cut int) {
	lines := wireOf(r, true)
	if n := len(lines); n > limit.events {
		from := min(max(markedLine(lines)-limit.events/2, 0), n-limit.events)
		lines, cut = lines[from:from+limit.events], n-limit.events
	}
	left := map[bool]int{true: limit.bytes, false: limit.bytes}
	for _, l := range lines {
		l.Text, l.Detail = boundedLine(l.Text), boundedLines(l.Detail)
		left[l.Sent] = l.keep(left[l.Sent])
		events = append(events, matrixEvent{l, dumpHTML(l.Dump)})
	}
	return events, cut
}

// dumpHTML are a dump's rows. They are most of a site: a template takes ten times
// as long.
func dumpHTML(rows []dumpRow) template.HTML {
	var b strings.Builder
	parts := func(p [3]string) {
		b.WriteString(html.EscapeString(p[0]))
		if p[1] != "" {
			b.WriteString("<mark>" + html.EscapeString(p[1]) + "</mark>")
		}
		b.WriteString(html.EscapeString(p[2]))
	}
	for _, row := range rows {
		if row.Skipped > 0 {
			fmt.Fprintf(&b, "        … %d bytes\n", row.Skipped)
		}
		if len(row.Bytes) == 0 {
			continue
		}
		sign := " "
		if row.Whole {
			sign = "&gt;"
		}
		fmt.Fprintf(&b, "%s%6d  ", sign, row.Offset)
		parts(row.HexParts())
		b.WriteString("  ")
		parts(row.ASCIIParts())
		b.WriteByte('\n')
	}
	return template.HTML(b.String())
}

func markedLine(lines []wireLine) int {
	for i, l := range lines {
		if l.Marked {
			return i
		}
	}
	return len(lines) - 1
}

// keep cuts the dump's rows behind so many bytes, and says how many are left. Of
// the marked bytes none is lost: they are what it is about, and few.
func (l *wireLine) keep(left int) int {
	var rows []dumpRow
	var skipped int64
	for _, row := range l.Dump {
		skipped += row.Skipped
		if len(row.Bytes) > left && row.Mark[1] == row.Mark[0] {
			skipped += int64(len(row.Bytes))
			continue
		}
		left -= min(len(row.Bytes), left)
		row.Skipped, skipped = skipped, 0
		rows = append(rows, row)
	}
	if skipped > 0 && len(rows) > 0 {
		rows = append(rows, dumpRow{Skipped: skipped})
	}
	l.Dump = rows
	return left
}

// logLines are the last lines of a log, of at most so many bytes.
func logLines(log string, bytes int) []string {
	if len(log) > bytes {
		log = log[len(log)-bytes:]
		if _, rest, ok := strings.Cut(log, "\n"); ok {
			log = rest
		}
	}
	return cleanLines(log)
}
