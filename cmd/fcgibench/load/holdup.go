package load

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// holdup tells of each request how long it was due and could not be sent, since
// as many as may be were on their way. Those wait in the plan: a goroutine each,
// as vegeta has it, costs more the more of them wait, until the generator no
// longer keeps up with a server that would. To who looks at the books they have
// waited in the client's queue.
//
// The pacer calls leave and enter in turn, the requests took and end.
type holdup struct {
	most  int64        // requests on their way at once; half of them wait for a connection
	ended atomic.Int64 // of those that began
	owed  atomic.Bool  // the last that the pacer let go was held up, more than it was late

	slots []slot        // by the request's number, modulo their count
	full  bool          // when the pacer last let one go, it was to no connection that is free
	at    time.Duration // when that was
	spans []span        // in which nothing could be sent, until now
}

// slot is what the pacer leaves for a request to find.
type slot struct {
	held  atomic.Int64 // nanoseconds, until the pacer let it go
	since atomic.Int64 // when that was, if it may have been held up further; else 0
}

type span struct{ from, to time.Duration }

// spanGap is a gap between two spans that is not kept.
const spanGap = 100 * time.Microsecond

func newHoldup(most int) *holdup {
	// Twice as many slots as requests on their way: a request has long begun when
	// its slot is written anew.
	return &holdup{most: int64(most), slots: make([]slot, 1<<bits.Len(uint(2*most-1)))}
}

func (h *holdup) slot(seq int64) *slot { return &h.slots[seq&int64(len(h.slots)-1)] }

// enter is the pacer's being asked for the next request, at a moment: the last
// one was taken.
func (h *holdup) enter(now time.Duration) {
	if !h.full {
		return
	}
	if n := len(h.spans); n > 0 && h.at-h.spans[n-1].to < spanGap {
		h.spans[n-1].to = now
		return
	}
	h.spans = append(h.spans, span{h.at, now})
}

// leave is the pacer's letting a request go that was due.
func (h *holdup) leave(seq int64, due, now time.Duration) {
	held := h.heldSince(due)
	h.full, h.at = 2*(seq-h.ended.Load()) >= h.most, now
	s := h.slot(seq)
	s.held.Store(int64(held))
	since := int64(0)
	if h.full {
		since = max(1, int64(now))
	}
	s.since.Store(since)
	h.owed.Store(h.full || 2*held > now-due)
}

// heldSince is for how long nothing could be sent since a moment, which never
// goes back.
func (h *holdup) heldSince(due time.Duration) (held time.Duration) {
	for len(h.spans) > 0 && h.spans[0].to <= due {
		h.spans = h.spans[1:]
	}
	for _, s := range h.spans {
		held += s.to - max(s.from, due)
	}
	return held
}

// took is for how long a request was held up that begins now.
func (h *holdup) took(seq int64, now time.Duration) time.Duration {
	s := h.slot(seq)
	held := time.Duration(s.held.Load())
	if since := time.Duration(s.since.Load()); since > 0 {
		held += now - since
	}
	return held
}

func (h *holdup) end() { h.ended.Add(1) }
