package load

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// Transport carries the requests: a *client.Transport. Its cap on connections is
// what holds requests back, within the time that is measured, and its Timeout
// what ends those that nobody answers.
type Transport interface {
	http.RoundTripper
	Stats() client.Stats
}

// aborter is a Transport that ends its requests itself. A context that each of
// them can be cancelled by costs as much as a twentieth of the request.
type aborter interface{ Abort() }

// abortEvery is when it is told again: a request may have been about to begin.
const abortEvery = 20 * time.Millisecond

// Round is one attack on a server.
type Round struct {
	Transport Transport
	Targets   []vegeta.Target // what is asked, in turn

	Schedule Schedule      // nil is as fast as InFlight requests at once allow
	InFlight int           // requests at once, at most; with a Schedule 0 is DefaultInFlight, and others that are due wait
	Duration time.Duration // 0 is no end but Requests
	Requests int64         // 0 is as many as the Duration gives

	Status  int      // of a good answer; 0 is 200 to 399
	Answers *Answers // what the body must be; nil is each question's first answer in this round
	AnyBody bool     // bodies are not compared

	ServerPID int // the root of the server's processes, where it is known

	Watch func(result.Instant) // is called each second
	Each  func(*vegeta.Result) // is called for each result, one at a time, with the body's length and why it failed

	// wait is the pacer's; nil is one that is precise. Under a false clock it
	// only sleeps.
	wait func(d, spin time.Duration)
}

// DefaultInFlight bounds the requests at once where a server no longer answers:
// some 16 KB each make a gigabyte. Where the Transport has a cap on connections,
// far fewer are as good: see holdup.
const DefaultInFlight = 1 << 16

var errNoInFlight = errors.New("as fast as possible: the number of requests at once must be given (InFlight)")

// Run runs the round, and waits for the answers of what it sent: for ever, where
// the Transport has no Timeout and the server does not answer. When ctx is done
// it ends early, with what there is: requests on their way are abandoned. An
// error is a Round that can't begin.
func (r *Round) Run(ctx context.Context) (result.Round, error) {
	if r.Schedule == nil && r.InFlight <= 0 {
		return result.Round{}, errNoInFlight
	}
	a, err := newAttack(ctx, r)
	if err != nil {
		return result.Round{}, err
	}
	defer a.close()
	return a.run(), nil
}

// asked is the rate that is asked for between two moments: behind the planned
// end, where only the last answers come, it is none.
func (r *Round) asked(from, to time.Duration) float64 {
	if r.Schedule == nil || to <= from {
		return 0
	}
	end := to
	if r.Duration > 0 {
		end = min(end, r.Duration)
	}
	if r.Requests > 0 {
		end = min(end, endOf(r.Schedule, r.Requests))
	}
	if end <= from {
		return 0
	}
	return meanRate(r.Schedule, from, end) * (end - from).Seconds() / (to - from).Seconds()
}

func (r *Round) goodStatus(status int) bool {
	if r.Status != 0 {
		return status == r.Status
	}
	return status >= 200 && status < 400
}

// attack is a round while it runs.
type attack struct {
	round    *Round
	requests []*http.Request // of the targets
	ctx      context.Context
	cancel   context.CancelFunc
	began    time.Time
	pacer    *pacer
	holdup   *holdup // nil without a Schedule
	stop     func()  // the pacer's timer
	tally    *tally
	answers  *Answers
	monitor  *monitor
	before   client.Stats

	hits   context.Context // the requests'
	toldMu sync.Mutex
	told   map[uint64]told // by sequence number, until vegeta's result comes
}

func newAttack(ctx context.Context, r *Round) (*attack, error) {
	asked, err := requests(r.Targets)
	if err != nil {
		return nil, err
	}
	a := &attack{round: r, requests: asked, tally: newTally(), answers: r.Answers, before: r.Transport.Stats()}
	if a.answers == nil {
		a.answers = new(Answers)
	}
	a.ctx, a.cancel = context.WithCancel(ctx)
	a.hits = a.ctx
	if _, able := r.Transport.(aborter); able {
		a.hits = context.WithoutCancel(ctx)
	}
	a.pacer = &pacer{ctx: a.ctx, schedule: r.Schedule, duration: r.Duration, requests: r.Requests, wait: r.wait}
	if r.Schedule != nil {
		a.holdup = newHoldup(r.inFlight())
		a.pacer.holdup = a.holdup
	}
	a.stop = func() {}
	if r.wait == nil {
		if a.pacer.wait, a.stop, err = preciseWait(a.ctx); err != nil {
			a.cancel()
			return nil, err
		}
	}
	if r.Each != nil {
		a.told = map[uint64]told{}
	}
	return a, nil
}

func (a *attack) close() {
	a.cancel()
	a.stop()
}

