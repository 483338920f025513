package reports

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.New("page.gohtml").Funcs(template.FuncMap{
	"split": func(s string) []string { return strings.Split(s, "`") }, // code stands at the odd places
	"odd":   func(i int) bool { return i%2 == 1 },
}).ParseFS(pageFiles, "page/page.gohtml"))

// HTML writes a run as one page without anything outside of it: the verdict
// first, then each target by the sections of the specification. It can be read
// without its script, which filters.
func HTML(w io.Writer, run result.Run) error {
	script, style := pageFile("page/page.js"), pageFile("page/page.css")
	sum := sha256.Sum256([]byte(script))
	p := page{
		Headline: headline(run), Title: headline(run), Overall: overallOf(run), Tool: clean(run.Tool), Seed: run.Seed,
		Started: run.Started.UTC().Format("2006-01-02 15:04:05 UTC"), Columns: columnsOf(run),
		Style: template.CSS(style), Script: template.JS(script),
		// The page's own script is the only one that may run, whatever a server
		// has sent.
		Policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" +
			base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
	}
	if len(run.Targets) == 1 {
		parts := findings(run.Targets[0].Results)
		p.Headline, p.Rest = parts[0]+".", parts[1:]
		if run.Interrupted {
			p.Rest = append(p.Rest, "the run was interrupted: this is what was known by then")
		}
	}
	for i, target := range run.Targets {
		p.Targets = append(p.Targets, pageTargetOf(i+1, run, target))
	}
	p.States, p.Levels = choices(run)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// pageFile is one of the files that are compiled in.
func pageFile(name string) string {
	text, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // it was there when this was compiled
	}
	return string(text)
}

// page is what the template shows. All texts in it are clean.
type page struct {
	Headline, Title, Tool, Started, Policy string
	Rest                                   []string // of the headline's sentence
	Overall                                state
	Seed                                   int64
	Columns                                []counting
	Targets                                []pageTarget
	States                                 []pageChoice
	Levels                                 []pageChoice
	Style                                  template.CSS
	Script                                 template.JS
}

// pageChoice is a box of the filter.
type pageChoice struct {
	Name string
	N    int
}

type pageTarget struct {
	Number                           int
	Name, Protocol, Server, Sentence string
	Overall                          state
	Declares, Notes                  []string
	Counts                           []pageCount
	Total                            int
	Gaps                             []gap
	Wanting, Known                   []pageRow
	Sections                         []pageSection
}

type pageCount struct {
	State state
	Words string
	N     int
}

type pageSection struct {
	Name, Link string
	Rows       []pageRow
}

// pageRow is a case in one state, with the variants of that state.
type pageRow struct {
	Anchor, Case, Level, Title, Rule, Section, Link, Ways string
	State                                                 state
	Check, Kind, Note, Ms, Again                          string
	Message                                               []string
	Differing                                             []pageDiffering
	Known                                                 *pageKnown
	Wire                                                  []wireLine
	Cut                                                   int // events that are not shown
}

type pageDiffering struct{ Variant, Message string }

type pageKnown struct {
	Reason, Version, Link string
	Sometimes             bool
}

// Wants is whether somebody has to see to it.
func (r pageRow) Wants() bool { return r.State.wants() }

// choices are what the filter offers: the states and levels that there are.
func choices(run result.Run) (byState, byLevel []pageChoice) {
	states, levels := map[string]int{}, map[string]int{}
	for _, target := range run.Targets {
		for _, s := range everyState {
			for _, f := range fold(target.Results, s) {
				states[string(s)]++
				levels[clean(f.Level)]++
			}
		}
	}
	for _, s := range everyState {
		if n := states[string(s)]; n > 0 {
			byState = append(byState, pageChoice{string(s), n})
		}
	}
	for _, level := range sortedLevels(levels) {
		byLevel = append(byLevel, pageChoice{level, levels[level]})
	}
	return byState, byLevel
}

