package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadTextOptions are how a run of fcgibench is printed.
type LoadTextOptions struct {
	Color bool
	Width int // of the terminal; 0 is defaultWidth
}

// LoadText prints a run of fcgibench for a person: a table for each subject, all
// its rounds as one, then what they show together. What is to be done and the
// verdict come last, where a terminal shows them. The error is of w, or of a
// histogram that can't be read.
func LoadText(w io.Writer, run result.Load, o LoadTextOptions) error {
	sums, err := sumsOf(run)
	if err != nil {
		return err
	}
	t := &loadText{run: run, sums: sums, o: o}
	t.about()
	for _, s := range sums {
		t.subject(s)
	}
	t.subjects()
	for _, p := range pairsOf(run.Comparisons) {
		t.comparison(p)
	}
	t.search()
	t.diagnoses()
	t.verdict()
	_, err = io.WriteString(w, t.String())
	return err
}

type loadText struct {
	strings.Builder
	run       result.Load
	sums      []*loadSum
	o         LoadTextOptions
	explained bool // the columns of the latencies
}

const narrowest = 40 // below it nothing is gained by wrapping

func (t *loadText) width() int {
	if t.o.Width <= 0 {
		return defaultWidth
	}
	return max(t.o.Width, narrowest)
}

func (t *loadText) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

// prose is a text, wrapped, after a margin.
func (t *loadText) prose(text, margin string) {
	for _, line := range wrapped(text, t.width(), margin) {
		t.line("%s", line)
	}
}

func (t *loadText) table(g *grid, margin string) {
	for i, line := range g.lines(margin) {
		if g.rows[i].faint {
			line = t.paint(grey, line)
		}
		t.line("%s", line)
	}
}

// What colors stand for, as SGR codes.
const (
	bold   = 1
	red    = 31
	yellow = 33
	grey   = 90
)

// paint colors a text; no color stands without a word that says the same.
func (t *loadText) paint(code int, text string) string {
	if !t.o.Color {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, text)
}

func (t *loadText) about() {
	t.line("%s", aboutWords(t.run))
	t.prose(planWords(t.run), "  ")
}

// aboutWords are the program, the moment and the seed.
func aboutWords(run result.Load) string {
	return fmt.Sprintf("%s, %s, seed %d", clean(run.Tool), run.Started.UTC().Format("2006-01-02 15:04:05 UTC"), run.Seed)
}
