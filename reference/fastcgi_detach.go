package reference

import "time"

// detach has another goroutine read on.
func (c *fcgiConn) detach(r *Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.inline {
		c.giveReadingAway(r)
		go c.readLoop()
	}
}

// giveReadingAway is for who calls readLoop then. The lock is held.
func (c *fcgiConn) giveReadingAway(r *Request) {
	r.inline, c.lent = false, nil
	c.users++
}

// lendFor is how long a handler of which nobody knows whether it waits may run
// on the goroutine that reads. Most are done long before, and a switch between
// goroutines costs a third of what they do.
const lendFor = time.Millisecond

// lend detaches a request that is not over soon; at once where its body has not
// come, or on a connection that has carried several at a time.
func (c *fcgiConn) lend(r *Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !r.inline:
	case c.multiplexed || !r.Stdin.ended:
		c.giveReadingAway(r)
		go c.readLoop()
	case c.lendTimer == nil:
		c.lent, c.lendTimer = r, time.AfterFunc(lendFor, c.takeOver)
	default:
		c.lent = r
		c.lendTimer.Reset(lendFor)
	}
}

// takeOver reads on in place of a handler that has run too long.
func (c *fcgiConn) takeOver() {
	c.mu.Lock()
	r := c.lent
	if r != nil {
		c.giveReadingAway(r)
	}
	c.mu.Unlock()
	if r != nil {
		c.readLoop()
	}
}

func (c *fcgiConn) reclaim(r *Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lent == r {
		c.lent = nil
	}
}
