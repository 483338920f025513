package load

import (
	"context"
	"math/bits"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// tally is a round's books. Requests that end at once seldom meet in one shard.
type tally struct {
	shards []*shard
}

// shard is the books of every so manieth request.
type shard struct {
	mu   sync.Mutex
	free []*hit // to be used again

	counts
	statuses map[int]int64

	lastGood                    time.Duration // when the last good answer had come, since the round began
	response, service, lateness *Recorder
	phases                      [phaseCount]*Recorder

	second        counts // since the last instant
	secondLatency *Recorder
	_             [64]byte // the next one's lock is on another cache line
}

// counts are what is counted of a whole round, and of each second.
type counts struct {
	sent, done, succeeded, abandoned int64
	bytesOut, bytesIn                int64
	causes                           map[Cause]int64
}

func (c *counts) add(other *counts) {
	c.sent += other.sent
	c.done += other.done
	c.succeeded += other.succeeded
	c.abandoned += other.abandoned
	c.bytesOut += other.bytesOut
	c.bytesIn += other.bytesIn
	for cause, n := range other.causes {
		c.blame(cause, n)
	}
}

func (c *counts) blame(cause Cause, n int64) {
	if c.causes == nil {
		c.causes = map[Cause]int64{}
	}
	c.causes[cause] += n
}

func (c *counts) errors() map[string]int64 {
	if len(c.causes) == 0 {
		return nil
	}
	named := make(map[string]int64, len(c.causes))
	for cause, n := range c.causes {
		named[string(cause)] = n
	}
	return named
}

// maxShards is where more of them, 2 MB each, gain nothing.
const maxShards = 16

func newTally() *tally {
	n := min(maxShards, 1<<bits.Len(uint(runtime.GOMAXPROCS(0)-1)))
	t := &tally{shards: make([]*shard, n)}
	for i := range t.shards {
		t.shards[i] = newShard()
	}
	return t
}

func newShard() *shard {
	s := &shard{
		statuses:      map[int]int64{},
		response:      NewRecorder(),
		service:       NewRecorder(),
		lateness:      NewRecorder(),
		secondLatency: NewRecorder(),
	}
	for i := range s.phases {
		s.phases[i] = NewRecorder()
	}
	return s
}

func (t *tally) shard(seq int64) *shard { return t.shards[int(seq)&(len(t.shards)-1)] }

// take starts a hit.
func (s *shard) take(ctx context.Context) *hit {
	s.mu.Lock()
	s.sent++
	s.second.sent++
	if n := len(s.free); n > 0 {
		h := s.free[n-1]
		s.free = s.free[:n-1]
		s.mu.Unlock()
		return h
	}
	s.mu.Unlock()
	return newHit(ctx)
}

// book notes how a hit ended, and takes it back.
func (s *shard) book(h *hit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, h)
	if h.cause == interruptedByUs {
		s.abandoned++
		return
	}
	s.count(h)
	s.second.done++
	s.secondLatency.Record(h.ended - h.planned)
	s.response.Record(h.ended - h.planned)
	s.service.Record(h.service())
	if h.scheduled {
		s.lateness.Record(h.lateness())
	}
	for i, d := range h.phases() {
		if d >= 0 {
			s.phases[i].Record(d)
		}
	}
}

func (s *shard) count(h *hit) {
	s.done++
	s.bytesOut += h.exchange.BytesWritten
	s.bytesIn += h.exchange.BytesRead
	if h.status != 0 {
		s.statuses[h.status]++
	}
	if h.cause == none {
		s.succeeded++
		s.lastGood = max(s.lastGood, h.ended)
		return
	}
	s.blame(h.cause, 1)
	s.second.blame(h.cause, 1)
}

// fill sums the books up.
func (t *tally) fill(r *result.Round) {
	sum := newShard()
	for _, s := range t.shards {
		s.mu.Lock()
		sum.merge(s)
		s.mu.Unlock()
	}
	r.Requests, r.Succeeded, r.Abandoned = sum.done, sum.succeeded, sum.abandoned
	r.Answering = max(r.Answering, sum.lastGood)
	r.BytesOut, r.BytesIn = sum.bytesOut, sum.bytesIn
	r.Errors, r.Statuses = sum.errors(), sum.statusNames()
	r.Response, r.Service, r.Lateness = sum.response.Latencies(), sum.service.Latencies(), sum.lateness.Latencies()
	r.Phases = map[string]result.Latencies{}
	for i, recorder := range sum.phases {
		if l := recorder.Latencies(); l.Count > 0 {
			r.Phases[phaseNames[i]] = l
		}
	}
}

func (s *shard) merge(other *shard) {
	s.counts.add(&other.counts)
	s.lastGood = max(s.lastGood, other.lastGood)
	for status, n := range other.statuses {
		s.statuses[status] += n
	}
	s.response.Add(other.response)
	s.service.Add(other.service)
	s.lateness.Add(other.lateness)
	for i := range s.phases {
		s.phases[i].Add(other.phases[i])
	}
}

func (s *shard) statusNames() map[string]int64 {
	if len(s.statuses) == 0 {
		return nil
	}
	named := make(map[string]int64, len(s.statuses))
	for status, n := range s.statuses {
		named[strconv.Itoa(status)] = n
	}
	return named
}

// instant is what happened since the last one. latency is scratch.
func (t *tally) instant(latency *Recorder) result.Instant {
	latency.Reset()
	var sum counts
	for _, s := range t.shards {
		s.mu.Lock()
		sum.add(&s.second)
		latency.Add(s.secondLatency)
		s.second = counts{}
		s.secondLatency.Reset()
		s.mu.Unlock()
	}
	i := result.Instant{Sent: sum.sent, Done: sum.done, Errors: sum.errors()}
	for _, n := range sum.causes {
		i.Failed += n
	}
	i.P50, i.P99, i.Max = latency.At(50), latency.At(99), latency.At(100)
	return i
}

func (t *tally) sent() (n int64) {
	for _, s := range t.shards {
		s.mu.Lock()
		n += s.counts.sent
		s.mu.Unlock()
	}
	return n
}

// Phases of an exchange, in their order.
const (
	phaseQueue = iota
	phaseConnect
	phaseWrite
	phaseFirstByte
	phaseBody
	phaseCount
)

var phaseNames = [phaseCount]string{"queue", "connect", "write", "first byte", "body"}

// unreached is the length of a phase that was not reached.
const unreached = time.Duration(-1)
