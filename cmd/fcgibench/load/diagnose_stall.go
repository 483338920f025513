package load

import (
	"fmt"
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
)

// stall is a pause in a server's answers.
type stall struct {
	at, length time.Duration
	usual      float64 // answers a second before it
	burst      float64 // the most after it
	dipped     bool
}

// findStalls looks for seconds with fewer answers than usual whose requests
// waited long.
func findStalls(e *evidence) []result.Diagnosis {
	var all []result.Diagnosis
	for i, r := range e.rounds {
		for _, s := range stalls(whileSending(secondsOf(r.Timeline)), e.plan.Rate) {
			all = append(all, e.tellStall(i, s, r.Lateness.Max)...)
		}
	}
	return all
}

func (e *evidence) tellStall(round int, s stall, late time.Duration) []result.Diagnosis {
	length := s.length.Round(50 * time.Millisecond)
	if late >= s.length/2 {
		return one(fmt.Sprintf("fcgibench itself was held up for %s, %s", shortly(late.Round(50*time.Millisecond)), e.place(round, s.at)), "give it a machine of its own, or run again")
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
	ofFailures := 2*s.Failed >= s.Done // the median is theirs
	return s.answered >= dip*usual.answered && (usual.P50 == 0 || s.P50 < aboveUsual*usual.P50 || ofFailures)
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
		s.length = max(s.length, i.waited(rate))
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