func (a *attack) run() result.Round {
	defer runtime.KeepAlive(ballast())
	defer a.round.saveProcessors()()
	attacker := a.attacker()
	defer a.abortWhenDone(attacker.Stop)()
	a.monitor = newMonitor(a)
	a.began = time.Now()
	a.pacer.began = a.began
	a.monitor.begin()
	for r := range attacker.Attack(standIn, a.pacer, 0, "") {
		a.take(r)
	}
	ended := time.Since(a.began)
	a.monitor.end()
	return a.sum(ended)
}

// abortWhenDone ends the sending and what is on its way when the round is to end
// early. After release nothing more is ended, which may be another round's.
func (a *attack) abortWhenDone(stop func() bool) (release func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	forget := context.AfterFunc(a.ctx, func() {
		defer close(ended)
		stop()
		a.abort(over)
	})
	return func() {
		close(over)
		if !forget() {
			<-ended
		}
	}
}

// abort ends the requests that are on their way, until the round is over.
func (a *attack) abort(over <-chan struct{}) {
	t, able := a.round.Transport.(aborter)
	if !able {
		return
	}
	for {
		t.Abort()
		select {
		case <-over:
			return
		case <-time.After(abortEvery):
		}
	}
}

// attacker is a new one for each round: it serves only one.
func (a *attack) attacker() *vegeta.Attacker {
	t := new(http.Transport)
	t.RegisterProtocol("fcgi", a) // the standIn's
	options := []func(*vegeta.Attacker){
		vegeta.Client(&http.Client{Transport: t}), // without a Timeout: the Transport's costs less
		vegeta.Redirects(vegeta.NoFollow),
	}
	most := uint64(a.round.inFlight())
	options = append(options, vegeta.MaxWorkers(most))
	if a.round.Schedule == nil {
		options = append(options, vegeta.Workers(most))
	}
	return vegeta.NewAttacker(options...)
}

func (r *Round) inFlight() int { return cmp.Or(r.InFlight, DefaultInFlight) }

// sum is what was found.
func (a *attack) sum(ended time.Duration) result.Round {
	end := a.planEnd(ended)
	// The last answer may come before the last interval is over: a count over less
	// than the plan's time would be a higher rate than was asked for.
	r := result.Round{Duration: max(ended, end), Answering: end}
	a.tally.fill(&r)
	r.RateAsked = rateAsked(a.round.Schedule, end)
	waiting := a.waiting(ended) // of a round that was broken off
	r.Abandoned += waiting
	r.RateMet = float64(a.tally.sent()+waiting) / max(end, a.pacer.stopped-a.heldSince(end)).Seconds()
	after := a.round.Transport.Stats()
	r.Opened, r.Reused, r.Lost = after.Opened-a.before.Opened, after.Reused-a.before.Reused, after.Lost-a.before.Lost
	r.Timeline, r.Generator, r.Server = a.monitor.timeline, a.monitor.generator.usage(), a.monitor.server.usage()
	return r
}

// planEnd is when the sending was to end, or did if that came first. What was held
// up may be sent after it.
func (a *attack) planEnd(ended time.Duration) time.Duration {
	p, n := a.pacer, a.round.Requests
	if p.schedule == nil {
		return p.stopped
	}
	end := a.scheduleEnd()
	if a.ctx.Err() != nil {
		if a.waiting(ended) == 0 {
			ended = p.stopped
		}
		end = min(end, ended)
	}
	if n > 0 && (p.complete || countBefore(p.schedule, end) >= n) {
		end = min(end, p.schedule.At(n))
	}
	return end
}

// waiting is how many requests that were planned until a moment are held up; none
// where the pacer has given them up, which is its own fault.
func (a *attack) waiting(at time.Duration) int64 {
	if a.holdup == nil || !a.holdup.owed.Load() || a.pacer.gaveUp.Load() {
		return 0
	}
	planned := countBefore(a.round.Schedule, min(at, a.scheduleEnd()))
	if n := a.round.Requests; n > 0 {
		planned = min(planned, n)
	}
	return max(0, planned-a.tally.sent())
}

func (a *attack) heldSince(at time.Duration) time.Duration {
	if a.holdup == nil {
		return 0
	}
	return a.holdup.heldSince(at)
}

// scheduleEnd is when the last request is planned, at most.
func (a *attack) scheduleEnd() time.Duration {
	if a.round.Duration > 0 {
		return a.round.Duration
	}
	return never
}

// rateAsked is how many requests a schedule has within a time, a second.
func rateAsked(s Schedule, end time.Duration) float64 {
	if s == nil || end <= 0 {
		return 0
	}
	return float64(countBefore(s, end)) / end.Seconds()
}

// countBefore is how many requests a schedule plans before a moment.
func countBefore(s Schedule, end time.Duration) int64 {
	low, high := int64(0), int64(1)
	for s.At(high-1) < end {
		low, high = high, high*2
	}
	for low < high {
		if mid := (low + high) / 2; s.At(mid) < end {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
