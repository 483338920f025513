package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interruptible is a context that the first Ctrl-C ends, so that what is known
// is written. The second one ends the process at once, after its last acts.
func interruptible(last *lastActs) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel()
		if _, ok := <-signals; ok {
			last.perform()
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// lastActs are what has to be done even when the process ends at once: no
// server that it started is left behind, and no file.
type lastActs struct {
	mu   sync.Mutex
	acts map[int]func()
	next int
}

// add returns what takes the act away again.
func (l *lastActs) add(act func()) (drop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acts == nil {
		l.acts = map[int]func(){}
	}
	n := l.next
	l.next++
	l.acts[n] = act
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.acts, n)
	}
}

func (l *lastActs) perform() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, act := range l.acts {
		act()
	}
}
