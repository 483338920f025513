package load

import (
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// TestRequestsThatPiledUpAreNotTheGeneratorsFault: at 65536 on their way the next
// one waits for one to end, however fast the generator is.
func TestRequestsThatPiledUpAreNotTheGeneratorsFault(t *testing.T) {
	late := evenly(1000, time.Second, 2*time.Second)
	for sent, want := range map[int64]bool{DefaultInFlight: true, DefaultInFlight / 2: false} {
		r := result.Round{Duration: 2 * time.Second, Requests: sent, Lateness: late, Timeline: []result.Instant{
			{At: time.Second, Sent: sent}, {At: 2 * time.Second, Done: sent},
		}}
		found := Diagnose(result.Subject{Name: "slow"}, []result.Round{r}, result.Plan{Rate: 50_000})
		var invalid bool
		for _, d := range found {
			invalid = invalid || d.Invalid
		}
		if e := newEvidence(result.Subject{}, []result.Round{r}, result.Plan{Rate: 50_000}); len(findPileUp(e)) > 0 != want || invalid == want {
			t.Errorf("%d at once: %+v", sent, found)
		}
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
