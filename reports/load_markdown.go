package reports

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadMarkdown writes a run of fcgibench for a CI's summary page, in GitHub's
// dialect: the verdict, what is to be known, the subjects and their comparisons
// as tables, and the details folded. The error is of w, or of a histogram that
// can't be read.
func LoadMarkdown(w io.Writer, run result.Load) error {
	sums, err := sumsOf(run)
	if err != nil {
		return err
	}
	m := loadMarkdown{run: run, sums: sums}
	m.line("# fcgibench")
	for i, line := range loadVerdict(run) {
		line = mdText(line)
		if i == 0 {
			line = "**" + line + "**"
		}
		m.line("%s", line)
	}
	m.diagnoses()
	m.subjects()
	for _, p := range pairsOf(run.Comparisons) {
		m.comparison(p)
	}
	m.search()
	for _, s := range sums {
		m.details(s)
	}
	m.line("%s", mdText(planWords(run)))
	m.line("<sub>%s</sub>", mdText(aboutWords(run)))
	_, err = w.Write(bytes.TrimLeft(m.Bytes(), "\n"))
	return err
}

type loadMarkdown struct {
	markdown
	run  result.Load
	sums []*loadSum
}

func (m *loadMarkdown) diagnoses() {
	if len(m.run.Diagnoses) == 0 {
		return
	}
	m.WriteByte('\n')
	for _, d := range m.run.Diagnoses {
		line := "- "
		if d.Subject != "" && len(m.run.Subjects) > 1 {
			line += mdCode(d.Subject) + ": "
		}
		line += mdText(d.What)
		if d.Cure != "" {
			line += ". So: " + mdText(d.Cure)
		}
		m.WriteString(line + "\n")
	}
}

// subjects have a row each.
func (m *loadMarkdown) subjects() {
	if len(m.sums) == 0 {
		return
	}
	m.table("subject", "target", "settings", "asked", "sent", "answered", "p50", "p99", "max", "failed")
	for _, s := range m.sums {
		cells := []string{mdCode(s.Name), mdCode(place(s.Subject)), mdText(settings(s.Subject, m.run.Plan))}
		m.row(append(cells, m.figures(s)...)...)
	}
}

func (m *loadMarkdown) figures(s *loadSum) []string {
	if s.requests == 0 {
		return []string{"", "", "", "", "", "", ""}
	}
	asked := ""
	if s.asked > 0 {
		asked = rateWords(s.asked)
	}
	failed := percent(s.failedShare())
	if s.failed() > 0 {
		failed = "**" + failed + "**"
	}
	return []string{asked, rateWords(s.met), rateWords(s.answered),
		shortTime(percentileAt(s.response, 50)), shortTime(percentileAt(s.response, 99)), shortTime(percentileAt(s.response, 100)), failed}
}

func (m *loadMarkdown) comparison(p *loadPair) {
	v := verdict{m.run, m.sums}
	worthless := ""
	if v.worthless(p) {
		worthless = " (worthless, see above)"
	}
	m.line("%s against %s, over %s of rounds%s:", mdCode(p.other), mdCode(p.base), number(p.rounds(), "pair"), worthless)
	m.table("measure", "ratio", "95 % interval", "judgement")
	for _, c := range p.measures {
		m.row(mdText(c.Measure), ratioOf(c).value(), intervalCell(c), mdText(v.judgement(p, c)))
	}
}

func (m *loadMarkdown) search() {
	if len(m.run.Search) == 0 {
		return
	}
	m.line("<details><summary>%s of rates</summary>", tries(len(m.run.Search)))
	m.table("try", "requests a second", "")
	for i, p := range m.run.Search {
		m.row(strconv.Itoa(i+1), rateWords(p.Rate), mdText(probeWords(p)))
	}
	m.line("</details>")
}

func (m *loadMarkdown) details(s *loadSum) {
	if s.requests == 0 {
		return
	}
	m.line("<details><summary><code>%s</code>: percentiles, errors, what it took</summary>", mdText(s.Name))
	m.table("latency, ms", "response", "service", "samples above")
	above := samplesAbove(s.response, shownPercentiles)
	for i, of := range shownPercentiles {
		samples := ""
		if of < 100 {
			samples = strconv.FormatInt(above[i], 10)
		}
		if of < 100 && above[i] < fewSamples {
			samples += " (few)"
		}
		m.row(percentileName(of), at(s.response, of), at(s.service, of), samples)
	}
	if len(s.errors) > 0 {
		m.table("error", "requests", "share")
		for _, cause := range byCount(s.errors) {
			m.row(mdText(cause), fmt.Sprint(s.errors[cause]), percent(float64(s.errors[cause])/float64(max(s.requests, 1))))
		}
	}
	m.WriteByte('\n')
	for _, f := range s.facts() {
		fmt.Fprintf(m, "- %s: %s\n", f.label, mdText(f.text))
	}
	m.line("</details>")
}
