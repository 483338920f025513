package load

import (
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// pileTime is for how long all that is asked for would have to wait until as
	// many requests do as make a pile.
	pileTime = stallLimit
	// hugePile is one of which nothing else need be known: the server is far from
	// keeping up.
	hugePile = 1 << 16
	// busyServer is the share of the cores that it may use from which on a server
	// is busy: the generator, and the system, need the others.
	busyServer = 0.5
	// fastest are the answers that a generator with too much to do reads when they
	// come, and typical those that it mostly does.
	fastest, typical = 10, 50
)

// pile is how many requests were on their way, or due and held up, at the end of
// a round's second, at most.
func pile(r result.Round) (most int64) {
	var onTheirWay int64
	for _, i := range r.Timeline {
		onTheirWay += i.Sent - i.Done
		most = max(most, onTheirWay)
	}
	return most
}

// piledUp is how many requests waited for the server at once, where they were very
// many.
func (e *evidence) piledUp() (most int64) {
	for _, r := range e.rounds {
		most = max(most, pile(r))
	}
	if e.plan.Rate == 0 || most < hugePile || e.congested() {
		return 0
	}
	return most
}

// congested says that requests piled up within the generator: it was late itself,
// or what the server did with them took too little time for that. A server that is
// slower than what is asked for, or gone, is the limit all the same.
func (e *evidence) congested() bool {
	if e.plan.Rate == 0 || len(findDeath(e)) > 0 || len(findSilence(e)) > 0 {
		return false
	}
	return slices.ContainsFunc(e.rounds, func(r result.Round) bool {
		n := pile(r)
		if float64(n) < r.RateAsked*pileTime.Seconds() || 2*r.Abandoned > n { // or nobody knows what they waited for
			return false
		}
		if e.serverBusy(r) || longestServed(r) >= stallLimit || !e.carried(r, fastest) {
			return false
		}
		return lateness(r) > lateLimit || e.carried(r, typical)
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
	n := e.piledUp()
	if n == 0 {
		return nil
	}
	return one(fmt.Sprintf("%d requests waited at once", n), "use a lower -rate or a shorter -timeout: the server is far from keeping up")
}
