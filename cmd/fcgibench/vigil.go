package main

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// restartTime is how long a supervisor has to bring a server back.
	restartTime = 3 * time.Second
	// afterEnd is how long the load on a process goes on that has ended, for the
	// report to show what comes of it.
	afterEnd = time.Second
)

// vigil ends a round whose server no longer answers.
type vigil struct {
	timeout time.Duration
	end     func()
	silence time.Duration // since when, in the round; 0 where there is none
	from    time.Duration // the second's begin
	silent  bool
	gone    atomic.Bool
}

func newVigil(timeout time.Duration, end func()) *vigil { return &vigil{timeout: timeout, end: end} }

// see looks at a second. A server that gives the wrong answers is there.
func (v *vigil) see(i result.Instant) {
	good := i.Done > i.Failed || i.Errors[string(load.WrongStatus)]+i.Errors[string(load.WrongBody)] > 0
	from := v.from
	v.from = i.At
	switch {
	case good || i.Sent+i.Done == 0:
		v.silent = false
		return
	case !v.silent:
		v.silent, v.silence = true, from
	}
	limit := restartTime
	if timeouts(i.Errors) {
		limit += 2 * v.timeout // it may be a pause, of which requests wait for the end
	}
	if i.At-v.silence >= limit {
		v.gone.Store(true)
		v.end()
	}
}

// sees says that the round was ended.
func (v *vigil) sees() bool { return v.gone.Load() }

// over looks after the subject's process, where it is ours, until the round is
// over.
func (v *vigil) over(s *subject) (stop func()) {
	if s.server == nil {
		return func() {}
	}
	over := make(chan struct{})
	go func() {
		select {
		case <-over:
			return
		case <-s.server.Ended():
		}
		v.gone.Store(true)
		select {
		case <-over:
		case <-time.After(afterEnd):
			v.end()
		}
	}()
	return func() { close(over) }
}

// timeouts says that nothing but time limits was reached.
func timeouts(errors map[string]int64) bool {
	for cause := range errors {
		if !strings.HasPrefix(cause, "timeout ") {
			return false
		}
	}
	return true
}
