package client

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
)

// pool holds the connections to one target.
type pool struct {
	t           *Transport
	target      Target
	sharing     sharing // how many requests a connection takes
	keeping     atomic.Int32
	endedAtOnce atomic.Int32 // first connections in a row that ended after their first request
	keepAgain   atomic.Int64 // in ns since 1970, where the server closes always
	prepared    atomic.Pointer[prepared]
	unlike      atomic.Uint64 // requests that were not like the prepared one
	answers     cgi.KnownAnswers
	near        sync.Pool    // connections that may lie idle: see takeNear
	open        atomic.Int64 // connections, those being made too
	wanting     atomic.Int32 // requests that wait, or are about to
	reaping     atomic.Bool

	_         [cacheLine]byte // what each request reads is apart from what is written often
	mu        sync.Mutex
	reused    atomic.Int64 // see Stats; those of open connections are counted there
	all       []*conn      // that are open, each at its index
	available []*conn      // those with room for a request; the last one is taken first
	waiting   []*waiter    // first in, first out, but for those that had their turn
}

// cacheLine is that of the usual processors.
const cacheLine = 64

// waiter is a request beyond MaxConns.
type waiter struct {
	granted   chan grant // holds one
	first     bool       // it has had its turn
	lostAt    moment     // where it is a second try: see call
	overtaken int        // times that a shared connection's room passed it by
}

// grant is what a waiter gets: a connection with room taken for it, or, where
// that is nil, leave to make one.
type grant struct {
	c     *conn
	stale bool // it is granted for its place alone
}

// get takes room for one request on a connection: a kept one, a new one, or,
// where the cap is reached, the next that comes free.
func (p *pool) get(x *call) (*conn, error) {
	if err := p.learnSharing(x); err != nil {
		return nil, err
	}
	if x.lostAt != 0 {
		p.endIdle(x.lostAt) // the server that ended one kept connection ended them all
	}
	for hadTurn := x.lostAt != 0; ; hadTurn = true {
		g, w := p.tryGet(x.lostAt, hadTurn)
		if w != nil {
			var err error
			if g, err = p.wait(x, w); err != nil {
				return nil, err
			}
		}
		if g.c != nil && !g.stale && p.carries(g.c, x) {
			return g.c, nil
		}
		if g.c == nil || p.pass(g.c) {
			return p.connect(x)
		}
	}
}

// freshFor says that a second try may take room on c: a connection made since
// the first one was lost, which has answered nobody yet. A server that ends
// connections after a few requests would end others under it. The lock is held.
func (c *conn) freshFor(lostAt moment) bool { return !c.returned && c.opened > lostAt }

// carries says that a granted connection can carry the request. Of one that is
// shared it takes its stream.
func (p *pool) carries(c *conn, x *call) bool {
	switch {
	case c.mux == nil && !c.aborted.Load() && p.alive(c), c.mux != nil && c.mux.enter(x):
		return true
	case c.mux == nil || !c.mux.missed.Swap(true): // once, however many wanted it
		p.t.stats.lost.Add(1)
	}
	return false
}

// pass gives a granted connection up, which takes no further request. Where it
// ends with that, its place is the caller's, whom others in the queue don't
// overtake.
func (p *pool) pass(c *conn) (place bool) {
	p.retire(c)
	return p.takeBack(c) && p.end(c)
}

// keeping is whether a FastCGI application leaves connections open that it was
// asked to keep (5.1).
const (
	keepingUnknown = iota
	keepsOpen
	closesAlways // uWSGI does
)

// keepWatch is how long a target's first kept connection is watched before its
// second request: uWSGI closes it in spite of KEEP_CONN, a moment after the
// answer, and a request just then would be lost.
const keepWatch = 5 * time.Millisecond

// alive says that a connection that nobody shares can carry a request.
func (p *pool) alive(c *conn) bool {
	if p.target.Protocol != FastCGI || c.requests.Load() == 0 || p.keeping.Load() != keepingUnknown {
		return !p.stale(c)
	}
	c.endLook()
	c.setDeadline(net.Conn.SetReadDeadline, time.Now().Add(keepWatch))
	err := c.fill(1)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.clearDeadlines()
		p.endedAtOnce.Store(0)
		p.keeping.Store(keepsOpen)
		return true
	}
	if c.requests.Load() == 1 && c.idleFor() < 2*keepWatch && p.endedAtOnce.Add(1) >= endingsInARow {
		p.keeping.Store(closesAlways)
		p.keepAgain.Store(time.Now().Add(keepPause).UnixNano())
	}
	return false
}

