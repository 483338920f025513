package client

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/cgi"
)

// readBuffer holds a usual answer whole, so that one read takes it; longer
// bodies go from the socket to the reader's own buffer.
const readBuffer = 16 << 10

// conn is one connection, with the bytes that came and were not taken.
type conn struct {
	net.Conn
	pool *pool
	wire wire

	// What each request writes stands together: a connection goes from one
	// processor to the other, and takes the cache lines that were written along.
	in      []byte // in[r:w] has come and was not taken
	r, w    int
	read    int64 // bytes, over its life
	written atomic.Int64

	parser   cgi.Parser
	exchange // the one that it serves, where requests don't share it

	requests  atomic.Int64 // that it took so far
	reused    atomic.Int64 // those of them that Stats counts as such
	near      atomic.Bool  // it lies idle: whoever makes this false has it
	granted   int          // requests that room was taken for so far
	free      int          // requests that it can take at this moment
	idleSince moment

	mu          sync.Mutex
	aborted     atomic.Bool // what it was used for is over: deadlines stay in the past
	hasDeadline atomic.Bool
	lookAt      moment      // the read deadline, where that is no limit: see limitVisit
	awaitFirst  atomic.Bool // the answer has not begun, and its limit is to be set

	index       int    // in the pool's list of all
	capacity    int    // requests that it can take at all
	retired     bool   // it takes no further one
	returned    bool   // one gave its room back
	dropped     bool   // it is closed
	opened      moment // when making it began
	lost        moment // when requests that share it lost it
	connectTime time.Duration
	mux         *muxer // where requests share it

	wait   *writeAndWait // nil until it is of use
	broken error         // a read's, that was not told yet

	out     []byte // the request being built
	scratch []byte // what goes into it
	forward ajp.Request
	names   []string // of its headers
	headers ajp.ResponseHeaders
}

// exchange is where one request's answer stands, and ends with it.
type exchange struct {
	readFrom int64 // the connection's counts when this request began
	sentFrom int64
	stop     func() bool // lets go of the context
	writeErr error       // why writing stopped: the reading tells what came of it
	awaited  bool        // the request is written, and its answer waited for
	limit    moment      // of the reading, where lookAt is in its place
	fcgi     fcgiAnswer
	ajp      ajpAnswer
}

// begin notes where the next exchange begins.
func (c *conn) begin() { c.exchange = exchange{readFrom: c.read, sentFrom: c.written.Load()} }

// buffered is what came and was not taken.
func (c *conn) buffered() []byte { return c.in[c.r:c.w] }

func (c *conn) take(n int) { c.r += n }

// position is how many bytes were taken over the connection's life.
func (c *conn) position() int64 { return c.read - int64(c.w-c.r) }

// shownBytes is how much of a breach an error shows: a record's header, and as
// much again.
const shownBytes = 16

// shown is a copy of the first bytes that were not taken.
func (c *conn) shown() []byte {
	b := c.buffered()
	return append([]byte(nil), b[:min(len(b), shownBytes)]...)
}

// ensure waits until n bytes are buffered.
func (c *conn) ensure(n int) error {
	for c.w-c.r < n {
		if err := c.fill(n); err != nil {
			return err
		}
	}
	return nil
}

// fill reads once into the buffer, which has room for n bytes in all.
func (c *conn) fill(n int) error {
	if c.in == nil {
		c.in = make([]byte, readBuffer)
	}
	if len(c.in)-c.r < n || c.r == c.w || c.w == len(c.in) {
		c.makeRoom(n)
	}
	if err := c.broken; err != nil {
		c.broken = nil
		return err
	}
	c.endLook()
	m, err := c.Conn.Read(c.in[c.w:])
	c.w += m
	c.read += int64(m)
	if m > 0 {
		return nil
	}
	return err
}

// makeRoom moves what is buffered to the front, of a larger buffer if need be.
func (c *conn) makeRoom(n int) {
	in := c.in
	if len(in) < n {
		in = make([]byte, n)
	}
	c.w = copy(in, c.in[c.r:c.w])
	c.r = 0
	c.in = in
}

// readInto reads past the buffer, which must be empty.
func (c *conn) readInto(p []byte) (int, error) {
	c.endLook()
	n, err := c.Conn.Read(p)
	c.read += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// writeAll writes b, until the deadline where there is one.
func (c *conn) writeAll(b []byte, deadline time.Time) error {
	if !deadline.IsZero() {
		c.setDeadline(net.Conn.SetWriteDeadline, deadline)
	}
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n))
	return err
}

// abort wakes whoever reads or writes, for good.
func (c *conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.aborted.Store(true)
	c.Conn.SetDeadline(time.Unix(1, 0))
}

// setDeadline leaves an aborted connection's deadlines where they are.
func (c *conn) setDeadline(set func(net.Conn, time.Time) error, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.aborted.Load() {
		set(c.Conn, at)
		c.hasDeadline.Store(true)
	}
}

// endLook puts the reading's limit where lookAt was the deadline.
func (c *conn) endLook() {
	if c.lookAt == 0 {
		return
	}
	c.lookAt = 0
	c.setDeadline(net.Conn.SetReadDeadline, c.limit.time())
}

func (c *conn) clearDeadlines() {
	if !c.hasDeadline.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Conn.SetDeadline(time.Time{})
	c.lookAt = 0
	c.hasDeadline.Store(false)
}
