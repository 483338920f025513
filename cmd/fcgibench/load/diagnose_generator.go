package load

import (
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// lateLimit is the lateness at which a run is one of the generator: the
	// objectives that people set are a few times as long.
	lateLimit = 10 * time.Millisecond
	// coresLimit is the share of the machine's cores that leaves none free: the
	// scheduler's own work is in the rest.
	coresLimit = 0.9
	// sentLimit is the share of the planned requests of which a run that sent fewer
	// has missed its rate.
	sentLimit = 0.99
	// ownMachine is the cure where fcgibench has too little of one.
	ownMachine = "give fcgibench a machine of its own, a lower -rate, or several machines and fcgibench merge"
)

// diagnoseGenerator says whether fcgibench itself was the limit: its run is then
// invalid.
func diagnoseGenerator(subject result.Subject, rounds []result.Round, plan result.Plan) []result.Diagnosis {
	found := newEvidence(subject, rounds, plan).found(findCongestion, findLateness, findUnsent, findFullCores, findExhaustion)
	for i := range found {
		found[i].Invalid = true
	}
	return found
}

// findCongestion is of requests that piled up, and not for the server's sake.
func findCongestion(e *evidence) []result.Diagnosis {
	if !e.congested() {
		return nil
	}
	var most int64
	for _, r := range e.rounds {
		most = max(most, pile(r))
	}
	return one(fmt.Sprintf("the generator was the limit: %d requests waited within fcgibench at once, for connections that would have carried them", most), ownMachine)
}

// findLateness has no say where there is no rate, since nothing is planned then.
func findLateness(e *evidence) []result.Diagnosis {
	if e.plan.Rate == 0 || e.congested() {
		return nil
	}
	late := lateness(e.rounds...)
	if late <= lateLimit {
		return nil
	}
	return one(fmt.Sprintf("the generator was the limit: 1 %% of the requests were sent %s late or more, %s is the most", shortly(late), shortly(lateLimit)), ownMachine)
}

// lateness is what one request of a hundred exceeds.
func lateness(rounds ...result.Round) time.Duration {
	var all []result.Latencies
	for _, r := range rounds {
		all = append(all, r.Lateness)
	}
	h, err := merged(all...)
	if err != nil || h == nil {
		return 0
	}
	return fromMicros(h.ValueAtPercentile(99))
}

// findUnsent is of requests that were never sent, whose lateness is not known: a
// round's time was up. What a server holds up is sent in any case, so that it is no
// server's doing.
func findUnsent(e *evidence) []result.Diagnosis {
	if e.plan.Rate == 0 || e.congested() || len(findLateness(e)) > 0 || len(findDeath(e)) > 0 || len(findSilence(e)) > 0 {
		return nil
	}
	sent, planned, err := rateMet(slices.DeleteFunc(slices.Clone(e.rounds), e.endedEarly))
	if err != nil || sent >= sentLimit*planned {
		return nil
	}
	return one(fmt.Sprintf("the generator was the limit: of %s requests a second that were planned it sent %s", perSecond(planned), perSecond(sent)), ownMachine)
}

// endedEarly says that a round was interrupted, or ended since its server was
// gone: what was to come is no plan any more.
func (e *evidence) endedEarly(r result.Round) bool {
	switch sent := r.Requests + r.Abandoned; {
	case e.plan.Requests > 0 && sent >= e.plan.Requests:
		return false
	case e.plan.Duration > 0:
		return r.Duration < e.plan.Duration
	default:
		return sent < e.plan.Requests
	}
}

func findFullCores(e *evidence) []result.Diagnosis {
	for i, r := range e.rounds {
		if r.Duration <= 0 || r.Generator.Cores == 0 {
			continue
		}
		share := r.Generator.CPU.Seconds() / r.Duration.Seconds() / float64(r.Generator.Cores)
		if share > coresLimit {
			return one(fmt.Sprintf("the generator was the limit: it took %.0f %% of the machine's %d cores in round %d", 100*share, r.Generator.Cores, i+1), ownMachine)
		}
	}
	return nil
}

// findExhaustion is of what the generator's machine ran out of.
func findExhaustion(e *evidence) []result.Diagnosis {
	var all []result.Diagnosis
	if n := e.times(NoDescriptors); n > 0 {
		all = append(all, one(fmt.Sprintf("the generator ran out of descriptors %s", nTimes(n)), "raise its limit (ulimit -n), or set -connections")...)
	}
	if n := e.times(NoPorts); n > 0 {
		all = append(all, one(fmt.Sprintf("the generator ran out of TCP ports %s", nTimes(n)), "use -keepalive, a unix socket, or fewer requests a second: a closed connection holds its port for a minute")...)
	}
	return all
}