const (
	// endingsInARow make it known that a server closes always: one or two may
	// be a worker's last request, or a restart.
	endingsInARow = 3
	// keepPause is for how long that is believed.
	keepPause = 10 * time.Second
)

// closes says that keeping a connection is of no use. After a while it is tried
// again.
func (p *pool) closes() bool {
	if p.keeping.Load() != closesAlways {
		return false
	}
	if time.Now().UnixNano() > p.keepAgain.Load() {
		p.endedAtOnce.Store(endingsInARow - 1)
		p.keeping.Store(keepingUnknown)
		return false
	}
	p.t.stats.unkept.Add(1)
	return true
}

// tryGet is a grant, or else a place in the queue.
func (p *pool) tryGet(lostAt moment, hadTurn bool) (grant, *waiter) {
	if lostAt != 0 {
		return p.tryFresh(lostAt)
	}
	if c := p.takeNear(); c != nil {
		return grant{c: c}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.available); n > 0 {
		return p.take(p.available[n-1]), nil
	}
	p.wanting.Add(1) // before the look, so that what is laid down after it is not left there
	if len(p.waiting) == 0 {
		if c := p.takeAnyNear(); c != nil {
			p.wanting.Add(-1)
			return grant{c: c}, nil
		}
	}
	if p.takePlace() {
		p.wanting.Add(-1)
		return grant{}, nil
	}
	w := &waiter{granted: make(chan grant, 1), first: hadTurn}
	p.queue(w)
	return grant{}, w
}

// tryFresh is tryGet for a second try. Only at the cap does it cost a kept
// connection, and none that is at work.
func (p *pool) tryFresh(lostAt moment) (grant, *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.available {
		if c.freshFor(lostAt) {
			return p.take(c), nil
		}
	}
	if p.takePlace() {
		return grant{}, nil
	}
	p.wanting.Add(1) // before the look, as above
	p.listNear()
	for _, c := range p.available {
		if c.free == c.capacity {
			p.wanting.Add(-1)
			return p.takeStale(c), nil
		}
	}
	w := &waiter{granted: make(chan grant, 1), first: true, lostAt: lostAt}
	p.queue(w)
	return grant{}, w
}

// takePlace counts a connection that is to be made, where the cap leaves room
// for it. The lock is held.
func (p *pool) takePlace() bool {
	if p.t.MaxConns > 0 && p.open.Load() >= int64(p.t.MaxConns) {
		return false
	}
	if p.open.Add(1) > int64(p.t.maxIdle()) {
		p.listNear()
	}
	return true
}

// queue puts one that has had its turn before all that have not. The lock is
// held.
func (p *pool) queue(w *waiter) {
	i := len(p.waiting)
	if w.first {
		i = slices.IndexFunc(p.waiting, func(w *waiter) bool { return !w.first })
		if i < 0 {
			i = len(p.waiting)
		}
	}
	p.waiting = slices.Insert(p.waiting, i, w)
}

// take counts one request's room on a connection as used. The lock is held.
func (p *pool) take(c *conn) grant {
	c.free--
	c.granted++
	if limit := p.t.MaxRequestsPerConn; limit > 0 && c.granted >= limit {
		c.retired = true
	}
	if c.free == 0 || c.retired {
		p.unlist(c)
	}
	return grant{c: c}
}

// takeStale takes an idle connection for its place. The lock is held.
func (p *pool) takeStale(c *conn) grant {
	if c.capacity > 1 {
		c.retired = true // nobody shares it meanwhile
	}
	p.take(c)
	return grant{c, true}
}

// wait is a place in the queue's grant, within the exchange's limits.
func (p *pool) wait(x *call, w *waiter) (grant, error) {
	p.t.stats.waited.Add(1)
	up, stop := alarm(x.deadline.time())
	defer stop()
	until := p.t.untilAbort()
	if x.aborted() {
		p.leave(w)
		return grant{}, ErrAborted
	}
	select {
	case g := <-w.granted:
		return g, nil
	case <-until.Done():
		p.leave(w)
		return grant{}, ErrAborted
	case <-up:
		p.leave(w)
		return grant{}, &TimeoutError{Queued, p.t.Timeout}
	case <-x.req.Context().Done():
		p.leave(w)
		return grant{}, context.Cause(x.req.Context())
	}
}

// leave gives up a place in the queue; what was granted meanwhile goes on to
// the next.
func (p *pool) leave(w *waiter) {
	p.mu.Lock()
	for i, other := range p.waiting {
		if other == w {
			p.unqueue(i)
			p.mu.Unlock()
			return
		}
	}
	p.mu.Unlock()
	if g := <-w.granted; g.c != nil {
		p.put(g.c)
	} else {
		p.giveUp()
	}
}

