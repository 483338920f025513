package load

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// merged is one histogram of several: the only way in which percentiles add. It
// is nil where nothing was counted.
func merged(all ...result.Latencies) (*hdrhistogram.Histogram, error) {
	var sum *hdrhistogram.Histogram
	for _, l := range all {
		if l.Count == 0 {
			continue
		}
		h, err := decode(l)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = h
			continue
		}
		if dropped := sum.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("a histogram reaches %v: %d of its counts lie beyond the other's %v", fromMicros(h.Max()), dropped, fromMicros(sum.HighestTrackableValue()))
		}
	}
	return sum, nil
}

func fromMicros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// responses are the rounds' response times.
func responses(rounds []result.Round) []result.Latencies {
	var all []result.Latencies
	for _, r := range rounds {
		all = append(all, r.Response)
	}
	return all
}
