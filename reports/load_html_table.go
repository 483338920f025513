package reports

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// loadTable is a table with a heading for each column and row.
type loadTable struct {
	Label   string
	First   string // the heading of the rows' names
	Columns []loadColumn
	Rows    []loadTableRow
}

type loadColumn struct {
	Name  string
	Color int  // of the subject that it is about
	Words bool // it has no numbers
}

type loadTableRow struct {
	Name  string
	Color int
	Cells []loadCell
}

type loadCell struct {
	Text  string
	Few   bool // with too little behind it
	Words bool // it is no number
}

// percentileTable has the percentiles of all rounds' histograms, each with what
// stands behind it.
func percentileTable(sums []*loadSum) loadTable {
	t := loadTable{Label: "Latency by percentile", First: "percentile"}
	for _, of := range shownPercentiles {
		t.Rows = append(t.Rows, loadTableRow{Name: percentileName(of)})
	}
	for i, s := range sums {
		if s.response.TotalCount() == 0 {
			continue
		}
		for _, name := range []string{"response", "service", "samples above"} {
			t.Columns = append(t.Columns, loadColumn{Name: clean(s.Name) + " " + name, Color: colorAt(i)})
		}
		above := samplesAbove(s.response, shownPercentiles)
		for k, of := range shownPercentiles {
			few := of < 100 && above[k] < fewSamples
			t.Rows[k].Cells = append(t.Rows[k].Cells,
				loadCell{Text: shortTime(percentileAt(s.response, of)), Few: few}, loadCell{Text: shortTime(percentileAt(s.service, of)), Few: few},
				loadCell{Text: strconv.FormatInt(above[k], 10), Few: few})
		}
	}
	return t
}

// shareTable is how many percent of the requests took no longer than what a
// person would ask for: 1, 2, 5, 10 ms and so on.
func shareTable(sums []*loadSum) loadTable {
	t := loadTable{Label: "Shares of requests", First: "within"}
	low, high := int64(math.MaxInt64), int64(0)
	for i, s := range sums {
		if s.response.TotalCount() == 0 {
			continue
		}
		t.Columns = append(t.Columns, loadColumn{Name: clean(s.Name), Color: colorAt(i)})
		low, high = min(low, s.response.Min()), max(high, s.response.Max())
	}
	for us := int64(1); high > 0; us *= 10 {
		for _, step := range []int64{1, 2, 5} {
			if at := us * step; at >= low {
				t.Rows = append(t.Rows, shareRow(sums, at))
			}
			if us*step >= high {
				return t
			}
		}
	}
	return t
}

func shareRow(sums []*loadSum, us int64) loadTableRow {
	row := loadTableRow{Name: shortTime(time.Duration(us) * time.Microsecond)}
	for _, s := range sums {
		if s.response.TotalCount() > 0 {
			row.Cells = append(row.Cells, loadCell{Text: percent(within(s.response, numbers{float64(us) / 1e3})[0] / 100)})
		}
	}
	return row
}

// phaseTable is where the time of a request goes.
func phaseTable(sums []*loadSum) loadTable {
	t := loadTable{Label: "Parts of a request's time", First: "part", Columns: []loadColumn{{Name: "requests"}, {Name: "p50"}, {Name: "p99"}, {Name: "max"}}}
	for i, s := range sums {
		for _, name := range loadPhases {
			if h := s.phases[name]; h.TotalCount() > 0 {
				t.Rows = append(t.Rows, histogramRow(fmt.Sprintf("%s: %s", clean(s.Name), name), colorAt(i), h))
			}
		}
	}
	return t
}

func histogramRow(name string, color int, h *hdrhistogram.Histogram) loadTableRow {
	above := samplesAbove(h, []float64{99})[0]
	return loadTableRow{name, color, []loadCell{
		{Text: strconv.FormatInt(h.TotalCount(), 10)}, {Text: shortTime(percentileAt(h, 50))},
		{Text: shortTime(percentileAt(h, 99)), Few: above < fewSamples}, {Text: shortTime(percentileAt(h, 100))},
	}}
}
