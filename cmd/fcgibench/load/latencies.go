package load

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// What a histogram tells apart: from the shortest exchange over a unix socket to
// a request that nobody gave a limit, each to a thousandth.
const (
	shortest = time.Microsecond
	longest  = time.Hour
	digits   = 3
)

// shownPercentiles are those that every Latencies has.
var shownPercentiles = []float64{50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100}

// Recorder collects latencies in an HdrHistogram, in as much memory for one as
// for a billion. It is not safe for concurrent use.
type Recorder struct {
	histogram *hdrhistogram.Histogram
	beyond    int64
}

// NewRecorder is an empty Recorder.
func NewRecorder() *Recorder { return &Recorder{histogram: newHistogram()} }

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), digits)
}

// Record adds a latency, to the nearest microsecond: one that is less counts as
// one, and one of more than an hour as an hour, which is counted as beyond.
func (r *Recorder) Record(d time.Duration) {
	if d > longest {
		r.beyond++
		d = longest
	}
	r.histogram.RecordValue(max(1, d.Round(shortest).Microseconds()))
}

// Add adds all that other has.
func (r *Recorder) Add(other *Recorder) {
	r.histogram.Merge(other.histogram)
	r.beyond += other.beyond
}

// Reset empties it.
func (r *Recorder) Reset() {
	r.histogram.Reset()
	r.beyond = 0
}

// At is a percentile's latency; 0 if there is none.
func (r *Recorder) At(percentile float64) time.Duration {
	return fromMicros(valueAt(r.histogram, percentile))
}

// Latencies is what was recorded.
func (r *Recorder) Latencies() result.Latencies { return summary(r.histogram, r.beyond) }

// summary is a histogram of microseconds as a result has it. beyond is how many
// of its values were clamped to its range.
func summary(h *hdrhistogram.Histogram, beyond int64) result.Latencies {
	if h.TotalCount() == 0 {
		return result.Latencies{}
	}
	encoded, err := h.EncodeV2()
	if err != nil {
		panic(fmt.Sprintf("an HdrHistogram of our own making can't be encoded: %v", err)) // it goes to memory
	}
	return result.Latencies{
		Count:       h.TotalCount(),
		Beyond:      beyond,
		Min:         time.Duration(h.Min()) * time.Microsecond,
		Max:         time.Duration(h.Max()) * time.Microsecond,
		Mean:        time.Duration(h.Mean() * float64(time.Microsecond)),
		Percentiles: percentiles(h),
		Histogram:   string(encoded),
	}
}

func percentiles(h *hdrhistogram.Histogram) []result.Percentile {
	list := make([]result.Percentile, len(shownPercentiles))
	for i, of := range shownPercentiles {
		list[i] = result.Percentile{Of: of, At: fromMicros(valueAt(h, of)), Samples: result.SamplesAbove(h.TotalCount(), of)}
	}
	return list
}

// valueAt is a histogram's value that so many percent of its counts do not
// exceed; 0 if it is empty. The library's own takes the nearest rank: of 151
// values its p99 is the 149th, which only 98.7 % do not exceed.
func valueAt(h *hdrhistogram.Histogram, percentile float64) int64 {
	n := h.TotalCount()
	if n == 0 {
		return 0
	}
	return h.ValueAtPercentile(100 * float64(result.Rank(n, percentile)) / float64(n))
}

// decode is the histogram behind a result's latencies, in microseconds; an empty
// one where nothing was recorded.
func decode(l result.Latencies) (*hdrhistogram.Histogram, error) {
	if l.Histogram == "" {
		if l.Count != 0 {
			return nil, fmt.Errorf("latencies: %d values without a histogram", l.Count)
		}
		return newHistogram(), nil
	}
	h, err := hdrhistogram.Decode([]byte(l.Histogram))
	if err != nil {
		return nil, fmt.Errorf("latencies: no HdrHistogram V2: %w", err)
	}
	if h.TotalCount() != l.Count {
		return nil, fmt.Errorf("latencies: the histogram has %d values, and its count says %d", h.TotalCount(), l.Count)
	}
	return h, nil
}
