package reports

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/fcgikit/fcgikit/reports/result"
)

// loadPlot is what the page's script draws: series over one x. It knows a plot's
// scales by its id.
type loadPlot struct {
	ID      string        `json:"id"`
	X       numbers       `json:"x"`
	Series  []loadSeries  `json:"series"`
	Rounds  []loadStretch `json:"rounds,omitempty"`
	Failing numbers       `json:"failing,omitempty"` // where requests failed
	Few     float64       `json:"few,omitempty"`     // from where on less than fewSamples lie above
	Found   float64       `json:"found,omitempty"`   // what a search came to
}

// loadSeries is one line of a plot.
type loadSeries struct {
	Name  string  `json:"name"`
	Color int     `json:"color"` // of the subject, from 1; 0 is none's
	Style string  `json:"style"` // solid, thin, dashed, dotted, dots, crosses
	Y     numbers `json:"y"`
}

// loadStretch is a round on the x axis.
type loadStretch struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Name  string  `json:"name"`
	Round int     `json:"round"`
	Color int     `json:"color"`
}

// numbers are written to six digits, and one that is not known as null.
type numbers []float64

var unknown = math.NaN()

func (n numbers) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendFloat(b, v, 'g', 6, 64)
		}
	}
	return append(b, ']'), nil
}

var _ json.Marshaler = numbers(nil)

// plotsOf are the plots that have something to show.
func plotsOf(run result.Load, sums []*loadSum, t timeline) []loadPlot {
	plots := []loadPlot{}
	for _, p := range []loadPlot{percentilePlot(sums), distributionPlot(sums), throughputPlot(run, t), latencyPlot(run, t), errorPlot(run, t), searchPlot(run)} {
		if len(p.X) > 0 && len(p.Series) > 0 {
			plots = append(plots, p)
		}
	}
	return plots
}
