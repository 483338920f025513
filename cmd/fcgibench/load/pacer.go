package load

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// pacer is a vegeta.Pacer that keeps to a schedule: it waits within Pace, to the
// moment, and asks vegeta to wait no further.
type pacer struct {
	ctx      context.Context
	schedule Schedule // nil is none: at once
	duration time.Duration
	requests int64
	began    time.Time
	wait     func(d, spin time.Duration)
	holdup   *holdup // nil without a schedule

	stopped  time.Duration // when no further request was planned or wanted
	complete bool          // all that was planned was sent
	gaveUp   atomic.Bool   // it was further behind its plan than is made up for
}

// overtime is how far behind its plan a round may still send, as a part of its
// duration: beyond it the rate is not met, and the rest is not worth waiting for.
// What was held up is sent in any case.
const overtime = 20

func (p *pacer) since() time.Duration { return time.Since(p.began) }

// Pace waits for the planned start of the next request.
func (p *pacer) Pace(_ time.Duration, hits uint64) (wait time.Duration, stop bool) {
	p.stopped = p.since()
	if p.holdup != nil {
		p.holdup.enter(p.stopped)
	}
	p.complete = p.requests > 0 && int64(hits) >= p.requests
	if p.complete || p.ctx.Err() != nil {
		return 0, true
	}
	if p.schedule == nil {
		p.complete = p.duration > 0 && p.stopped >= p.duration
		return 0, p.complete
	}
	due := p.schedule.At(int64(hits))
	if p.complete = p.duration > 0 && due >= p.duration; p.complete {
		p.until(p.duration) // what is measured a second is of all of it
		p.stopped = p.since()
		return 0, true
	}
	if p.duration > 0 && p.stopped-p.holdup.heldSince(due) > p.duration+p.duration/overtime {
		p.gaveUp.Store(true)
		return 0, true
	}
	p.until(due)
	p.stopped = p.since()
	p.holdup.leave(int64(hits), due, p.stopped)
	return 0, p.ctx.Err() != nil
}

// Rate is the schedule's.
func (p *pacer) Rate(elapsed time.Duration) float64 {
	if p.schedule == nil {
		return 0
	}
	return p.schedule.Rate(elapsed)
}

// A timer comes some 50 µs late. It is set a little too early, and what is left
// is spun: longer would gain a few microseconds and cost a tenth of a processor.
// At high rates that would take it from the requests, so it is never more than a
// tenth of the time.
const (
	maxSpin   = 20 * time.Microsecond
	spinShare = 10
)

func (p *pacer) until(due time.Duration) {
	if d := due - p.since(); d > 0 {
		interval := seconds(1 / p.schedule.Rate(due))
		p.wait(d, min(maxSpin, interval/spinShare))
	}
}

// preciseWait is a wait that ends to the microsecond, if a processor is free, or
// with the context. stop ends its timer.
func preciseWait(ctx context.Context) (wait func(d, spin time.Duration), stop func(), err error) {
	t, err := newTimer()
	if err != nil {
		return nil, nil, err
	}
	release := context.AfterFunc(ctx, t.close)
	wait = func(d, spin time.Duration) {
		start := time.Now()
		if d > spin {
			t.sleep(d - spin)
		}
		for time.Since(start) < d && ctx.Err() == nil {
			runtime.Gosched() // the requests go first
		}
	}
	return wait, func() { release(); t.close() }, nil
}
