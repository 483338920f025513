package reports

import (
	"math"

	"github.com/fcgikit/fcgikit/reports/result"
)

// loadForest is the comparison of two subjects: each ratio with its interval on
// one axis, in logarithms, since twice is as far from 1 as half.
type loadForest struct {
	Base, Other           string
	Worthless             string // why, where it is
	BaseColor, OtherColor int
	One                   float64 // where 1 stands; all places are in percent of the width
	Ticks                 []loadTick
	Rows                  []loadInterval
}

type loadTick struct {
	At   float64
	Name string
}

type loadInterval struct {
	Measure, Times, Judgement, Class string
	Low, At, High                    float64
	Under, Over                      bool // it goes on beyond the axis
	Pairs                            int
}

// widest is the ratio at which an axis ends at most. Beyond it an arrow stands.
const widest = 10

func forestsOf(run result.Load, sums []*loadSum) []loadForest {
	var forests []loadForest
	for _, pair := range pairsOf(run.Comparisons) {
		f := forestOf(run, pair)
		v := verdict{run, sums}
		f.Worthless = v.noComparison(pair)
		forests = append(forests, f)
	}
	return forests
}

func forestOf(run result.Load, pair *loadPair) loadForest {
	span := 1.25
	for _, c := range pair.measures {
		for _, v := range []float64{c.Low, c.High, c.Ratio} {
			if v > 0 && !math.IsInf(v, 0) {
				span = max(span, v, 1/v)
			}
		}
	}
	axis := forestAxis{min(span, widest) * 1.08}
	f := loadForest{
		Base: clean(pair.base), Other: clean(pair.other), BaseColor: colorOf(run, pair.base), OtherColor: colorOf(run, pair.other),
		One: axis.place(1), Ticks: axis.ticks(),
	}
	for _, c := range pair.measures {
		f.Rows = append(f.Rows, loadInterval{
			Measure: clean(c.Measure), Times: ratioOf(c).times(), Judgement: judgementWords(c), Class: judgementClass(c.Judgement),
			Low: axis.place(c.Low), At: axis.place(c.Ratio), High: axis.place(c.High),
			Under: c.Low < 1/axis.end, Over: c.High > axis.end, Pairs: c.Pairs,
		})
	}
	return f
}

// forestAxis goes from 1/end to end.
type forestAxis struct{ end float64 }

func (a forestAxis) place(ratio float64) float64 {
	if !(ratio > 0) {
		return 0
	}
	v := (math.Log(ratio)/math.Log(a.end) + 1) * 50
	return math.Round(100*min(max(v, 0), 100)) / 100
}

func (a forestAxis) ticks() []loadTick {
	steps := []loadTick{{1.1, "1.1"}, {1.2, "1.2"}}
	switch {
	case a.end > 5:
		steps = []loadTick{{2, "2"}, {5, "5"}}
	case a.end > 2.2:
		steps = []loadTick{{1.5, "1.5"}, {2, "2"}}
	case a.end > 1.45:
		steps = []loadTick{{1.2, "1.2"}, {1.5, "1.5"}}
	}
	below := map[string]loadTick{"1.1": {0.9, "0.9"}, "1.2": {0.8, "0.8"}, "1.5": {0.7, "0.7"}, "2": {0.5, "0.5"}, "5": {0.2, "0.2"}}
	ticks := []loadTick{{a.place(1), "1"}}
	for _, s := range steps {
		for _, t := range []loadTick{s, below[s.Name]} {
			if t.At < a.end && t.At > 1/a.end {
				ticks = append(ticks, loadTick{a.place(t.At), t.Name})
			}
		}
	}
	return ticks
}

func judgementClass(j result.Judgement) string {
	switch j {
	case result.Better:
		return "is-pass"
	case result.Worse:
		return "is-fail"
	}
	return "is-untested"
}
