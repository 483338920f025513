package reports

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// grid is a table of a terminal. Its columns are l, to the left, r, to the
// right, or d: numbers with their decimal points under each other.
type grid struct {
	columns string
	rows    []gridRow
}

type gridRow struct {
	cells []string
	faint bool
}

func (g *grid) row(cells ...string) { g.rows = append(g.rows, gridRow{cells: cells}) }

// lines are the rows, each after the margin.
func (g *grid) lines(margin string) []string {
	padded := make([][]string, len(g.rows))
	for i := range g.rows {
		padded[i] = make([]string, len(g.columns))
	}
	for c, kind := range g.columns {
		for i, cell := range g.column(c, kind) {
			padded[i][c] = cell
		}
	}
	var lines []string
	for _, cells := range padded {
		lines = append(lines, strings.TrimRight(margin+strings.Join(cells, "  "), " "))
	}
	return lines
}

// column is one with all its cells of one width.
func (g *grid) column(c int, kind rune) []string {
	var cells []string
	width, decimals := 0, 0
	for _, r := range g.rows {
		cell := ""
		if c < len(r.cells) {
			cell = r.cells[c]
		}
		cells = append(cells, cell)
		if kind == 'd' {
			decimals = max(decimals, fraction(cell))
		}
	}
	for i, cell := range cells {
		if kind == 'd' && isNumber(cell) {
			cells[i] += strings.Repeat(" ", decimals-fraction(cell))
		}
		width = max(width, utf8.RuneCountInString(cells[i]))
	}
	for i, cell := range cells {
		space := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
		if kind == 'l' {
			cells[i] = cell + space
		} else {
			cells[i] = space + cell
		}
	}
	return cells
}

// fraction is the length of a number's decimals, with their point.
func fraction(cell string) int {
	if at := strings.IndexByte(cell, '.'); at >= 0 && isNumber(cell) {
		return len(cell) - at
	}
	return 0
}

func isNumber(cell string) bool {
	return cell != "" && strings.Trim(cell, "0123456789.") == ""
}

// wrapped is a text in lines of a width, each after the margin; those after the
// first are two columns further in.
func wrapped(text string, width int, margin string) []string {
	var lines []string
	line := ""
	for _, word := range words(text) {
		switch {
		case line == "":
			line = margin + word
		case columns(line)+1+columns(word) > width:
			lines = append(lines, line)
			line = margin + "  " + word
		default:
			line += " " + word
		}
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}

// words are a text's, those that belong to a number being one with it: 5 ms,
// p99 5 ms.
func words(text string) []string {
	var all []string
	for word := range strings.FieldsSeq(text) {
		if n := len(all); n > 0 && (unit.MatchString(word) && endsInDigit(all[n-1]) || percentileWord.MatchString(all[n-1])) {
			all[n-1] += " " + word
			continue
		}
		all = append(all, word)
	}
	return all
}

var (
	unit           = regexp.MustCompile(`^(µs|ms|s|min|h|%|bytes|[kMGT]B|[KMGT]iB)[.,;:)]*$`)
	percentileWord = regexp.MustCompile(`^(p[0-9.]+|max)$`)
)

func endsInDigit(s string) bool { return s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

// sgr is a color's beginning or end.
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// columns is how wide a text is on a terminal.
func columns(s string) int { return utf8.RuneCountInString(sgr.ReplaceAllString(s, "")) }
