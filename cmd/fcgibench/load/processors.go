package load

import (
	"runtime"
	"sync"
	"time"
)

const (
	// oneProcessorRate is the highest rate, in requests a second, that a round
	// begins with on one processor: some 90 µs a request leave it idle for more
	// than half of the time. On several, what wakes a goroutine on another
	// processor takes as much again.
	oneProcessorRate = 4000
	// busyShare is the share of the one processor from which on the round gets the
	// others: long bodies take as much as many requests.
	busyShare = 0.5
)

// processors is how many of them the process had before a round lowered it.
var processors struct {
	sync.Mutex
	lowered bool
	all     int
}

// lowerProcessors has the process run on one processor.
func lowerProcessors() {
	p := &processors
	p.Lock()
	defer p.Unlock()
	if !p.lowered {
		p.all, p.lowered = runtime.GOMAXPROCS(1), true
	}
}

// restoreProcessors gives the process those that it had.
func restoreProcessors() {
	p := &processors
	p.Lock()
	defer p.Unlock()
	if p.lowered {
		runtime.GOMAXPROCS(p.all)
		p.lowered = false
	}
}

// cores is how many processors the process may have.
func cores() int {
	p := &processors
	p.Lock()
	defer p.Unlock()
	if p.lowered {
		return p.all
	}
	return runtime.GOMAXPROCS(0)
}

// saveProcessors runs the process on one processor where the round's rate is one
// that it serves with ease, and until it is busy. restore ends that.
func (r *Round) saveProcessors() (restore func()) {
	if r.Schedule == nil || r.wait != nil || max(r.Schedule.Rate(0), r.Schedule.Rate(never)) > oneProcessorRate {
		return func() {}
	}
	lowerProcessors()
	return restoreProcessors
}

// relieve gives the process its other processors where something took too much of
// the one within a time.
func relieve(cpu, within time.Duration) {
	if cpu.Seconds() > busyShare*within.Seconds() {
		restoreProcessors()
	}
}
