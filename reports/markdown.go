package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Markdown writes a run for a CI's summary page, in GitHub's dialect: the verdict
// in a sentence, counts, what is to be done, what was known, and the details
// folded.
func Markdown(w io.Writer, run result.Run) error {
	var m markdown
	m.line("# fcgiprobe")
	m.line("**%s**", mdText(headline(run)))
	m.counts(run)
	for _, target := range run.Targets {
		m.target(run, target)
	}
	m.line("<sub>%s, seed %d, %s</sub>", mdText(run.Tool), run.Seed, run.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	_, err := w.Write(bytes.TrimLeft(m.Bytes(), "\n"))
	return err
}

type markdown struct{ bytes.Buffer }

// line is a paragraph.
func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(m, "\n"+format+"\n", args...)
}

func (m *markdown) table(heads ...string) {
	m.WriteByte('\n')
	m.row(heads...)
	m.row(strings.Split(strings.Repeat("---,", len(heads)-1)+"---", ",")...)
}

func (m *markdown) row(cells ...string) { fmt.Fprintf(m, "| %s |\n", strings.Join(cells, " | ")) }

func (m *markdown) counts(run result.Run) {
	if len(run.Targets) == 0 {
		return
	}
	columns := columnsOf(run)
	heads := []string{"target", "server"}
	for _, c := range columns {
		heads = append(heads, c.Word)
	}
	m.table(append(heads, "all")...)
	for _, target := range run.Targets {
		n := tallyOf(target.Results)
		cells := []string{mdCode(target.Target), mdText(target.Server)}
		for _, c := range columns {
			cell := fmt.Sprint(n.results[c.state])
			if c.state.wants() && n.results[c.state] > 0 {
				cell = "**" + cell + "**"
			}
			cells = append(cells, cell)
		}
		m.row(append(cells, fmt.Sprint(n.total))...)
	}
}

func (m *markdown) target(run result.Run, target result.Target) {
	m.line("## %s", mdCode(target.Target))
	if len(run.Targets) > 1 {
		m.line("%s", mdText(sentence(target.Results)))
	}
	for _, note := range target.Notes {
		m.line("%s", mdText(note))
	}
	var wanted []folded
	for _, s := range wanting {
		wanted = append(wanted, fold(target.Results, s)...)
	}
	m.wanted(wanted)
	for _, f := range wanted {
		m.details(run, target, f)
	}
	m.known(target)
	m.gaps(target)
}

// wanted is the table of what is to be done.
func (m *markdown) wanted(folds []folded) {
	if len(folds) == 0 {
		return
	}
	m.table("", "case", "rule", "came")
	for _, f := range folds {
		s := stateOf(f.Result)
		what := joined(came(f.Result))
		if words := kindWords(f.Result); words != "" {
			what = words + "; " + what
		}
		if s == mended {
			what = "it passes, and was expected to fail: " + knownWords(f.Known)
		}
		m.row("**"+string(s)+"**", mdCode(f.Case()), mdText(f.Rule)+" ("+mdLink(f.Section, f.Link)+")", mdText(shorten(what, messageWidth)))
	}
}

// shownEvents is how many lines of the wire a summary shows of a failure: the
// other reports have them all.
const shownEvents = 24

func (m *markdown) details(run result.Run, target result.Target, f folded) {
	m.line("<details><summary>%s <code>%s</code>: %s</summary>", stateOf(f.Result), mdText(f.Case()), mdText(f.Title))
	m.WriteByte('\n')
	item := func(label, text string) {
		if text != "" {
			fmt.Fprintf(m, "- %s: %s\n", label, text)
		}
	}
	item("level", mdText(f.Level))
	item("kind", mdText(kindWords(f.Result)))
	item("fails", mdText(f.ways()))
	item("expected", mdText(f.Check))
	message := came(f.Result)
	if len(message) == 1 {
		item("came", mdText(message[0]))
	}
	for _, r := range f.Differing {
		item(mdText(variant(r)), mdText(joined(cleanLines(r.Message))))
	}
	item("note", mdText(f.Note))
	item("again", mdCode(againWords(run, target, f.Case())))
	if len(message) > 1 {
		m.fenced(message)
	}
	if wire := (&Text{}).near(f, shownEvents); len(wire) > 0 {
		m.fenced(wire)
	}
	m.line("</details>")
}

// fenced is a block of code that nothing in it can end.
func (m *markdown) fenced(lines []string) {
	fence := strings.Repeat("`", max(3, longestRun(strings.Join(lines, "\n"), '`')+1))
	m.line("%stext\n%s\n%s", fence, strings.Join(lines, "\n"), fence)
}

func (m *markdown) known(target result.Target) {
	folds := fold(target.Results, known)
	if len(folds) == 0 {
		return
	}
	m.line("<details><summary>%s</summary>", number(len(folds), "known failure"))
	m.table("case", "reason", "version", "")
	for _, f := range folds {
		how := "always"
		if f.Known.Sometimes {
			how = "sometimes"
		}
		m.row(mdCode(f.Case()), mdLink(f.Known.Reason, f.Known.Link), mdText(f.Known.Version), how)
	}
	m.line("</details>")
}

func (m *markdown) gaps(target result.Target) {
	all := gaps(target)
	if len(all) == 0 {
		return
	}
	m.line("Untested:")
	m.WriteByte('\n')
	for _, g := range all {
		line := fmt.Sprintf("- %d: %s", g.Count, mdText(g.Reason))
		if g.Cure != "" {
			line += ": " + g.Cure // our own words, with their backquotes
		}
		m.WriteString(line + "\n")
	}
}
