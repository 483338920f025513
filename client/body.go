package client

import (
	"errors"
	"io"
	"time"
)

// body is the answer's body: the call, as its reader sees it.
type body call

var errBodyClosed = errors.New("the answer's body is read after it was closed")

// Read reads the body; after io.EOF the whole answer has come, and the
// connection is free for the next.
func (b *body) Read(p []byte) (int, error) {
	x := (*call)(b)
	if x.err != nil {
		return 0, x.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for len(x.piece) == 0 {
		if n, err := x.readDirect(p); n > 0 || err != nil {
			x.count(n)
			return n, x.ended(err)
		}
		var err error
		if x.piece, err = x.c.wire.next(x); err != nil {
			return 0, x.ended(err)
		}
		x.cutToLength()
	}
	n := copy(p, x.piece)
	x.piece = x.piece[n:]
	x.count(n)
	return n, nil
}

// directRead is the least room in a reader's buffer for which it is worth to
// read past the connection's own.
const directRead = 4 << 10

// readDirect saves a long body the way through the connection's buffer.
func (x *call) readDirect(p []byte) (int, error) {
	if x.left >= 0 {
		p = p[:min(int64(len(p)), x.left)]
	}
	if len(p) < directRead {
		return 0, nil
	}
	return x.c.wire.direct(x, p)
}

// count notes that n bytes of the announced length were read; after the last
// the connection is given back, if the answer's end has come too.
func (x *call) count(n int) {
	if x.left < 0 {
		return
	}
	x.left -= int64(n)
	if x.left == 0 && len(x.piece) == 0 {
		x.settleIfRead()
	}
}

// cutToLength drops what goes beyond the announced Content-Length, as gateways
// do.
func (x *call) cutToLength() {
	if x.left >= 0 && int64(len(x.piece)) > x.left {
		x.piece = x.piece[:x.left]
	}
}

// ended notes how the body ended. A body shorter than announced is truncated,
// however properly its connection ended.
func (x *call) ended(err error) error {
	if err == nil {
		return nil
	}
	if err == io.EOF && x.left > 0 {
		err = &TruncatedError{x.p.target.Protocol, x.came(), "the rest of its Content-Length", false, io.ErrUnexpectedEOF}
	}
	if err == io.EOF {
		x.settle(x.c.wire.keeps(x))
	} else {
		if x.upload != nil {
			if cause := x.upload.bodyError(); cause != nil {
				err = cause
			}
		}
		x.settle(x.refused(err))
	}
	x.err = err
	return err
}

// settleIfRead gives the connection back when the end of the answer is
// buffered already, so that who reads a body of known length just to its last
// byte keeps the connection, too.
func (x *call) settleIfRead() {
	for x.err == nil && x.c.wire.ready(x) {
		if _, err := x.c.wire.next(x); err != nil {
			x.ended(err)
		}
	}
}

// Close ends the exchange. The connection is kept if all of the answer has
// come, else it ends, which tells the application to stop (FastCGI 5.4).
func (b *body) Close() error {
	x := (*call)(b)
	if x.err == nil {
		x.drainBuffered()
	}
	if x.err == nil {
		x.err = errBodyClosed
		x.settle(false)
	}
	return nil
}

// drainBuffered reads what is left of an answer as far as it has come.
func (x *call) drainBuffered() {
	x.piece = nil
	for x.err == nil && x.c.wire.ready(x) {
		if _, err := x.c.wire.next(x); err != nil {
			if err == io.EOF {
				x.left = -1 // the rest was not wanted
			}
			x.ended(err)
		}
	}
}

// settle gives the connection back, or ends it, and completes the Exchange.
func (x *call) settle(keep bool) {
	if x.settled || x.c == nil {
		return
	}
	x.settled = true
	if x.c.stop != nil && !x.c.stop() {
		keep = false // the context was cancelled: the deadlines are in the past
	}
	if x.stream == nil && x.c.aborted.Load() {
		keep = false
	}
	if x.upload != nil && x.stream == nil && !x.upload.finished() {
		keep = false
	}
	if keep && x.p.closes() {
		keep = false
	}
	if x.stream == nil && len(x.c.buffered()) > 0 {
		keep = false // nobody asked for what follows the answer
	}
	x.complete()
	if x.stream != nil {
		x.c.mux.leave(x.stream)
	} else if keep && !x.lastOne() {
		x.c.clearDeadlines()
		if x.trace != nil && x.trace.PutIdleConn != nil {
			x.trace.PutIdleConn(nil)
		}
		x.p.put(x.c)
	} else {
		x.p.drop(x.c)
	}
	x.abandonBody()
}

// complete fills the Exchange's end in.
func (x *call) complete() {
	if x.x == nil {
		return
	}
	x.x.Ended = time.Now()
	if x.c.mux != nil {
		if x.stream != nil {
			x.x.BytesRead, x.x.BytesWritten = x.stream.counts()
		}
		return
	}
	x.x.BytesRead = x.came()
	x.x.BytesWritten = x.c.written.Load() - x.c.sentFrom
}

// lastOne says that the connection has served as many requests as it may.
func (x *call) lastOne() bool {
	return x.p.t.MaxRequestsPerConn > 0 && int(x.c.requests.Load()) >= x.p.t.MaxRequestsPerConn
}
