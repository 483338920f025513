package load

import (
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// told is what vegeta does not learn of a hit: its body was read before.
type told struct {
	body  int64
	cause Cause
	held  time.Duration // before vegeta's clock began
}

// tell keeps what Each is to be told.
func (a *attack) tell(seq int64, h *hit) {
	if a.told == nil {
		return
	}
	a.toldMu.Lock()
	defer a.toldMu.Unlock()
	a.told[uint64(seq)] = told{h.body, h.cause, h.held}
}

// take completes one of vegeta's results for Each.
func (a *attack) take(r *vegeta.Result) {
	if a.told == nil {
		return
	}
	a.toldMu.Lock()
	t, sent := a.told[r.Seq]
	delete(a.told, r.Seq)
	a.toldMu.Unlock()
	if !sent || t.cause == interruptedByUs {
		return
	}
	asked := &a.round.Targets[r.Seq%uint64(len(a.round.Targets))]
	r.Method, r.URL = asked.Method, asked.URL
	r.Timestamp, r.Latency = r.Timestamp.Add(-t.held), r.Latency+t.held
	r.BytesIn, r.BytesOut = uint64(t.body), uint64(len(asked.Body))
	if r.Error == "" {
		r.Error = string(t.cause)
	}
	a.round.Each(r)
}
