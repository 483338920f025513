package reference

import (
	"context"
	"time"
)

// httpContext is an httpExchange as its request's context. It is cancelled when
// the web server gives the request up, and when the handler returns. Most
// handlers never ask, so what it takes is made at the first question.
type httpContext httpExchange

// Deadline says that there is none.
func (c *httpContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done is closed when the answer is no longer wanted, or complete.
func (c *httpContext) Done() <-chan struct{} { return c.cancellable().Done() }

// Err is context.Canceled once Done is closed.
func (c *httpContext) Err() error { return c.cancellable().Err() }

// Value has the exchange for Params, and for the context package what it derives
// contexts by.
func (c *httpContext) Value(key any) any {
	if key == (exchangeKey{}) {
		return (*httpExchange)(c)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil {
		return nil
	}
	return c.ctx.Value(key)
}

func (c *httpContext) cancellable() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil {
		return c.ctx
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if c.ended.Load() {
		c.cancel()
	} else if aborted := c.r.Aborted(); aborted != nil {
		go cancelAt(aborted, c.ctx, c.cancel)
	}
	return c.ctx
}

func cancelAt(aborted <-chan struct{}, ctx context.Context, cancel context.CancelFunc) {
	select {
	case <-aborted:
		cancel()
	case <-ctx.Done():
	}
}
