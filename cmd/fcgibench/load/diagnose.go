package load

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Diagnose says in words what a subject's rounds show of the server, its
// configuration and the generator, each with its cure where there is one. A
// healthy run has nothing to be said of it. Rounds are those that are to be
// judged: of a run that is not over, those that there are.
func Diagnose(subject result.Subject, rounds []result.Round, plan result.Plan) []result.Diagnosis {
	return append(diagnoseGenerator(subject, rounds, plan), diagnoseServer(subject, rounds, plan)...)
}

// evidence is a subject's rounds, with their sums.
type evidence struct {
	subject   result.Subject
	rounds    []result.Round
	plan      result.Plan
	requests  int64
	succeeded int64
	opened    int64
	lost      int64
	errors    map[string]int64
	statuses  map[string]int64
}

func newEvidence(subject result.Subject, rounds []result.Round, plan result.Plan) *evidence {
	e := &evidence{subject: subject, rounds: rounds, plan: plan, errors: map[string]int64{}, statuses: map[string]int64{}}
	for _, r := range rounds {
		e.requests += r.Requests
		e.succeeded += r.Succeeded
		e.opened += r.Opened
		e.lost += r.Lost
		addAll(e.errors, r.Errors)
		addAll(e.statuses, r.Statuses)
	}
	return e
}

func (e *evidence) failed() int64 { return e.requests - e.succeeded }

// times is how often something went wrong.
func (e *evidence) times(c Cause) int64 { return e.errors[string(c)] }

// keeps says that connections are kept, as only FastCGI and AJP can.
func (e *evidence) keeps() bool { return e.plan.KeepAlive && e.subject.Protocol != "scgi" }

// pool is how many connections there were at most.
func (e *evidence) pool() int {
	if e.subject.Pool > 0 {
		return e.subject.Pool
	}
	most := 0
	for _, r := range e.rounds {
		for _, i := range r.Timeline {
			most = max(most, i.Connections)
		}
	}
	return most
}

// finding is one thing to know, if it is so.
type finding func(*evidence) []result.Diagnosis

// found are the findings that are so, with the subject's name.
func (e *evidence) found(findings ...finding) []result.Diagnosis {
	var all []result.Diagnosis
	for _, find := range findings {
		for _, d := range find(e) {
			d.Subject = e.subject.Name
			all = append(all, d)
		}
	}
	return all
}

// diagnoseServer is what the rounds show of the server. Where it died or never
// answered, what else is wrong follows from that and is not said.
func diagnoseServer(subject result.Subject, rounds []result.Round, plan result.Plan) []result.Diagnosis {
	e := newEvidence(subject, rounds, plan)
	if gone := e.found(findDeath, findSilence); len(gone) > 0 {
		return append(gone, e.found(findPileUp, findUnread, findRejections, findStatuses)...)
	}
	return e.found(findPileUp, findStalls, findAbsence, findUnread, findSlowness, findBacklog, findHeldBack, findBusyPool, findClosing, findCutAnswers, findRejections, findStatuses, findBodies, findOthers)
}

func one(what, cure string) []result.Diagnosis {
	return []result.Diagnosis{{What: what, Cure: cure}}
}

// place is a moment of a run.
func (e *evidence) place(round int, at time.Duration) string {
	at = at.Round(100 * time.Millisecond)
	if len(e.rounds) == 1 {
		return shortly(at) + " into the run"
	}
	return fmt.Sprintf("%s into round %d", shortly(at), round+1)
}

// nTimes is a count in words.
func nTimes(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
