package reports

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/fcgikit/fcgikit/reports/result"
)

// The plots are uPlot's, 1.6.32 of npm, its files as they came with their licence,
// which goes into each page.
var loadTemplate = template.Must(template.New("load.gohtml").ParseFS(pageFiles, "page/load.gohtml"))

// LoadHTML writes a run of fcgibench as one page without anything outside of it:
// the verdict first, what to do about it, then the plots, each with the table
// behind it. Without its script it has the tables. An error is of w, or of a
// histogram that can't be read.
func LoadHTML(w io.Writer, run result.Load) error {
	sums, err := sumsOf(run)
	if err != nil {
		return err
	}
	library := "/*\n" + pageFile("page/uplot/LICENSE") + "*/\n" + pageFile("page/uplot/uPlot.iife.min.js")
	script := pageFile("page/load.js")
	p := loadPageOf(run, sums)
	p.Style = template.CSS(pageFile("page/page.css") + pageFile("page/uplot/uPlot.min.css") + pageFile("page/load.css"))
	p.Library, p.Script = template.JS(library), template.JS(script)
	p.Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src " + hashSource(library) + " " + hashSource(script) +
		"; base-uri 'none'; form-action 'none'"
	var b bytes.Buffer
	if err := loadTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// hashSource lets a script run by what is in it.
func hashSource(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// loadPage is what the template shows. All texts in it are clean.
type loadPage struct {
	Headline, Title, Tool, Started, Policy string
	Rest                                   []string // of the verdict
	Tone                                   string   // a class: what the verdict looks like
	Alert                                  string   // what stands before the verdict
	Diagnoses                              []loadAdvice
	Objective                              *loadObjective
	Seed                                   int64
	Subjects                               []loadRow
	Forests                                []loadForest
	Search                                 *loadSearch
	Percentiles, Shares                    loadTable
	Moments                                []loadMomentRow
	Unplanned                              bool // as fast as the connections allow
	MergedSeconds                          int  // instants behind each of Moments, where it is not one
	Causes                                 []loadCause
	Statuses, Remarks                      []loadAdvice
	Phases, Generator, Settings            loadTable
	Plan                                   []loadFact
	Plots                                  []loadPlot

	Style           template.CSS
	Library, Script template.JS
}

// loadAdvice is what is to be known of a subject, or of the run.
type loadAdvice struct {
	Subject    string
	Color      int // of the subject; 0 is none's
	What, Cure string
	Invalid    bool
}

type loadObjective struct {
	Text   string
	Met    bool
	Missed []string
}

func loadPageOf(run result.Load, sums []*loadSum) loadPage {
	verdict := loadVerdict(run)
	p := loadPage{
		Headline: "Nothing was loaded.", Tone: loadTone(run),
		Tool: clean(run.Tool), Seed: run.Seed, Started: startedWord(run),
		Unplanned: run.Plan.Rate == 0,
		Subjects:  loadRowsOf(sums), Forests: forestsOf(run, sums), Search: searchOf(run),
		Percentiles: percentileTable(sums), Shares: shareTable(sums), Phases: phaseTable(sums), Generator: generatorTable(sums),
		Plan: factsOf(run), Settings: settingTable(run), Causes: causesOf(sums), Statuses: statusesOf(sums), Remarks: remarksOf(sums),
	}
	if run.Interrupted && len(verdict) > 0 { // the verdict says so last, and a page on top
		p.Alert, verdict = verdict[len(verdict)-1], verdict[:len(verdict)-1]
	}
	if len(verdict) > 0 {
		p.Headline, p.Rest = verdict[0], verdict[1:]
	}
	p.Title = p.Headline
	for _, d := range run.Diagnoses {
		p.Diagnoses = append(p.Diagnoses, loadAdvice{clean(d.Subject), colorOf(run, d.Subject), clean(d.What), clean(d.Cure), d.Invalid})
	}
	if o := run.Objective; o != nil {
		p.Objective = &loadObjective{Text: clean(o.Text), Met: o.Met}
		for _, missed := range o.Missed {
			p.Objective.Missed = append(p.Objective.Missed, clean(missed))
		}
	}
	t := timelineOf(run)
	p.Moments, p.MergedSeconds = t.rows(run), t.merged
	p.Plots = plotsOf(run, sums, t)
	return p
}

// HasPlot is whether there was something to be drawn.
func (p loadPage) HasPlot(id string) bool {
	for _, plot := range p.Plots {
		if plot.ID == id {
			return true
		}
	}
	return false
}

// loadTone is the class of a run's verdict.
func loadTone(run result.Load) string {
	for _, d := range run.Diagnoses {
		if d.Invalid {
			return "is-error"
		}
	}
	switch {
	case run.Objective != nil && !run.Objective.Met:
		return "is-fail"
	case run.Interrupted:
		return "is-warn"
	case run.Objective != nil:
		return "is-pass"
	}
	return "is-plain"
}

// loadColors is how many subjects have a colour of their own.
const loadColors = 6

// colorAt is the number of the i-th subject's colour, from 1.
func colorAt(i int) int { return i%loadColors + 1 }

// colorOf is that of the subject of a name; 0 where there is none.
func colorOf(run result.Load, name string) int {
	for i, s := range run.Subjects {
		if s.Name == name {
			return colorAt(i)
		}
	}
	return 0
}

// subjectWord is a subject's name for a page, which a file written by hand may
// lack.
func subjectWord(s result.Subject) string {
	return cmp.Or(clean(s.Name), clean(s.Target), "a subject")
}
