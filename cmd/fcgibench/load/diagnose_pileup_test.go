package load

import (
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// TestRequestsThatPiledUpAreNotTheGeneratorsFault: those that are held up wait for
// the server.
func TestRequestsThatPiledUpAreNotTheGeneratorsFault(t *testing.T) {
	for sent, want := range map[int64]bool{hugePile: true, hugePile / 2: false} {
		r := result.Round{Duration: 2 * time.Second, Requests: sent, Timeline: []result.Instant{
			{At: time.Second, Sent: sent}, {At: 2 * time.Second, Done: sent},
		}}
		found := Diagnose(result.Subject{Name: "slow"}, []result.Round{r}, result.Plan{Rate: 50_000})
		var invalid bool
		for _, d := range found {
			invalid = invalid || d.Invalid
		}
		if e := newEvidence(result.Subject{}, []result.Round{r}, result.Plan{Rate: 50_000}); len(findPileUp(e)) > 0 != want || invalid {
			t.Errorf("%d at once: %+v", sent, found)
		}
	}
}

// TestRequestsThatPiledUpWithinTheGeneratorAreItsOwnFault: the server had time for
// them, and it is not blamed.
func TestRequestsThatPiledUpWithinTheGeneratorAreItsOwnFault(t *testing.T) {
	const cores = 2
	for name, c := range map[string]struct {
		cpu                       float64       // of the server's cores
		late                      time.Duration // at the 99th percentile
		fastest, typical, longest time.Duration // to a first byte
		congested                 bool
	}{
		"sent late":                                    {late: time.Second, cpu: 0.08, fastest: 400 * time.Microsecond, typical: 3 * time.Millisecond, longest: 60 * time.Millisecond, congested: true},
		"answered quickly":                             {cpu: 0.08, fastest: 400 * time.Microsecond, typical: 800 * time.Microsecond, longest: 60 * time.Millisecond, congested: true},
		"answered quickly by whom is not known":        {fastest: 400 * time.Microsecond, typical: 800 * time.Microsecond, longest: 60 * time.Millisecond, congested: true},
		"not the generator's: answered slowly":         {cpu: 0.08, fastest: 400 * time.Microsecond, typical: 5 * time.Millisecond, longest: 60 * time.Millisecond},
		"not the generator's: none answered quickly":   {cpu: 0.08, fastest: 4 * time.Millisecond, typical: 5 * time.Millisecond, longest: 60 * time.Millisecond},
		"not the generator's: not answered for a time": {cpu: 0.08, fastest: 400 * time.Microsecond, typical: 800 * time.Microsecond, longest: 2 * time.Second},
		"not the generator's: a server with no time":   {cpu: 0.5, fastest: 400 * time.Microsecond, typical: 3 * time.Millisecond, longest: 60 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			const rate, onTheirWay = 50_000, hugePile
			const sent = rate
			all := NewRecorder()
			for i := range 1000 {
				all.Record([]time.Duration{c.fastest, c.typical}[min(i/200, 1)])
			}
			all.Record(c.longest)
			r := result.Round{
				Duration: 4 * time.Second, RateAsked: rate, RateMet: rate, Requests: 160_000, Succeeded: 160_000,
				Response: evenly(1000, 0, 2*time.Second), Service: evenly(1000, 0, 2*time.Second), Lateness: evenly(1000, 0, c.late+time.Microsecond),
				Phases:    map[string]result.Latencies{"queue": evenly(1000, 0, 2*time.Second), "write": evenly(1000, time.Microsecond, 2*time.Microsecond), "first byte": all.Latencies(), "body": evenly(1000, time.Microsecond, 2*time.Microsecond)},
				Server:    result.Usage{CPU: time.Duration(c.cpu * cores * 4e9)},
				Generator: result.Usage{CPU: 3 * time.Second, Cores: cores},
				Timeline: []result.Instant{
					{At: time.Second, Asked: rate, Sent: sent, Done: sent - 10_000, P50: time.Millisecond, P99: 2 * time.Millisecond, Max: 3 * time.Millisecond},
					{At: 2 * time.Second, Asked: rate, Sent: onTheirWay, Done: 10_000, P50: time.Second, P99: 2 * time.Second, Max: 2 * time.Second},
					{At: 3 * time.Second, Asked: rate, Sent: 40_000, Done: 40_000 + onTheirWay, P50: time.Millisecond, P99: 2 * time.Millisecond, Max: 3 * time.Millisecond},
				},
			}
			plan := result.Plan{Rate: rate, Duration: 4 * time.Second, KeepAlive: true}
			var invalid, piledUp bool
			found := Diagnose(result.Subject{Name: "s", Protocol: "fcgi", Pool: 64}, []result.Round{r}, plan)
			for _, d := range found {
				invalid = invalid || d.Invalid
				piledUp = piledUp || strings.HasSuffix(d.Cure, "the server is far from keeping up")
			}
			if invalid != c.congested || piledUp == c.congested || c.congested && len(found) > 1 {
				t.Errorf("%+v", found)
			}
		})
	}
}

// TestAFullQueueIsNoDeath: each request gets its connection when its time is up,
// and the server never had the chance to answer.
func TestAFullQueueIsNoDeath(t *testing.T) {
	queued := map[string]int64{string(TimeoutQueued): 100}
	seconds := []second{
		{Instant: result.Instant{At: time.Second, Sent: 100, Done: 50}, answers: 50},
		{Instant: result.Instant{At: 2 * time.Second, Sent: 100, Done: 100, Failed: 100, Errors: queued}, from: time.Second},
	}
	if _, errors := death(seconds); errors != nil {
		t.Errorf("dead of %v", errors)
	}
	seconds[1].Errors = map[string]int64{string(TimeoutQueued): 99, string(TimeoutWaiting): 1}
	if _, errors := death(seconds); errors == nil {
		t.Error("a server that does not answer what it was given is not dead")
	}
}

// TestAPileThatIsAbandonedIsNotTheGeneratorsFault: the server has not answered for
// two seconds when the run is interrupted.
func TestAPileThatIsAbandonedIsNotTheGeneratorsFault(t *testing.T) {
	r := steady()
	r.Abandoned, r.Server = r.Requests/2, result.Usage{}
	r.Phases["first byte"] = evenly(int(r.Requests), time.Millisecond, 2*time.Millisecond)
	last := r.Timeline[len(r.Timeline)-1]
	for i := range 2 {
		r.Timeline = append(r.Timeline, result.Instant{At: last.At + time.Duration(i+1)*time.Second, Asked: last.Asked, Sent: r.Abandoned / 2})
	}
	for _, d := range Diagnose(steadySubject(), []result.Round{r}, steadyPlan()) {
		if d.Invalid {
			t.Errorf("%+v", d)
		}
	}
}
