package client

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// ErrAborted is how requests end that Abort ends.
var ErrAborted = errors.New("the Transport's requests were aborted")

// aborts is how often Abort was called, and what wakes those who wait until the
// next time.
type aborts struct {
	count  atomic.Int64
	mu     sync.Mutex
	ctx    context.Context // until the next Abort; nil is not asked for yet
	cancel context.CancelFunc
}

// Abort ends the requests that are on their way or wait for a connection, and the
// connections. Later ones are served as ever. It costs a request nothing, unlike a
// context that may be cancelled.
func (t *Transport) Abort() {
	t.aborts.mu.Lock()
	t.aborts.count.Add(1)
	if t.aborts.ctx != nil {
		t.aborts.cancel()
		t.aborts.ctx = nil
	}
	t.aborts.mu.Unlock()
	t.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		p.abort()
	}
}

// abort wakes all that read and write; they end their connections.
func (p *pool) abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.all {
		c.abort()
	}
}

// untilAbort is a context that the next Abort ends.
func (t *Transport) untilAbort() context.Context {
	a := &t.aborts
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx == nil {
		a.ctx, a.cancel = context.WithCancel(context.Background())
	}
	return a.ctx
}

// aborted says that Abort was called since the request began.
func (x *call) aborted() bool { return x.p.t.aborts.count.Load() != x.aborts }
