package load

import (
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// stallLimit is the shortest pause that is told: people notice it, and a
	// busy machine's scheduler does not make it.
	stallLimit = 250 * time.Millisecond
	// aboveUsual is how many times the usual median it must be.
	aboveUsual = 10
	// dip is the share of a usual second's answers that a second with a pause of
	// stallLimit has at most.
	dip = 0.75
	// hardly is the share of a usual second's answers that chance adds to a second.
	hardly = 0.1
)

// stall is a pause in a server's answers.
type stall struct {
	at, length time.Duration
	late       time.Duration // the generator was: the pause is its own
	usual      float64       // answers a second before it
	burst      float64       // the most after it
	dipped     bool
}

// findStalls looks for seconds with fewer answers than usual whose requests
// waited long.
func findStalls(e *evidence) []result.Diagnosis {
	var all []result.Diagnosis
	for i, r := range e.rounds {
		heldUp := false
		for _, s := range e.stallsOf(r) {
			heldUp = heldUp || s.late > 0
			all = append(all, e.tellStall(i, s)...)
		}
		if still := r.Generator.StoodStill; still >= stallLimit && !heldUp {
			all = append(all, heldUpFor(still, e.somewhere(i))...)
		}
	}
	return all
}

// heldUpFor is the generator's own pause. Where requests wait for the server all the
// time, nothing else shows it.
func heldUpFor(d time.Duration, where string) []result.Diagnosis {
	return one(fmt.Sprintf("fcgibench itself was held up for %s, %s", shortly(d.Round(50*time.Millisecond)), where), "give it a machine of its own, or run again")
}

// somewhere is a round, for what happened at a moment of it that is not known.
func (e *evidence) somewhere(round int) string {
	if len(e.rounds) == 1 {
		return "within the run"
	}
	return fmt.Sprintf("within round %d", round+1)
}

// stallsOf are a round's pauses, each the server's or the generator's. Where
// requests waited within the generator, it paused all the time.
func (e *evidence) stallsOf(r result.Round) []stall {
	if e.congested() {
		return nil
	}
	all := stalls(whileSending(secondsOf(r.Timeline)), e.plan.Rate)
	for i := range all {
		if late := max(r.Lateness.Max, r.Generator.StoodStill); late >= all[i].length/2 {
			all[i].late = late
		}
	}
	// A server that pauses has requests that it was given before.
	served := longestServed(r)
	return slices.DeleteFunc(all, func(s stall) bool { return s.late == 0 && served > 0 && served < s.length/2 })
}

// stalled says that the server paused: what the generator's pauses explain is
// less.
func (e *evidence) stalled() bool {
	return slices.ContainsFunc(e.rounds, func(r result.Round) bool {
		return slices.ContainsFunc(e.stallsOf(r), func(s stall) bool { return s.late == 0 })
	})
}

func (e *evidence) tellStall(round int, s stall) []result.Diagnosis {
	length := s.length.Round(50 * time.Millisecond)
	if s.late > 0 {
		return heldUpFor(s.late, e.place(round, s.at))
	}
	what := fmt.Sprintf("the server answered nothing for about %s, %s", shortly(length), e.place(round, s.at))
	if s.burst > s.usual/dip {
		what += fmt.Sprintf("; then %.0f answers came in a second, usual are %.0f", s.burst, s.usual)
	}
	return one(what, "look for what pauses it: garbage collection, a lock, a restart of its workers, a full disk")
}

// stalls are a round's pauses, each against the last usual second before it, so
// that a ramp is none.
func stalls(seconds []second, rate float64) []stall {
	var all []stall
	var usual second
	for i := 0; i < len(seconds); i++ {
		if seconds[i].like(usual) {
			usual = seconds[i]
			continue
		}
		after := i + 1
		for after < len(seconds) && !seconds[after].like(usual) {
			after++
		}
		if s, ok := stallIn(seconds[i:min(after+1, len(seconds))], usual, rate); ok && (s.dipped || after < len(seconds)) {
			all = append(all, s)
		}
		i = after - 1
	}
	return all
}

// like says that a second is as the usual one: its answers are not much fewer,
// and not much later. A pause within one second shows in the latter alone.
func (s second) like(usual second) bool {
	return s.answered >= dip*usual.answered && (usual.P50 == 0 || s.P50 < aboveUsual*usual.P50 || s.ofFailures())
}

// ofFailures says that the median response time is that of the requests that
// failed.
func (s second) ofFailures() bool { return s.Failed > 0 && 2*s.Failed >= s.Done }

// blurred says that so many requests failed that the median response time is of
// them, or of the slowest of the others.
func (s second) blurred() bool { return s.Failed > 0 && 4*s.Failed >= s.Done }

// pausedFor says that a second has no more good answers than the usual ones of
// what a pause leaves of it.
func (s second) pausedFor(pause time.Duration, usual second) bool {
	length := s.At - s.from
	left := max(0, length-pause)
	return float64(s.answers) <= usual.answered*(left.Seconds()+hardly*length.Seconds())
}

// stallIn is the pause in unusual seconds, and in the next one, where the last
// of those that waited may have ended. Without a dip, and if the usual never
// comes back, it is no pause but a server with too much to do.
func stallIn(seconds []second, usual second, rate float64) (stall, bool) {
	s := stall{at: seconds[0].from, usual: usual.answered}
	// Where a rate is asked for, what waits is answered right after it: if answers
	// are missing, it reached into the next second, and they came before it.
	if share := seconds[0].answered / usual.answered; rate > 0 && share < dip {
		s.at += time.Duration(share * float64(seconds[0].At-seconds[0].from))
	}
	for _, i := range seconds {
		if w := i.waited(rate); !i.blurred() || i.pausedFor(w, usual) {
			s.length = max(s.length, w)
		}
		s.burst = max(s.burst, i.answered)
		s.dipped = s.dipped || i.answered < dip*usual.answered
	}
	return s, s.length >= stallLimit && s.length >= aboveUsual*usual.P50
}

// waited is how long requests waited in a second. Where a rate is asked for, many
// wait while the server does, and a percentile tells them from one that is slow;
// else only as many do as there are connections. What failed has waited for its
// time limit: where that is one of a hundred, the percentile is of those.
func (s second) waited(rate float64) time.Duration {
	switch {
	case 100*s.Failed >= s.Done:
		return s.P50
	case rate > 0:
		return s.P99
	}
	return s.Max
}

// sendingEnded is the share of the requests of the second before of which one has
// less when the sending ended right after its begin.
const sendingEnded = 0.1

// whileSending are the seconds in which requests were sent. Those after them
// wait for the last answers, and are like no other.
func whileSending(seconds []second) []second {
	n := len(seconds)
	for n > 0 && seconds[n-1].Sent == 0 {
		n--
	}
	if n > 1 && float64(seconds[n-1].Sent) < sendingEnded*float64(seconds[n-2].Sent) {
		n--
	}
	return seconds[:n]
}
