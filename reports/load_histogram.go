package reports

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// histogramOf is one histogram, in microseconds, of several: the only way in
// which percentiles add. It is empty where nothing was counted.
func histogramOf(all ...result.Latencies) (*hdrhistogram.Histogram, error) {
	sum := hdrhistogram.New(1, time.Hour.Microseconds(), 3)
	for _, l := range all {
		if l.Count == 0 {
			continue
		}
		h, err := hdrhistogram.Decode([]byte(l.Histogram))
		if err != nil {
			return nil, fmt.Errorf("no HdrHistogram V2: %w", err)
		}
		if h.TotalCount() != l.Count {
			return nil, fmt.Errorf("the histogram has %d values, and its count says %d", h.TotalCount(), l.Count)
		}
		if dropped := sum.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("%d of a histogram's values are beyond an hour", dropped)
		}
	}
	return sum, nil
}

// percentileAt is a latency that so many percent did not exceed; 0 if there is
// none.
func percentileAt(h *hdrhistogram.Histogram, of float64) time.Duration {
	n := h.TotalCount()
	if n == 0 {
		return 0
	}
	// The library's own rank is the nearest, which may be one too low.
	return time.Duration(h.ValueAtPercentile(100*float64(result.Rank(n, of))/float64(n))) * time.Microsecond
}

// samplesAbove is how many values lie above each percentile.
func samplesAbove(h *hdrhistogram.Histogram, percentiles []float64) []int64 {
	above := make([]int64, len(percentiles))
	for i, of := range percentiles {
		above[i] = result.SamplesAbove(h.TotalCount(), of)
	}
	return above
}