// connect makes a connection for which room was counted.
func (p *pool) connect(x *call) (*conn, error) {
	start := time.Now()
	c, err := p.dial(x.req.Context(), x.deadline.time())
	if err != nil {
		if x.x != nil {
			x.x.ConnectTime = time.Since(start)
		}
		p.giveUp()
		if x.aborted() {
			err = ErrAborted
		}
		return nil, err
	}
	p.adopt(c, x)
	if x.aborted() {
		c.abort()
	}
	return c, nil
}

// adopt sets a new connection up, with the request's room taken.
func (p *pool) adopt(c *conn, x *call) {
	c.capacity = p.sharing.capacity()
	c.free = c.capacity
	if c.capacity > 1 {
		c.mux = newMuxer(c)
		c.mux.enter(x)
		defer c.mux.start()
	}
	c.wire = wireOf(p.target.Protocol, c)
	p.mu.Lock()
	defer p.mu.Unlock()
	c.index = len(p.all)
	p.all = append(p.all, c)
	p.take(c)
	p.offer(c)
	if c.free > 0 && !c.retired {
		p.available = append(p.available, c)
	}
}

// offer hands a connection's room to those who wait. The lock is held.
func (p *pool) offer(c *conn) {
	for c.free > 0 && !c.retired && len(p.waiting) > 0 {
		i := p.firstFor(c)
		switch {
		case i < 0:
			return
		case p.waiting[i].mayTake(c):
			p.unqueue(i).granted <- p.take(c)
		default:
			p.unqueue(i).granted <- p.takeStale(c)
		}
	}
}

// firstFor is who of those that wait comes first for room on c; -1 is nobody. A
// second try has no use for a connection that is at work, and lets the others
// have the room. So that it does not starve, c is retired, which gives it c's
// place in the end, once as many rooms passed it by as c has. The lock is held.
func (p *pool) firstFor(c *conn) int {
	for i, w := range p.waiting {
		if w.mayTake(c) || c.free == c.capacity {
			return i
		}
		if i > 0 {
			continue // a new connection will have room for all of them
		}
		if w.overtaken++; w.overtaken >= c.capacity {
			w.overtaken, c.retired = 0, true
			p.unlist(c)
			return -1
		}
	}
	return -1
}

func (w *waiter) mayTake(c *conn) bool { return w.lostAt == 0 || c.freshFor(w.lostAt) }

