package load

import (
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// nearlyAll is the share of DefaultInFlight at which the others are late: a
	// second's end does not see the highest.
	nearlyAll = 0.9
	// keptUp is the share of the planned requests that a generator sends which
	// keeps up; chance has a second of a random schedule vary by less.
	keptUp = 0.97
	// busyServer is the share of the cores that it may use from which on a server
	// is busy: the generator, and the system, need the others.
	busyServer = 0.5
	// fastest are the answers that a generator with too much to do reads when they
	// come, and typical those that it mostly does.
	fastest, typical = 10, 50
)

// full is the first second of a round at whose end so many requests were on their
// way that no more were sent before others ended; -1 where there is none.
func full(r result.Round) int {
	var onTheirWay int64
	return slices.IndexFunc(r.Timeline, func(i result.Instant) bool {
		onTheirWay += i.Sent - i.Done
		return float64(onTheirWay) >= nearlyAll*DefaultInFlight
	})
}

// filled says that in one of the rounds as many requests were on their way as
// there may be.
func (e *evidence) filled() bool {
	return e.plan.Rate > 0 && slices.ContainsFunc(e.rounds, func(r result.Round) bool { return full(r) >= 0 })
}

// piledUp says that those waited for the server: others were late then, and not
// for the generator's sake.
func (e *evidence) piledUp() bool { return e.filled() && !e.congested() }

// congested says that those waited within the generator. It is so where it fell
// behind its plan before there were so many, which nothing but itself holds it
// from, or where what the server did with them took too little time for that. A
// server that is slower than what is asked for, or gone, is the limit all the same.
func (e *evidence) congested() bool {
	if !e.filled() || len(findDeath(e)) > 0 || len(findSilence(e)) > 0 {
		return false
	}
	return slices.ContainsFunc(e.rounds, func(r result.Round) bool {
		at := full(r)
		if at < 0 || e.serverBusy(r) || !e.carried(r, fastest) {
			return false
		}
		return behind(r.Timeline[:at]) || e.carried(r, typical) && longestServed(r) < stallLimit
	})
}

// serverBusy says that a server whose processor time is known took as much of the
// cores as leaves it little more.
func (e *evidence) serverBusy(r result.Round) bool {
	cores := max(r.Generator.Cores, 1) // it runs on the same machine
	if e.subject.Workers > 0 {
		cores = min(cores, e.subject.Workers)
	}
	return r.Server.CPU > 0 && r.Server.CPU.Seconds() >= busyServer*float64(cores)*r.Duration.Seconds()
}

// behind says that fewer requests were sent in some seconds than were planned.
func behind(seconds []result.Instant) bool {
	var planned float64
	var sent int64
	var from time.Duration
	for _, i := range seconds {
		planned += i.Asked * (i.At - from).Seconds()
		sent += i.Sent
		from = i.At
	}
	return float64(sent) < keptUp*planned
}

// carried says that the connections carry what was asked for, if all answers begin
// as soon as so many percent of them did.
func (e *evidence) carried(r result.Round, percentile float64) bool {
	h, err := decode(r.Phases[phaseNames[phaseFirstByte]])
	if err != nil || h.TotalCount() == 0 {
		return false
	}
	first := fromMicros(valueAt(h, percentile)).Seconds()
	return e.subject.Pool == 0 || first*r.RateAsked <= float64(e.subject.Pool*max(e.plan.Mux, 1))
}

// longestServed is the longest that a request was with the server in one phase; 0
// where that is not known.
func longestServed(r result.Round) (longest time.Duration) {
	for _, phase := range []int{phaseConnect, phaseWrite, phaseFirstByte, phaseBody} {
		longest = max(longest, r.Phases[phaseNames[phase]].Max)
	}
	return longest
}

func findPileUp(e *evidence) []result.Diagnosis {
	if !e.piledUp() {
		return nil
	}
	return one(fmt.Sprintf("%d requests waited at once, which is the most that fcgibench has on their way: the rest were sent late, or not at all", DefaultInFlight),
		"use a lower -rate or a shorter -timeout: the server is far from keeping up")
}
