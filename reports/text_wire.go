package reports

import (
	"fmt"
	"slices"
	"strings"
)

// near are the events around the marked one, or the last ones, in at most room
// lines.
func (t *Text) near(f folded, room int) []string {
	events := wireOf(f.Result, false)
	if len(events) == 0 || room <= 0 {
		return nil
	}
	center := slices.IndexFunc(events, func(l wireLine) bool { return l.Marked })
	if center < 0 {
		center = lastThatCame(events)
	}
	from, to := center, center+1
	shown := len(t.wire(events[from:to]))
	for shown < room && (from > 0 || to < len(events)) {
		// What led to it tells more than what followed, so it goes first.
		if from > 0 && (center-from <= to-1-center || to == len(events)) {
			from--
		} else {
			to++
		}
		shown++
	}
	lines := t.wire(events[from:to])
	for i := range lines {
		lines[i] = shorten(lines[i], lineWidth-10)
	}
	return lines[:min(len(lines), room)]
}

// lastThatCame is where the server ended: what this side did afterwards tells
// little.
func lastThatCame(events []wireLine) int {
	for i, e := range slices.Backward(events) {
		if !e.Sent {
			return i
		}
	}
	return len(events) - 1
}

// wire are events as lines, with their hexdumps.
func (t *Text) wire(events []wireLine) []string {
	var lines []string
	for _, e := range events {
		connection := ""
		if e.Connection > 0 {
			connection = fmt.Sprintf("#%d ", e.Connection)
		}
		lines = append(lines, fmt.Sprintf("%s%s %9s ms  %s", connection, e.Way(), e.Ms, e.Text))
		if t.Verbose {
			for _, d := range e.Detail {
				lines = append(lines, "        "+d)
			}
		}
		for _, row := range e.Dump {
			lines = append(lines, t.row(row)...)
		}
	}
	return lines
}

// row is a line of a hexdump, and the one that points at its marked bytes.
func (t *Text) row(d dumpRow) []string {
	var lines []string
	if d.Skipped > 0 && t.Verbose {
		lines = append(lines, fmt.Sprintf("      ... %d bytes", d.Skipped))
	}
	if len(d.Bytes) == 0 {
		return lines
	}
	sign := ' '
	if d.Whole {
		sign = '>'
	}
	lines = append(lines, strings.TrimRight(fmt.Sprintf("   %c%6d  %s %s", sign, d.Offset, d.Hex(), d.ASCII()), " "))
	if d.marked() {
		lines = append(lines, fmt.Sprintf("            %s", d.Pointer()))
	}
	return lines
}
