package load

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Schedule says when each request is to start. It is safe for concurrent use.
type Schedule interface {
	// At is the planned start of the k-th request, from 0, since the round
	// began. It never goes back as k grows.
	At(k int64) time.Duration
	// Rate is what is asked for at a moment, in requests a second.
	Rate(at time.Duration) float64
}

// meanRate is what a schedule asks for between two moments, on average.
func meanRate(s Schedule, from, to time.Duration) float64 {
	const parts = 64 // a ramp comes out exactly, a step to a 64th
	var sum float64
	for i := range parts {
		sum += s.Rate(from + (to-from)*time.Duration(2*i+1)/(2*parts))
	}
	return sum / parts
}

// endOf is when so many requests have been planned. Of random ones it is when
// they are on average: they would all have to be drawn.
func endOf(s Schedule, requests int64) time.Duration {
	if p, random := s.(*Poisson); random {
		return seconds(float64(requests) / p.rate)
	}
	return s.At(requests)
}

// never is when a request is planned that no rate brings about.
const never = time.Duration(math.MaxInt64)

// seconds is a Duration, at most never.
func seconds(s float64) time.Duration {
	if ns := s * float64(time.Second); ns < math.MaxInt64 {
		return time.Duration(ns)
	}
	return never
}

// Constant is so many requests a second, evenly: more than 0.
type Constant float64

// At is k intervals.
func (c Constant) At(k int64) time.Duration { return seconds(float64(k) / float64(c)) }

// Rate is the same at all times.
func (c Constant) Rate(time.Duration) float64 { return float64(c) }

// Ramp is a rate that changes evenly, from one to another over a time, and stays
// there.
type Ramp struct {
	From, To float64       // requests a second
	Over     time.Duration // more than 0
}

// At is the moment at which the rate has brought about k requests.
func (r Ramp) At(k int64) time.Duration {
	n, over := float64(k), r.Over.Seconds()
	if in := over * (r.From + r.To) / 2; n > in {
		return seconds(over + (n-in)/r.To)
	}
	// n = From t + slope t²/2, solved so that nothing cancels out where the
	// slope is small.
	slope := (r.To - r.From) / over
	root := math.Sqrt(max(0, r.From*r.From+2*slope*n))
	if k == 0 {
		return 0
	}
	return seconds(2 * n / (r.From + root))
}

// Rate is the rate on the way.
func (r Ramp) Rate(at time.Duration) float64 {
	return r.From + (r.To-r.From)*min(1, at.Seconds()/r.Over.Seconds())
}

// Poisson is requests that come by chance, as those of many users who know
// nothing of each other: the gaps between them are exponential.
type Poisson struct {
	rate float64
	seed uint64

	mu     sync.Mutex
	ends   []time.Duration // of each block that was worked out
	blocks [blocksKept]block
}

// block is the starts of gapsInBlock requests in turn.
type block struct {
	number int64
	starts []time.Duration
}

const (
	// gapsInBlock are drawn at once; only each block's end is kept for good, 8
	// bytes.
	gapsInBlock = 1024
	// blocksKept reach back further than a request lags behind its plan before
	// it is sent, at any rate that one machine makes.
	blocksKept = 64
)

// NewPoisson is a schedule of a mean rate, in requests a second. The same seed
// gives the same schedule.
func NewPoisson(perSecond float64, seed int64) *Poisson {
	return &Poisson{rate: perSecond, seed: uint64(seed)}
}

// At is the sum of k+1 gaps.
func (p *Poisson) At(k int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := k / gapsInBlock
	for int64(len(p.ends)) < n {
		p.load(int64(len(p.ends)))
	}
	return p.load(n)[k%gapsInBlock]
}

// load is a block's starts, drawn again where they were given up.
func (p *Poisson) load(n int64) []time.Duration {
	b := &p.blocks[n%blocksKept]
	if b.starts == nil || b.number != n {
		p.draw(b, n)
	}
	if int64(len(p.ends)) == n {
		p.ends = append(p.ends, b.starts[gapsInBlock-1])
	}
	return b.starts
}

// draw fills a block in. Each has a generator of its own, so that it comes out
// the same whenever it is drawn.
func (p *Poisson) draw(b *block, n int64) {
	if b.starts == nil {
		b.starts = make([]time.Duration, gapsInBlock)
	}
	b.number = n
	random := rand.New(rand.NewPCG(p.seed, uint64(n)))
	at := time.Duration(0)
	if n > 0 {
		at = p.ends[n-1]
	}
	for i := range b.starts {
		at += seconds(random.ExpFloat64() / p.rate)
		b.starts[i] = at
	}
}

// Rate is the mean.
func (p *Poisson) Rate(time.Duration) float64 { return p.rate }
