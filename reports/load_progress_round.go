package reports

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// roundSoFar is the round that runs.
type roundSoFar struct {
	subject string
	n, of   int
	whole   time.Duration // as planned; 0 is not known
	last    result.Instant
	second  time.Duration // how long the last instant was
	done    int64
	failed  int64
	errors  map[string]int64
	window  window
}

func (r *roundSoFar) warmsUp() bool { return r.n == 0 }

// name is the subject and which of its rounds this is.
func (r *roundSoFar) name() string { return r.subject + ", " + r.turn() }

func (r *roundSoFar) turn() string {
	switch {
	case r.warmsUp():
		return "warm-up"
	case r.of == 0:
		return fmt.Sprintf("try %d", r.n)
	}
	return fmt.Sprintf("round %d of %d", r.n, r.of)
}

func (r *roundSoFar) add(i result.Instant) {
	r.second = i.At - r.last.At
	r.last = i
	r.done += i.Done
	r.failed += i.Failed
	if r.errors == nil {
		r.errors = map[string]int64{}
	}
	addCounts(r.errors, i.Errors)
}

// window is what came since the last line that was written.
type window struct {
	from, to           time.Duration
	sent, done, failed int64
	asked              float64 // how many requests
	errors             map[string]int64
	max                time.Duration
}

func (w *window) add(i result.Instant) {
	w.asked += i.Asked * (i.At - max(w.from, w.to)).Seconds()
	w.to = i.At
	w.sent += i.Sent
	w.done += i.Done
	w.failed += i.Failed
	if w.errors == nil {
		w.errors = map[string]int64{}
	}
	addCounts(w.errors, i.Errors)
	w.max = max(w.max, i.Max)
}

func (w *window) length() time.Duration { return w.to - w.from }

// perSecond is a count over a time.
func perSecond(n int64, d time.Duration) string {
	return rateWords(float64(n) / max(d.Seconds(), 1e-9))
}

// plain is the window in a line. Percentiles don't add: they are those of its
// last second.
func (r *roundSoFar) plain() string {
	w := r.window
	asked := ""
	if w.asked > 0 {
		asked = fmt.Sprintf("%s asked, ", rateWords(w.asked/w.length().Seconds()))
	}
	failed := "no errors"
	if w.failed > 0 {
		failed = fmt.Sprintf("%d failed (%s)", w.failed, countsWords(w.errors))
	}
	return fmt.Sprintf("%s: %s%s sent, %s answered a second, %s, %s, %s",
		longTime(r.last.At), asked, perSecond(w.sent, w.length()), perSecond(w.done-w.failed, w.length()),
		r.latencies(w.max), failed, number(r.last.Connections, "connection"))
}

// latencies are the last second's, in which nothing may have ended.
func (r *roundSoFar) latencies(highest time.Duration) string {
	if r.last.Done == 0 {
		return "no request ended"
	}
	return fmt.Sprintf("p50 %s, p99 %s, max %s", shortTime(r.last.P50), shortTime(r.last.P99), shortTime(highest))
}
