package reference_test

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// subject is one of those compared, in a closed loop. start makes one worker's
// request.
type subject struct {
	name    string
	workers int
	start   func(b *testing.B) (request func() error)
	rates   []float64 // requests a second, a round each
	allocs  []float64 // a request, of client and server together
}

func (s *subject) median() float64 {
	sorted := slices.Sorted(slices.Values(s.rates))
	return sorted[len(sorted)/2]
}

func (s *subject) leastAllocs() float64 { return slices.Min(s.allocs) }

// Enough rounds for a median that holds, in less than a minute.
const (
	roundsEach = 7
	roundTime  = 700 * time.Millisecond
)

// rounds runs the subjects round by round in turn, forth and back (A B C, C B A,
// ...), so that a machine whose speed drifts slows all of them alike, and prints
// each one's median.
func rounds(b *testing.B, subjects []*subject) {
	n, d := roundsEach, roundTime
	for _, s := range subjects {
		s.round(b, d/4)
		s.rates, s.allocs = nil, nil
	}
	for i := range n {
		order := slices.Clone(subjects)
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, s := range order {
			s.round(b, d)
		}
	}
	for _, s := range subjects {
		b.Logf("%-52s %8.0f requests/s  %5.1f allocations/request", s.name, s.median(), s.leastAllocs())
	}
}

func (s *subject) round(b *testing.B, d time.Duration) {
	var served atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	requests := make([]func() error, s.workers)
	for i := range requests {
		requests[i] = s.start(b)
		if err := requests[i](); err != nil {
			b.Fatal(s.name, err)
		}
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for _, request := range requests {
		wg.Go(func() {
			n := int64(0)
			for ; !stop.Load(); n++ {
				if err := request(); err != nil {
					b.Error(s.name, err)
					return
				}
			}
			served.Add(n)
		})
	}
	time.Sleep(d)
	stop.Store(true)
	wg.Wait()
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)
	s.rates = append(s.rates, float64(served.Load())/elapsed.Seconds())
	s.allocs = append(s.allocs, float64(after.Mallocs-before.Mallocs)/float64(served.Load()))
}
