package reports

import (
	"fmt"
	"strconv"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// shownPercentiles are those of every table; the hundredth is the highest value.
var shownPercentiles = []float64{50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100}

// percentileName is p50, p99.9, max.
func percentileName(of float64) string {
	if of == 100 {
		return "max"
	}
	return "p" + strconv.FormatFloat(of, 'f', -1, 64)
}

// latencies are response and service times, side by side.
func (t *loadText) latencies(s *loadSum) {
	if s.response.TotalCount() == 0 {
		return
	}
	t.line("")
	g := &grid{columns: "lddrl"}
	g.row("latency, ms", "response", "service", "samples")
	above := samplesAbove(s.response, shownPercentiles)
	for i, of := range shownPercentiles {
		r := gridRow{cells: []string{percentileName(of), at(s.response, of), at(s.service, of)}}
		if of < 100 {
			r.cells = append(r.cells, strconv.FormatInt(above[i], 10))
		}
		if of < 100 && above[i] < fewSamples {
			r.cells, r.faint = append(r.cells, "few"), true
		}
		g.rows = append(g.rows, r)
	}
	t.table(g, "  ")
	if s.beyond > 0 {
		t.prose(beyondWords(s.beyond), "  ")
	}
	t.explain()
}

// explain says once what the columns are.
func (t *loadText) explain() {
	if t.explained {
		return
	}
	t.explained = true
	t.prose(columnWords(t.run.Plan)+"; samples: the requests above it that it stands on, of p99 the slowest 1 %; few: another run will have another figure", "  ")
}

// columnWords are what the two times of a request are.
func columnWords(p result.Plan) string {
	if p.Rate == 0 {
		return "response and service are the same: without a rate no request has a planned start, and a server that pauses is asked little meanwhile; -rate shows what a user waits"
	}
	return "response: from the planned start, what a user waits; service: from the real one"
}

// beyondWords are of what the histogram can't tell apart.
func beyondWords(n int64) string {
	if n == 1 {
		return "1 request took more than an hour, and counts as an hour"
	}
	return fmt.Sprintf("%d requests took more than an hour, and count as an hour", n)
}

// phases are the parts of an exchange.
func (t *loadText) phases(s *loadSum) {
	g := &grid{columns: "ldddd"}
	g.row("phase, ms", "p50", "p99", "max", "requests")
	for _, name := range loadPhases {
		if h := s.phases[name]; h.TotalCount() > 0 {
			g.row(name, at(h, 50), at(h, 99), at(h, 100), strconv.FormatInt(h.TotalCount(), 10))
		}
	}
	if len(g.rows) > 1 {
		t.line("")
		t.table(g, "  ")
	}
}

func at(h *hdrhistogram.Histogram, of float64) string { return inMilliseconds(percentileAt(h, of)) }

// errors are the causes of failures.
func (t *loadText) errors(s *loadSum) {
	if len(s.errors) == 0 {
		return
	}
	t.line("")
	g := &grid{columns: "lrr"}
	g.row("error", "requests", "share")
	for _, cause := range byCount(s.errors) {
		n := s.errors[cause]
		g.row(clean(cause), strconv.FormatInt(n, 10), percent(float64(n)/float64(max(s.requests, 1))))
	}
	t.table(g, "  ")
}
