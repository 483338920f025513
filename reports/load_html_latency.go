package reports

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// perDecade is how many points the percentiles have for each further nine.
	perDecade = 40
	// distributionPoints are those of the shares, from the lowest latency to the
	// highest in equal ratios.
	distributionPoints = 280
)

// percentilePlot is latency by percentile, HdrHistogram's plot: x is 1/(1-p), as
// far as there are requests, and y in milliseconds.
func percentilePlot(sums []*loadSum) loadPlot {
	p := loadPlot{ID: "percentiles"}
	least, most := int64(0), int64(0)
	for _, s := range sums {
		n := s.response.TotalCount()
		if most = max(most, n); n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	if most == 0 {
		return p
	}
	for k := 0; ; k++ {
		x := math.Pow(10, float64(k)/perDecade)
		p.X = append(p.X, min(x, float64(most)))
		if x >= float64(most) {
			break
		}
	}
	p.Few = float64(least) / fewSamples
	for i, s := range sums {
		if s.response.TotalCount() == 0 {
			continue
		}
		p.Series = append(p.Series,
			loadSeries{clean(s.Name) + ", response", colorAt(i), "solid", byPercentile(s.response, p.X)},
			loadSeries{clean(s.Name) + ", service", colorAt(i), "dotted", byPercentile(s.service, p.X)})
	}
	return p
}

// byPercentile is a histogram's latency at each 1/(1-p), up to its maximum.
func byPercentile(h *hdrhistogram.Histogram, xs numbers) numbers {
	var ys numbers
	for i, x := range xs {
		if i > 0 && xs[i-1] >= float64(h.TotalCount()) {
			ys = append(ys, unknown)
			continue
		}
		ys = append(ys, float64(percentileAt(h, 100*(1-1/x)).Microseconds())/1e3)
	}
	return ys
}

// distributionPlot is the share of the requests, in percent, that took no longer
// than x milliseconds.
func distributionPlot(sums []*loadSum) loadPlot {
	p := loadPlot{ID: "distribution"}
	low, high := math.Inf(1), 0.0
	for _, s := range sums {
		if s.response.TotalCount() > 0 {
			low, high = min(low, float64(s.response.Min())), max(high, float64(s.response.Max()))
		}
	}
	if high == 0 {
		return p
	}
	low = max(low, 1)
	for k := range distributionPoints {
		p.X = append(p.X, low*math.Pow(high/low, float64(k)/(distributionPoints-1))/1e3)
	}
	for i, s := range sums {
		if s.response.TotalCount() == 0 {
			continue
		}
		style := []string{"solid", "dashed", "dotted"}[i%3]
		p.Series = append(p.Series, loadSeries{clean(s.Name), colorAt(i), style, within(s.response, p.X)})
	}
	return p
}

// within is how many percent of a histogram's values are at most so many
// milliseconds, for each of xs, which rise.
func within(h *hdrhistogram.Histogram, xs numbers) numbers {
	bars := h.Distribution()
	ys := make(numbers, len(xs))
	below := int64(0)
	for i, x := range xs {
		for len(bars) > 0 && float64(bars[0].From) <= x*1e3*(1+1e-9) {
			below += bars[0].Count
			bars = bars[1:]
		}
		ys[i] = 100 * float64(below) / float64(h.TotalCount())
	}
	return ys
}
