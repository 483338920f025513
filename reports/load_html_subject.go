package reports

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// loadRow is a subject with what all its rounds came to.
type loadRow struct {
	Name                            string
	Color                           int
	Asked, Sent, Answered, Requests string
	Failed                          string
	AnyFailed                       bool
	P50, P99, P999, Max             loadCell
	CPU, Memory                     string
}

func loadRowsOf(sums []*loadSum) []loadRow {
	var rows []loadRow
	for i, s := range sums {
		of := []float64{50, 99, 99.9, 100}
		above := samplesAbove(s.response, of)
		var cells [4]loadCell
		for k := range of {
			cells[k] = loadCell{Text: "–"}
			if s.response.TotalCount() > 0 {
				cells[k] = loadCell{Text: shortTime(percentileAt(s.response, of[k])), Few: of[k] < 100 && above[k] < fewSamples}
			}
		}
		row := loadRow{
			Name: subjectWord(s.Subject), Color: colorAt(i), Asked: "no limit", Sent: rateWords(s.met), Answered: rateWords(s.answered),
			Requests: strconv.FormatInt(s.requests, 10), Failed: "0", AnyFailed: s.failed() > 0,
			P50: cells[0], P99: cells[1], P999: cells[2], Max: cells[3], CPU: "–", Memory: "–",
		}
		if s.asked > 0 {
			row.Asked = rateWords(s.asked)
		}
		if s.failed() > 0 {
			row.Failed = fmt.Sprintf("%d (%s)", s.failed(), percent(s.failedShare()))
		}
		if s.server.CPU > 0 {
			row.CPU = shortTime(time.Duration(s.perRequest(float64(s.server.CPU))))
		}
		if s.server.Memory > 0 {
			row.Memory = memoryBytes(s.server.Memory)
		}
		rows = append(rows, row)
	}
	return rows
}

// remarksOf are what the figures leave out.
func remarksOf(sums []*loadSum) []loadAdvice {
	var all []loadAdvice
	for i, s := range sums {
		a := loadAdvice{Subject: subjectWord(s.Subject), Color: colorAt(i)}
		if s.beyond > 0 {
			a.What = beyondWords(s.beyond)
			all = append(all, a)
		}
		if s.abandoned > 0 {
			a.What = fmt.Sprintf("%d more were on their way, or due, at the end, and count nowhere", s.abandoned)
			all = append(all, a)
		}
	}
	return all
}

// generatorTable is what fcgibench itself did: whether its figures can be
// trusted.
func generatorTable(sums []*loadSum) loadTable {
	t := loadTable{Label: "The generator", First: "while it loaded"}
	for _, name := range []string{"sent late, p50", "sent late, p99", "sent late, max", "cores busy", "memory", "GC cycles", "GC pauses", "goroutines",
		"descriptors", "connections opened", "requests on kept ones", "kept ones lost", "bytes out", "bytes in"} {
		t.Rows = append(t.Rows, loadTableRow{Name: name})
	}
	for i, s := range sums {
		if s.requests == 0 {
			continue
		}
		t.Columns = append(t.Columns, loadColumn{Name: subjectWord(s.Subject), Color: colorAt(i)})
		g := s.generator
		cores := fmt.Sprintf("%.2f", s.cores(g))
		if g.Cores > 0 {
			cores += fmt.Sprintf(" of %d", g.Cores)
		}
		for k, text := range []string{shortTime(percentileAt(s.lateness, 50)), shortTime(percentileAt(s.lateness, 99)), shortTime(percentileAt(s.lateness, 100)),
			cores, memoryBytes(g.Memory), strconv.FormatInt(g.GCs, 10), shortTime(g.GCPauses), strconv.Itoa(g.Goroutines),
			strconv.Itoa(g.Descriptors), strconv.FormatInt(s.opened, 10), strconv.FormatInt(s.reused, 10), strconv.FormatInt(s.lost, 10),
			wireBytes(float64(s.bytesOut)), wireBytes(float64(s.bytesIn))} {
			t.Rows[k].Cells = append(t.Rows[k].Cells, loadCell{Text: text})
		}
	}
	return t
}

// loadFact is one thing of the plan or the environment.
type loadFact struct{ Name, Value string }

// factsOf are what has to be known to run it again.
func factsOf(run result.Load) []loadFact {
	p := run.Plan
	facts := []loadFact{{"Rate", rateAsked(p)}}
	if p.SearchTo == 0 {
		facts = append(facts, loadFact{"Rounds", strconv.Itoa(p.Rounds) + " a subject"})
	}
	if p.Duration > 0 {
		facts = append(facts, loadFact{"Duration", longTime(p.Duration) + " a round"})
	}
	facts = append(facts, loadFact{"Warm-up", longTime(p.Warmup)})
	if p.Requests > 0 {
		facts = append(facts, loadFact{"Requests", fmt.Sprintf("%d a round", p.Requests)})
	}
	if p.Workload != "" {
		facts = append(facts, loadFact{"Workload", clean(p.Workload)})
	}
	timeout := "none"
	if p.Timeout > 0 {
		timeout = longTime(p.Timeout) + " a request"
	}
	return append(facts, loadFact{"Timeout", timeout}, loadFact{"Connections", countOr(p.Connections, "no limit")},
		loadFact{"Started", startedWord(run)}, loadFact{"Seed", strconv.FormatInt(run.Seed, 10)}, loadFact{"Tool", clean(run.Tool)})
}

func startedWord(run result.Load) string { return run.Started.UTC().Format("2006-01-02 15:04:05 UTC") }

// settingTable is how each subject was set up and asked: without all of it no
// two figures compare.
func settingTable(run result.Load) loadTable {
	t := loadTable{Label: "Settings of the subjects", First: "subject", Columns: []loadColumn{{Name: "target", Words: true}}}
	for _, name := range settingNames {
		t.Columns = append(t.Columns, loadColumn{Name: name})
	}
	for i, s := range run.Subjects {
		row := loadTableRow{Name: subjectWord(s), Color: colorAt(i), Cells: []loadCell{{Text: place(s), Words: true}}}
		for _, setting := range settingsOf(s, run.Plan) {
			row.Cells = append(row.Cells, loadCell{Text: setting})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
