package load

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// findAbsence is a server that nobody could connect to for a while, and that came
// back: one that did not has died.
func findAbsence(e *evidence) []result.Diagnosis {
	causes, n := e.among(Refused, NoSocket, NotConnected)
	if n == 0 {
		return nil
	}
	when := ""
	if round, at, ok := e.firstWith(causes); ok {
		when = ", first " + e.place(round, at)
	}
	return one(fmt.Sprintf("nobody listened for a while%s: %d of %d requests failed (%s)", when, n, e.requests, counted(causes)),
		"the server restarted, it seems: see its log; one whose socket stays open meanwhile, as a supervisor's or systemd's does, loses none")
}

// among are those of some causes that there were, and their sum.
func (e *evidence) among(causes ...Cause) (found map[string]int64, sum int64) {
	found = map[string]int64{}
	for _, c := range causes {
		if n := e.times(c); n > 0 {
			found[string(c)], sum = n, sum+n
		}
	}
	return found, sum
}

// firstWith is the round and the moment of the first of some errors, as near as
// the seconds tell: what was good in one came before it.
func (e *evidence) firstWith(causes map[string]int64) (round int, at time.Duration, ok bool) {
	for i, r := range e.rounds {
		seconds := secondsOf(r.Timeline)
		for k, s := range seconds {
			for cause := range causes {
				if s.Errors[cause] > 0 {
					return i, momentWithin(seconds, k), true
				}
			}
		}
	}
	return 0, 0, false
}

// findOthers is of failures that nobody thought of.
func findOthers(e *evidence) []result.Diagnosis {
	n := e.times(OtherError)
	if n == 0 {
		return nil
	}
	return one(fmt.Sprintf("%d of %d requests failed in a way that fcgibench has no name for", n, e.requests), "-vegeta FILE has the error of each: vegeta report prints them")
}
