package load

import (
	"fmt"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// findSlowness is of requests that reached their time limit, where nothing else
// says why: a server that is slow now and then, or has too much to do.
func findSlowness(e *evidence) []result.Diagnosis {
	if len(findUnread(e)) > 0 || e.stalled() {
		return nil
	}
	limits, n := e.among(TimeoutQueued, TimeoutWriting, TimeoutUnread, TimeoutWaiting, TimeoutReading)
	if queued := e.times(TimeoutQueued); n == 0 || n == queued && e.congested() {
		return nil
	}
	return one(fmt.Sprintf("%d of %d requests reached the time limit of %s (%s)", n, e.requests, shortly(e.plan.Timeout), counted(limits)),
		"see what the server does so long; a longer -timeout shows how long")
}

const (
	// heldBack is how long Linux holds an acknowledgement back at least, for data
	// to send it with.
	heldBack = 40 * time.Millisecond
	// heldBackMore is by how much its timer, and a busy machine, make it longer.
	heldBackMore = heldBack / 5
	// mostHeldBack is how many times in an answer can be told from one that just
	// takes long.
	mostHeldBack = 3
	// half of the answers that pause behind their first byte are enough: an
	// application seldom does; most have to where the application's time counts, too.
	half, most = 0.5, 0.75
)

// findHeldBack is a server that writes an answer in small pieces, without
// TCP_NODELAY: the second of them waits for the acknowledgement of the first,
// which the client's system holds back. Hardly anything else makes half of all
// answers pause for that time.
func findHeldBack(e *evidence) []result.Diagnosis {
	if !e.keeps() || strings.Contains(e.subject.Target, "unix:") {
		return nil
	}
	what := "half of the answers or more paused for %s after their first byte"
	typical, times := e.paused(phaseBody, half)
	if times == 0 && e.subject.Protocol == "ajp" { // whose first byte is its first packet
		what = "half of the answers or more began after %s"
		typical, times = e.paused(phaseFirstByte, most)
	}
	if times == 0 {
		return nil
	}
	return one(fmt.Sprintf(what+", as those of a server that writes in small pieces without TCP_NODELAY: it waits %s for an acknowledgement, which Linux holds back for %s", shortly(typical.Round(time.Millisecond)), nTimes(int64(times)), shortly(heldBack)),
		"set TCP_NODELAY there, or write an answer at once; or use a unix socket, or -keepalive=false")
}

// paused is how long a phase took, and how many times an acknowledgement was held
// back in it; 0 where fewer than such a share of the requests show that.
func (e *evidence) paused(phase int, share float64) (typical time.Duration, times int) {
	var all []result.Latencies
	for _, r := range e.rounds {
		all = append(all, r.Phases[phaseNames[phase]])
	}
	h, err := merged(all...)
	if err != nil || h == nil {
		return 0, 0
	}
	for n := time.Duration(1); n <= mostHeldBack; n++ {
		count, middle := within(h, n*heldBack-heldBackMore/4, n*(heldBack+heldBackMore))
		if float64(count) >= share*float64(h.TotalCount()) {
			return middle, int(n)
		}
	}
	return 0, 0
}

// within is how many of a histogram's values lie between two, and their median.
func within(h *hdrhistogram.Histogram, low, high time.Duration) (count int64, middle time.Duration) {
	var inside []hdrhistogram.Bar
	for _, bar := range h.Distribution() {
		if bar.Count > 0 && bar.From >= low.Microseconds() && bar.To <= high.Microseconds() {
			inside = append(inside, bar)
			count += bar.Count
		}
	}
	var below int64
	for _, bar := range inside {
		if below += bar.Count; 2*below >= count {
			return count, fromMicros(bar.To)
		}
	}
	return count, 0
}
