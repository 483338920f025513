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
		switch {
		case errors == nil:
		case onlyTimeouts(errors):
			return one(fmt.Sprintf("the server stopped answering %s (%s)", e.place(i, at), counted(errors)), "see the server's log; fcgiprobe get shows whether it still accepts")
		default:
			return one(fmt.Sprintf("the server died %s: every request failed from then on (%s)", e.place(i, at), counted(errors)), "see the server's log")
		}
	}
	return nil
}

// Dead says that every request of a round failed, and not of an answer that was
// not the wanted one.
func Dead(r result.Round) bool {
	return r.Requests > 0 && r.Succeeded == 0 && len(r.Statuses) == 0
}

// deadSince is of a round that is dead all through, after one that was not: the
// server died in that one's last second, or after it.
func (e *evidence) deadSince(round int) []result.Diagnosis {
	before := e.rounds[round-1]
	place, errors := fmt.Sprintf("before round %d", round+1), map[string]int64{}
	addAll(errors, e.rounds[round].Errors)
	if seconds := secondsOf(before.Timeline); len(seconds) > 0 && len(before.Errors) > 0 {
		last := len(seconds) - 1
		place = e.place(round-1, momentWithin(seconds, last))
		addAll(errors, seconds[last].Errors)
	}
	if onlyTimeouts(errors) {
		return one(fmt.Sprintf("the server stopped answering %s (%s)", place, counted(errors)), "see the server's log; fcgiprobe get shows whether it still accepts")
	}
	return one(fmt.Sprintf("the server died %s: every request failed from then on (%s)", place, counted(errors)), "see the server's log")
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
	share := float64(s.answers) / float64(max(s.Sent, s.Done))
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

// findSilence is a server that no request succeeded with.
func findSilence(e *evidence) []result.Diagnosis {
	if e.requests == 0 || e.succeeded > 0 || len(e.errors) == 0 || e.allStatuses() > 0 {
		return nil
	}
	return one(fmt.Sprintf("no request of %d was answered (%s)", e.requests, counted(e.errors)), "fcgiprobe get shows one request and what comes of it; -protocol says what the server speaks")
}