// sortedLevels are the levels that there are, the strictest first.
func sortedLevels[V any](byLevel map[string]V) []string {
	order := []string{"must", "should", "may", "robustness"}
	return slices.SortedFunc(maps.Keys(byLevel), func(a, b string) int {
		rank := func(level string) int { return slices.Index(order, level) & 0xff } // another is the last
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

// everyState is in the order in which a reader wants them.
var everyState = append(slices.Clone(wanting), known, untested, declared, passed)

func overallOf(run result.Run) state {
	worst := passed
	for _, target := range run.Targets {
		if s := overall(tallyOf(target.Results)); slices.Index(everyState, s) < slices.Index(everyState, worst) {
			worst = s
		}
	}
	if len(run.Targets) == 0 {
		return untested
	}
	return worst
}

func pageTargetOf(number int, run result.Run, target result.Target) pageTarget {
	n := tallyOf(target.Results)
	p := pageTarget{
		Number: number, Name: clean(target.Target), Protocol: protocolNames[target.Protocol], Server: clean(target.Server),
		Overall: overall(n), Total: n.total, Gaps: gaps(target),
	}
	if len(run.Targets) > 1 {
		p.Sentence = sentence(target.Results)
	}
	for _, d := range target.Declares {
		p.Declares = append(p.Declares, clean(d))
	}
	for _, note := range target.Notes {
		p.Notes = append(p.Notes, clean(note))
	}
	for _, c := range columnsOf(run) {
		p.Counts = append(p.Counts, pageCount{c.state, c.words(n.results[c.state]), n.results[c.state]})
	}
	p.Sections = sectionsOf(number, run, target)
	for _, section := range p.Sections {
		for _, row := range section.Rows {
			switch {
			case row.Wants():
				p.Wanting = append(p.Wanting, row)
			case row.Known != nil:
				p.Known = append(p.Known, row)
			}
		}
	}
	slices.SortStableFunc(p.Wanting, func(a, b pageRow) int {
		return slices.Index(wanting, a.State) - slices.Index(wanting, b.State)
	})
	return p
}

var protocolNames = map[string]string{"fcgi": "FastCGI 1.0", "scgi": "SCGI", "ajp": "AJP/1.3"}

// sectionsOf are a target's cases by the sections of the specification.
func sectionsOf(number int, run result.Run, target result.Target) []pageSection {
	var sections []pageSection
	for _, s := range everyState {
		for _, f := range fold(target.Results, s) {
			row := pageRowOf(number, run, target, f)
			at := slices.IndexFunc(sections, func(s pageSection) bool { return s.Name == row.Section })
			if at < 0 {
				at = len(sections)
				sections = append(sections, pageSection{Name: row.Section})
			}
			if sections[at].Link == "" {
				sections[at].Link = row.Link
			}
			sections[at].Rows = append(sections[at].Rows, row)
		}
	}
	slices.SortStableFunc(sections, func(a, b pageSection) int { return natural(a.Name, b.Name) })
	for _, section := range sections {
		slices.SortStableFunc(section.Rows, func(a, b pageRow) int { return natural(a.Case, b.Case) })
	}
	return sections
}

// pageEvents bounds the events of a failure that a page shows: a body sent byte
// by byte has thousands, which no browser likes. JSON has them all.
const pageEvents = 300

func pageRowOf(number int, run result.Run, target result.Target, f folded) pageRow {
	row := pageRow{
		Anchor: anchor(fmt.Sprintf("t%d-%s-%s", number, stateOf(f.Result), f.Case())),
		Case:   clean(f.Case()), Level: clean(f.Level), Title: clean(f.Title), Rule: clean(f.Rule), Section: clean(f.Section),
		Link: webLink(f.Link), Ways: f.ways(), State: stateOf(f.Result), Check: clean(f.Check), Kind: kindWords(f.Result),
		Note: clean(f.Note), Ms: milliseconds(f.Duration), Message: came(f.Result), Wire: wireOf(f.Result, true),
	}
	for _, r := range f.Differing {
		row.Differing = append(row.Differing, pageDiffering{variant(r), joined(cleanLines(r.Message))})
	}
	if k := f.Known; k != nil {
		row.Known = &pageKnown{clean(k.Reason), clean(k.Version), webLink(k.Link), k.Sometimes}
	}
	if row.State != declared && row.State != untested {
		row.Again = againWords(run, target, f.Case())
	}
	if n := len(row.Wire); n > pageEvents {
		marked := max(slices.IndexFunc(row.Wire, func(l wireLine) bool { return l.Marked }), 0)
		from := min(max(marked-pageEvents/2, 0), n-pageEvents)
		row.Wire, row.Cut = row.Wire[from:from+pageEvents], n-pageEvents
	}
	return row
}

// anchor is an element's id that a link needs not escape: fcgi/3.3/version is
// fcgi_3.3_version.
func anchor(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.~", r) || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
}
