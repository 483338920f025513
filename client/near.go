package client

// A connection that serves one request at a time is not listed when it comes
// free: it lies idle, and a sync.Pool, which keeps a list for each processor,
// leads the next request there to it. So neither the pool's lock nor the
// connection goes from one processor to the other and back for each request.
//
// The sync.Pool only leads: a connection belongs to whoever makes its near false.
// One that lies idle holds the room of its last request still, and is found
// without being led to, by a look at all connections.

// layNear leaves c where the next request on this processor finds it; false
// where c must be listed.
func (p *pool) layNear(c *conn) bool {
	if c.capacity > 1 || p.t.MaxRequestsPerConn > 0 || p.mustList() {
		return false
	}
	c.idleSince = now()
	c.near.Store(true)
	if p.mustList() && c.near.CompareAndSwap(true, false) {
		return false // whoever made it so may have looked before c lay there
	}
	p.near.Put(c)
	return true
}

// mustList says that connections are not to be laid down unseen: a request waits
// for one, there may be more than are to be kept, or nobody will end them in time.
func (p *pool) mustList() bool {
	return p.wanting.Load() > 0 || p.open.Load() > int64(p.t.maxIdle()) ||
		!p.reaping.Load() && p.t.idleTimeout() >= 0
}

// takeNear is a connection that lies idle, or nil where none is led to. Requests
// that wait go first.
func (p *pool) takeNear() *conn {
	for p.sharing.capacity() == 1 && p.wanting.Load() == 0 {
		c, _ := p.near.Get().(*conn)
		if c == nil || c.near.CompareAndSwap(true, false) {
			return c
		}
	}
	return nil
}

// takeAnyNear is a connection that lies idle anywhere, or nil. The lock is held.
func (p *pool) takeAnyNear() *conn {
	for i := len(p.all) - 1; i >= 0; i-- {
		if c := p.all[i]; c.near.CompareAndSwap(true, false) {
			return c
		}
	}
	return nil
}

// listNear lists all that lie idle. The lock is held.
func (p *pool) listNear() {
	for _, c := range p.all {
		if !c.near.CompareAndSwap(true, false) {
			continue
		}
		c.free++
		c.returned = true
		if p.offer(c); c.free > 0 {
			p.available = append(p.available, c)
		}
	}
}

// countReuse counts a request on a connection that had served one, where that is
// written by nobody else.
func (c *conn) countReuse() {
	if c.mux != nil {
		c.pool.reused.Add(1)
	} else {
		c.reused.Add(1)
	}
}
