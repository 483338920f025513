package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// wireLine is one event as every report shows it.
type wireLine struct {
	Connection int // 0 where there is just one
	Sent       bool
	Ms         string
	Offset     int64
	Text       string
	Detail     []string
	Dump       []dumpRow
	Marked     bool
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}

// Way is the direction in a word.
func (l wireLine) Way() string {
	if l.Sent {
		return "sent"
	}
	return "came"
}

// dumpRow is sixteen bytes, or none where the last ones are left out.
type dumpRow struct {
	Offset  int64 // in its direction's stream
	Bytes   []byte
	Mark    [2]int // the columns that are marked, from and to; empty is none
	Whole   bool   // the mark is the whole event, so that no column stands out
	Skipped int64  // bytes that stand before this row and are not shown
}

const rowBytes = 16

// wireOf are a result's events with the bytes that its mark is about. In full
// each has a hexdump of its first bytes; else the marked one alone.
func wireOf(r result.Result, full bool) []wireLine {
	events := slices.Clone(r.Bytes)
	slices.SortStableFunc(events, func(a, b result.Event) int { return cmp.Compare(a.At, b.At) })
	several := slices.ContainsFunc(events, func(e result.Event) bool { return e.Connection != events[0].Connection })
	pointed := markedEvent(events, r.Mark)
	var lines []wireLine
	for i, e := range events {
		l := wireLine{
			Sent: e.Sent, Offset: e.Offset, Text: clean(e.Text), Marked: i == pointed,
			Ms: milliseconds(e.At),
		}
		if several {
			l.Connection = e.Connection
		}
		for _, d := range e.Detail {
			l.Detail = append(l.Detail, clean(d))
		}
		switch touched := touches(e, r.Mark); {
		case full:
			l.Dump = dump(e, r.Mark, shownBytes)
			l.Marked = l.Marked || touched
		case i == pointed:
			l.Dump = dump(e, r.Mark, 0)
		}
		lines = append(lines, l)
	}
	return lines
}

// shownBytes is how much of a record a full hexdump shows beside its mark: the
// beginning tells which record it is, and a reader has the decoded one.
const shownBytes = 128

// touches is whether an event holds bytes of the mark, or the place of an empty
// one.
func touches(e result.Event, m *result.Mark) bool {
	if m == nil || e.Connection != m.Connection || e.Sent != m.Sent {
		return false
	}
	end := e.Offset + int64(len(e.Bytes))
	return m.Offset < end && e.Offset < m.Offset+int64(max(m.Length, 1))
}

// markedEvent is the first event that the mark touches. A mark behind the last
// byte is of what did not come: there the last event of its direction is it.
func markedEvent(events []result.Event, m *result.Mark) int {
	if m == nil {
		return -1
	}
	last := -1
	for i, e := range events {
		if touches(e, m) {
			return i
		}
		if e.Connection == m.Connection && e.Sent == m.Sent && e.Offset <= m.Offset {
			last = i
		}
	}
	return last
}

// dump are rows of an event: its first bytes, up to limit, and those of the
// mark, of which a long one is shown by its beginning.
func dump(e result.Event, m *result.Mark, limit int) []dumpRow {
	from, to := 0, 0
	if touches(e, m) {
		from = int(max(m.Offset-e.Offset, 0))
		to = int(min(m.Offset+int64(max(m.Length, 1))-e.Offset, int64(len(e.Bytes))))
	}
	whole := from == 0 && to > 0 && to == len(e.Bytes)
	limitMarked := markedRows
	if whole {
		limitMarked = 1 // its beginning is its header
	}
	var rows []dumpRow
	skipped, markRows := int64(0), 0
	for at := 0; at < len(e.Bytes); at += rowBytes {
		end := min(at+rowBytes, len(e.Bytes))
		row := dumpRow{Offset: e.Offset + int64(at), Bytes: e.Bytes[at:end], Skipped: skipped}
		marked := from < end && at < to
		if marked {
			markRows++
			row.Mark = [2]int{max(from-at, 0), min(to, end) - at}
			row.Whole = whole
		}
		if at >= limit && (!marked || markRows > limitMarked) {
			skipped += int64(end - at)
			continue
		}
		rows, skipped = append(rows, row), 0
	}
	if skipped > 0 && limit > 0 {
		rows = append(rows, dumpRow{Skipped: skipped})
	}
	return rows
}

// markedRows bounds how much of a long mark is shown: its beginning tells.
const markedRows = 2

// marked is whether the row has marked columns.
func (d dumpRow) marked() bool { return d.Mark[1] > d.Mark[0] && !d.Whole }

// Hex are the row's bytes in hexadecimal, eight and eight.
func (d dumpRow) Hex() string {
	return d.columns(func(i int) string {
		if i < len(d.Bytes) {
			return fmt.Sprintf("%02x", d.Bytes[i])
		}
		return "  "
	})
}

// Pointer stands under Hex and points at what is marked.
func (d dumpRow) Pointer() string {
	return strings.TrimRight(d.columns(func(i int) string {
		if d.Mark[0] <= i && i < d.Mark[1] {
			return "^^"
		}
		return "  "
	}), " ")
}

func (d dumpRow) columns(cell func(i int) string) string {
	var b strings.Builder
	for i := range rowBytes {
		if i == rowBytes/2 {
			b.WriteByte(' ')
		}
		b.WriteString(cell(i))
		b.WriteByte(' ')
	}
	return b.String()
}

// ASCII are the row's bytes as characters, a dot for what is none.
func (d dumpRow) ASCII() string {
	text := make([]byte, len(d.Bytes))
	for i, b := range d.Bytes {
		if text[i] = '.'; ' ' <= b && b <= '~' {
			text[i] = b
		}
	}
	return string(text)
}

// HexParts are the bytes before, of, and behind the mark, in hexadecimal.
func (d dumpRow) HexParts() [3]string {
	hex := d.Hex()
	from, to := column(d.Mark[0]), column(d.Mark[1])
	if !d.marked() {
		return [3]string{hex}
	}
	to-- // the blank behind the last one is not marked
	if d.Mark[1] == rowBytes/2 {
		to-- // nor is the gap in the middle
	}
	return [3]string{hex[:from], hex[from:to], hex[to:]}
}

// column is where the byte i begins in Hex.
func column(i int) int {
	if i >= rowBytes/2 {
		return 3*i + 1
	}
	return 3 * i
}

// ASCIIParts are the same as characters.
func (d dumpRow) ASCIIParts() [3]string {
	text := d.ASCII()
	if !d.marked() {
		return [3]string{text}
	}
	return [3]string{text[:d.Mark[0]], text[d.Mark[0]:d.Mark[1]], text[d.Mark[1]:]}
}