// unqueue takes the one at i out of the queue. The lock is held.
func (p *pool) unqueue(i int) *waiter {
	w := p.waiting[i]
	if i == 0 {
		p.waiting[0] = nil
		p.waiting = p.waiting[1:]
	} else {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.wanting.Add(-1)
	return w
}

// dial makes a connection, within DialTimeout and by the deadline where there
// are such.
func (p *pool) dial(ctx context.Context, deadline time.Time) (*conn, error) {
	opened, start := now(), time.Now()
	limit := p.t.Timeout
	if own := p.t.DialTimeout; own > 0 && (deadline.IsZero() || start.Add(own).Before(deadline)) {
		limit, deadline = own, start.Add(own)
	}
	inner := ctx
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		inner, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if p.target.Network != "unix" { // which does not wait
		var cancel context.CancelFunc
		inner, cancel = context.WithCancel(inner)
		defer cancel()
		defer context.AfterFunc(p.t.untilAbort(), cancel)()
	}
	nc, err := p.t.dialer()(inner, p.target.Network, p.target.Address)
	if err != nil {
		return nil, dialError(ctx, err, deadline, limit)
	}
	p.t.stats.opened.Add(1)
	c := &conn{Conn: nc, pool: p, opened: opened, connectTime: time.Since(start)}
	c.parser.Share = &p.answers
	return c, nil
}

// dialError is the context's error or the limit's, where one of them was why.
// The dialer's own timers may be a moment ahead of the context's.
func dialError(ctx context.Context, err error, deadline time.Time, limit time.Duration) error {
	var timeout net.Error
	timedOut := errors.As(err, &timeout) && timeout.Timeout()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if end, ok := ctx.Deadline(); ok && timedOut && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	if timedOut && !deadline.IsZero() && !time.Now().Before(deadline) {
		return &TimeoutError{Connecting, limit}
	}
	return err
}

func (t *Transport) dialer() func(context.Context, string, string) (net.Conn, error) {
	if t.DialContext != nil {
		return t.DialContext
	}
	// Without keep-alive probes, which would cost five system calls a connection.
	return (&net.Dialer{KeepAlive: -1}).DialContext
}

// put gives a request's room on a sound connection back.
func (p *pool) put(c *conn) {
	if !p.layNear(c) && p.takeBack(c) {
		p.drop(c)
	}
}

// takeBack says whether the connection is at its end.
func (p *pool) takeBack(c *conn) (ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.free++
	c.returned = true
	if c.retired {
		return c.free == c.capacity
	}
	if c.free == c.capacity {
		c.idleSince = now()
	}
	if p.offer(c); c.free == 0 || c.retired {
		return false
	}
	if c.free == c.capacity {
		if p.idleBut(c) >= p.t.maxIdle() {
			c.retired = true
			p.unlist(c)
			return true
		}
		p.reapLater()
	}
	if c.free == 1 {
		p.available = append(p.available, c)
	}
	return false
}

// idleBut counts the listed connections that serve nothing, c aside. The lock is
// held.
func (p *pool) idleBut(c *conn) (n int) {
	if c.capacity == 1 {
		return len(p.available) // c is not listed yet
	}
	for _, other := range p.available {
		if other != c && other.free == other.capacity {
			n++
		}
	}
	return n
}

// retire stops a connection from taking requests; it ends with its last one.
func (p *pool) retire(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.retired = true
	p.unlist(c)
}

// unlist takes c out of those with room. The lock is held.
func (p *pool) unlist(c *conn) {
	for i := len(p.available) - 1; i >= 0; i-- { // the last one is taken first
		if p.available[i] == c {
			p.available = slices.Delete(p.available, i, i+1)
			return
		}
	}
}

// drop ends a connection, whose place is the next one's.
func (p *pool) drop(c *conn) {
	if p.end(c) {
		p.giveUp()
	}
}

// end closes a connection, whose place is the caller's then; false where that
// was done before.
func (p *pool) end(c *conn) (place bool) {
	p.mu.Lock()
	dropped := c.dropped
	c.dropped, c.retired = true, true
	p.unlist(c)
	if !dropped {
		p.forget(c)
	}
	p.mu.Unlock()
	if !dropped {
		c.Conn.Close()
	}
	return !dropped
}

// forget takes c out of those that are open. The lock is held.
func (p *pool) forget(c *conn) {
	last := len(p.all) - 1
	p.all[c.index] = p.all[last]
	p.all[c.index].index = c.index
	p.all[last] = nil
	p.all = p.all[:last]
	p.reused.Add(c.reused.Load())
}

// giveUp gives a connection's place to the first who waits.
func (p *pool) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		p.unqueue(0).granted <- grant{}
		return
	}
	p.open.Add(-1)
}

// count adds the pool's share to s.
func (p *pool) count(s *Stats) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.all {
		s.Reused += c.reused.Load()
		if c.free == c.capacity || c.near.Load() {
			s.Idle++
		}
	}
	s.Reused += p.reused.Load()
	s.Open += int(p.open.Load())
}

// closeIdle ends the connections that serve nothing.
func (p *pool) closeIdle() { p.endIdle(math.MaxInt64) }

// endIdle ends those that have served nothing since limit.
func (p *pool) endIdle(limit moment) {
	p.mu.Lock()
	ended, _ := p.takeIdle(limit)
	p.mu.Unlock()
	for _, c := range ended {
		p.drop(c)
	}
}

// takeIdle unlists those that have served nothing since limit, and says since
// when the next of them has. The lock is held.
func (p *pool) takeIdle(limit moment) (ended []*conn, next moment) {
	p.listNear()
	for _, c := range p.available {
		switch {
		case c.free < c.capacity:
		case c.idleSince < limit:
			ended = append(ended, c)
		case next == 0 || c.idleSince < next:
			next = c.idleSince
		}
	}
	for _, c := range ended {
		c.retired = true
		p.unlist(c)
	}
	return ended, next
}

// reapLater sees to it that idle connections end in time. The lock is held.
func (p *pool) reapLater() {
	if life := p.t.idleTimeout(); life >= 0 && !p.reaping.Swap(true) {
		time.AfterFunc(life, p.reap)
	}
}

func (p *pool) reap() {
	life := moment(p.t.idleTimeout())
	p.mu.Lock()
	p.reaping.Store(false) // before the look, so that what is laid down after it is not left there
	ended, next := p.takeIdle(now() - life)
	if next != 0 {
		p.reaping.Store(true)
		// A moment later, so that one look suffices.
		time.AfterFunc(time.Duration(next+life-now())+time.Millisecond, p.reap)
	}
	p.mu.Unlock()
	for _, c := range ended {
		p.drop(c)
	}
}
