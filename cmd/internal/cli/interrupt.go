package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Interruptible is a context that the first Ctrl-C ends, or the terminal's going,
// so that what is known is written. The second one ends the process at once, after
// its last acts.
func Interruptible(last *LastActs) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel()
		for first := time.Now(); ; {
			if _, ok := <-signals; !ok {
				return
			}
			if time.Since(first) > sameSignal {
				last.Perform()
				os.Exit(ExitInterrupted)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// sameSignal is how soon after a signal another one is the same: timeout(1) sends
// it to the process and to its group.
const sameSignal = 100 * time.Millisecond

// LastActs are what has to be done even when the process ends at once: no
// server that it started is left behind, and no file.
type LastActs struct {
	mu   sync.Mutex
	acts map[int]func()
	next int
}

// Add returns what takes the act away again.
func (l *LastActs) Add(act func()) (drop func()) {
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

// Perform does them.
func (l *LastActs) Perform() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, act := range l.acts {
		act()
	}
}
