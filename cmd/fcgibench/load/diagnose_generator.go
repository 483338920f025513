package load

import (
	"fmt"
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
)

// diagnoseGenerator says whether fcgibench itself was the limit: its run is then
// invalid.
func diagnoseGenerator(subject result.Subject, rounds []result.Round, plan result.Plan) []result.Diagnosis {
	found := newEvidence(subject, rounds, plan).found(findLateness, findFullCores, findExhaustion)
	for i := range found {
		found[i].Invalid = true
	}
	return found
}

// findLateness has no say where there is no rate, since nothing is planned then,
// nor where requests were late because too many others waited for the server.
func findLateness(e *evidence) []result.Diagnosis {
	if e.plan.Rate == 0 || e.piledUp() {
		return nil
	}
	var all []result.Latencies
	for _, r := range e.rounds {
		all = append(all, r.Lateness)
	}
	h, err := merged(all...)
	if err != nil || h == nil {
		return nil
	}
	late := fromMicros(h.ValueAtPercentile(99))
	if late <= lateLimit {
		return nil
	}
	return one(fmt.Sprintf("the generator was the limit: 1 %% of the requests were sent %s late or more, %s is the most", shortly(late), shortly(lateLimit)),
		"give fcgibench a machine of its own, a lower -rate, or several machines and fcgibench merge")
}

func findFullCores(e *evidence) []result.Diagnosis {
	for i, r := range e.rounds {
		if r.Duration <= 0 || r.Generator.Cores == 0 {
			continue
		}
		share := r.Generator.CPU.Seconds() / r.Duration.Seconds() / float64(r.Generator.Cores)
		if share > coresLimit {
			return one(fmt.Sprintf("the generator was the limit: it took %.0f %% of the machine's %d cores in round %d", 100*share, r.Generator.Cores, i+1),
				"give fcgibench a machine of its own, a lower -rate, or several machines and fcgibench merge")
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
