package load

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// findSlowness is of requests that reached their time limit, where nothing else
// says why: a server that is slow now and then, or has too much to do.
func findSlowness(e *evidence) []result.Diagnosis {
	if len(findUnread(e)) > 0 || len(findStalls(e)) > 0 {
		return nil
	}
	limits, n := map[string]int64{}, int64(0)
	for _, c := range []Cause{TimeoutQueued, TimeoutWriting, TimeoutUnread, TimeoutWaiting, TimeoutReading} {
		if times := e.times(c); times > 0 {
			limits[string(c)], n = times, n+times
		}
	}
	if n == 0 {
		return nil
	}
	return one(fmt.Sprintf("%d of %d requests reached the time limit of %v (%s)", n, e.requests, e.plan.Timeout, counted(limits)),
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
)

// findHeldBack is a server that writes an answer in small pieces, without
// TCP_NODELAY: the second of them waits for the acknowledgement of the first,
// which the client's system holds back. Nothing else makes half of all answers
// pause for the same time, behind their first byte.
func findHeldBack(e *evidence) []result.Diagnosis {
	if !e.keeps() || strings.Contains(e.subject.Target, "unix:") {
		return nil
	}
	var bodies []result.Latencies
	for _, r := range e.rounds {
		bodies = append(bodies, r.Phases[phaseNames[phaseBody]])
	}
	h, err := merged(bodies...)
	if err != nil || h == nil {
		return nil
	}
	low, high := fromMicros(h.ValueAtPercentile(25)), fromMicros(h.ValueAtPercentile(75))
	for times := time.Duration(1); times <= mostHeldBack; times++ {
		if low >= times*heldBack-heldBackMore/4 && high <= times*(heldBack+heldBackMore) {
			return one(fmt.Sprintf("half of the answers or more paused for %v after their first byte: a server that writes in small pieces without TCP_NODELAY waits %s for an acknowledgement, which Linux holds back for 40ms",
				fromMicros(h.ValueAtPercentile(50)).Round(time.Millisecond), nTimes(int64(times))), "set TCP_NODELAY there or write an answer at once; or use a unix socket, or -keepalive=false")
		}
	}
	return nil
}
