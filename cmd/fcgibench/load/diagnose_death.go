package load

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// second is one of a timeline, with what a pause shows in.
type second struct {
	result.Instant
	from     time.Duration
	answers  int64   // that were good
	answered float64 // of them, a second: an Instant may be longer or shorter
}

func secondsOf(timeline []result.Instant) []second {
	var all []second
	var from time.Duration
	for _, i := range timeline {
		s := second{Instant: i, from: from, answers: i.Done - i.Failed}
		s.answered = float64(s.answers) / max(i.At-from, time.Millisecond).Seconds()
		all = append(all, s)
		from = i.At
	}
	return all
}

// findDeath looks for a moment from which on every request failed, to the end of
// its round, though some had succeeded before.
func findDeath(e *evidence) []result.Diagnosis {
	for i, r := range e.rounds {
		at, errors := death(secondsOf(r.Timeline))
		if i > 0 && errors == nil && Dead(r) && !Dead(e.rounds[i-1]) {
			return e.deadSince(i)
		}
		if errors != nil {
			return diedAt(e.place(i, at), errors)
		}
	}
	return nil
}

// Dead says that every request of a round failed, and not of an answer that was
// not the wanted one.
func Dead(r result.Round) bool {
	return r.Requests > 0 && r.Succeeded == 0 && len(r.Statuses) == 0
}

// Leg is a part of a run in its order, which need be none of its rounds: a warm-up,
// or a try of a search.
type Leg struct {
	Name string // round 3
	result.Round
}

// DiagnoseAfter is Diagnose of a subject whose rounds tell less than all of its
// legs: where the last of those has none of the answers that came in others, the
// server has died in between.
func DiagnoseAfter(legs []Leg, subject result.Subject, rounds []result.Round, plan result.Plan) []result.Diagnosis {
	died := newEvidence(subject, rounds, plan).found(func(*evidence) []result.Diagnosis { return deathAmong(legs) })
	if len(died) == 0 {
		return Diagnose(subject, rounds, plan)
	}
	return append(diagnoseGenerator(subject, rounds, plan), died...)
}

// deathAmong is of a server that answered in a leg, and from some moment on no
// more.
func deathAmong(legs []Leg) []result.Diagnosis {
	answers := func(l Leg) bool { return l.Succeeded > 0 }
	last := len(legs) - 1
	for last >= 0 && !answers(legs[last]) {
		last--
	}
	if last < 0 {
		return nil
	}
	later, at, errors := legs[last+1:], time.Duration(0), map[string]int64(nil)
	if len(later) == 0 {
		at, errors = death(secondsOf(legs[last].Timeline))
	} else {
		at, errors = lastAnswer(legs[last].Round)
	}
	for _, l := range later {
		if !Dead(l.Round) {
			return nil
		}
	}
	place := "after " + legs[last].Name
	switch {
	case errors != nil:
		place = fmt.Sprintf("%s into %s", shortly(at.Round(100*time.Millisecond)), legs[last].Name)
	case len(later) == 0:
		return nil
	}
	sum := maps.Clone(errors)
	if sum == nil {
		sum = map[string]int64{}
	}
	for _, l := range later {
		addAll(sum, l.Errors)
	}
	return diedAt(place, sum)
}

// lastAnswer is when a round's good answers ended and what failed from then on,
// of one that was followed by none; errors is nil where all was well to its end.
func lastAnswer(r result.Round) (at time.Duration, errors map[string]int64) {
	seconds := secondsOf(r.Timeline)
	if at, errors = death(seconds); errors != nil || len(seconds) == 0 {
		return at, errors
	}
	last := len(seconds) - 1
	if len(seconds[last].Errors) == 0 {
		return 0, nil
	}
	return momentWithin(seconds, last), seconds[last].Errors
}

// diedAt is that a server died, or fell silent.
func diedAt(place string, errors map[string]int64) []result.Diagnosis {
	if onlyTimeouts(errors) {
		return one(fmt.Sprintf("the server stopped answering %s (%s)", place, counted(errors)), "see the server's log; fcgiprobe get shows whether it still accepts")
	}
	return one(fmt.Sprintf("the server died %s: every request failed from then on (%s)", place, counted(errors)), "see the server's log")
}

// deadSince is of a round that is dead all through, after one that was not: the
// server died in that one's last second, or after it.
func (e *evidence) deadSince(round int) []result.Diagnosis {
	place, errors := fmt.Sprintf("before round %d", round+1), map[string]int64{}
	addAll(errors, e.rounds[round].Errors)
	if at, earlier := lastAnswer(e.rounds[round-1]); earlier != nil {
		place = e.place(round-1, at)
		addAll(errors, earlier)
	}
	return diedAt(place, errors)
}

// death is the moment of a round's last good answer, and what the requests after
// it failed of; nil if there were none.
func death(seconds []second) (at time.Duration, errors map[string]int64) {
	last := -1
	for i, s := range seconds {
		if s.answers > 0 {
			last = i
		}
	}
	if last < 0 {
		return 0, nil
	}
	errors = map[string]int64{}
	var sent int64
	for _, s := range seconds[last+1:] {
		addAll(errors, s.Errors)
		sent += s.Sent
	}
	// A round's last requests may take long and fail, alone in their seconds:
	// that is no death. Nor are answers that came and were not the wanted ones.
	if sent == 0 || len(errors) == 0 || errors[string(WrongStatus)]+errors[string(WrongBody)] > 0 {
		return 0, nil
	}
	// Where a server has too much to do, all wait in the queue until their time is
	// up. One that is silent also lets those wait that it was given.
	if len(errors) == 1 && errors[string(TimeoutQueued)] > 0 {
		return 0, nil
	}
	return momentWithin(seconds, last), errors
}

// momentWithin is when a second's answers ended, by how many of its requests had
// one.
func momentWithin(seconds []second, last int) time.Duration {
	s := seconds[last]
	share := float64(s.answers) / float64(max(s.Sent, s.Done, 1))
	return s.from + time.Duration(share*float64(s.At-s.from))
}

func onlyTimeouts(errors map[string]int64) bool {
	for cause := range errors {
		switch Cause(cause) {
		case TimeoutQueued, TimeoutConnect, TimeoutWriting, TimeoutUnread, TimeoutWaiting, TimeoutReading:
		default:
			return false
		}
	}
	return true
}

// counted are names with their counts, the highest first.
func counted(counts map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	text := ""
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s: %d", name, counts[name])
	}
	return text
}

// findSilence is a server that no request succeeded with, though it had answered
// a plain one before the load.
func findSilence(e *evidence) []result.Diagnosis {
	if e.requests == 0 || e.succeeded > 0 || len(e.errors) == 0 || e.allStatuses() > 0 {
		return nil
	}
	return one(fmt.Sprintf("no request of %d was answered (%s)", e.requests, counted(e.errors)), "see the server's log; fcgiprobe get shows one request and what comes of it")
}
