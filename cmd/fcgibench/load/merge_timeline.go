package load

import (
	"maps"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// wholeSeconds is a timeline whose seconds end at whole seconds, so that it adds
// to another's. It began late. Its last second, which may be a short one, can
// join the one before.
func wholeSeconds(timeline []result.Instant, late time.Duration) []result.Instant {
	var whole []result.Instant
	for _, i := range timeline {
		i.At = max((i.At + late).Round(time.Second), time.Second)
		i.Errors = maps.Clone(i.Errors)
		last := len(whole) - 1
		if last < 0 || whole[last].At != i.At {
			whole = append(whole, i)
			continue
		}
		connections, asked := max(whole[last].Connections, i.Connections), max(whole[last].Asked, i.Asked)
		addInstant(&whole[last], i)
		whole[last].Connections, whole[last].Asked = connections, asked
	}
	return whole
}

// sumTimelines adds several generators' seconds.
func sumTimelines(timelines [][]result.Instant) []result.Instant {
	at := map[time.Duration]*result.Instant{}
	for _, timeline := range timelines {
		for _, i := range timeline {
			if at[i.At] == nil {
				at[i.At] = &result.Instant{At: i.At}
			}
			addInstant(at[i.At], i)
		}
	}
	var sum []result.Instant
	for _, second := range slices.Sorted(maps.Keys(at)) {
		sum = append(sum, *at[second])
	}
	return sum
}

// addInstant adds one second to another. A percentile of both is at most the
// higher one, which is what is kept: those of a second have no histogram.
func addInstant(sum *result.Instant, more result.Instant) {
	sum.Asked += more.Asked
	sum.Sent += more.Sent
	sum.Done += more.Done
	sum.Failed += more.Failed
	sum.Connections += more.Connections
	sum.P50 = max(sum.P50, more.P50)
	sum.P99 = max(sum.P99, more.P99)
	sum.Max = max(sum.Max, more.Max)
	if sum.Errors == nil && len(more.Errors) > 0 {
		sum.Errors = map[string]int64{}
	}
	addAll(sum.Errors, more.Errors)
}
