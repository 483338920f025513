package containers

import (
	"context"
	"time"
)

// grace is the time that a program has to end after SIGTERM. uWSGI takes one
// second; flup's prefork servers never end on an idle socket.
const grace = 2 * time.Second

// A process is the program of a peer with its workers, on this machine or in a
// container.
type process interface {
	// done is closed when the program has ended.
	done() <-chan struct{}
	// outcome is how, from then on: nil is exit code 0.
	outcome() error
	// pids lists what is alive of it, workers included.
	pids() []int
	// script gives the output of the peer's script, called with that argument
	// where the program is.
	script(ctx context.Context, argument string) ([]byte, error)
	// end stops all of it, and waits until nothing is left.
	end() error
}
