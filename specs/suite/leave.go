package suite

import "time"

// UntilClose reads on to the connection's end, and says how that came. What came
// before it is in Buffered.
func (c *Conn) UntilClose(limit time.Duration) End {
	for {
		if end, more := c.More(limit); !more {
			return end
		}
	}
}

// Leave ends the connection, and lets the server notice before the canary asks.
func (c *Conn) Leave() {
	c.CloseWrite()
	c.UntilClose(leaveLimit)
	c.Close()
}

// leaveLimit is more than a busy server takes to notice; one that notices closes,
// and is waited for no longer.
const leaveLimit = 1500 * time.Millisecond

// SendAside sends while the answer is read. What it returns waits for the end of
// that, up to the limit, and says whether all was sent.
func (c *Conn) SendAside(pieces ...[]byte) (sent func(limit time.Duration) bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Send(pieces...)
	}()
	return func(limit time.Duration) bool {
		select {
		case <-done:
			return true
		case <-time.After(limit):
			return false
		}
	}
}
