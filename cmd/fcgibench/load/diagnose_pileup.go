package load

import (
	"fmt"

	"github.com/fcgikit/fcgikit/reports/result"
)

// nearlyAll is the share of DefaultInFlight at which the others are late: a
// second's end does not see the highest.
const nearlyAll = 0.9

// piledUp says that so many requests waited for the server that no more were
// sent before others ended: those were late, and not for the generator's sake.
func (e *evidence) piledUp() bool {
	for _, r := range e.rounds {
		var onTheirWay int64
		for _, i := range r.Timeline {
			if onTheirWay += i.Sent - i.Done; float64(onTheirWay) >= nearlyAll*DefaultInFlight {
				return e.plan.Rate > 0
			}
		}
	}
	return false
}

func findPileUp(e *evidence) []result.Diagnosis {
	if !e.piledUp() {
		return nil
	}
	return one(fmt.Sprintf("%d requests waited at once, which is the most that fcgibench has on their way: the rest were sent late, or not at all", DefaultInFlight),
		"use a lower -rate or a shorter -timeout: the server is far from keeping up")
}
