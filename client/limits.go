package client

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// writeLimit is the deadline of a write that begins now.
func (x *call) writeLimit() time.Time {
	if x.p.t.WriteTimeout == 0 {
		return x.deadline.time()
	}
	return earlier(time.Now().Add(x.p.t.WriteTimeout), x.deadline.time())
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// alarm is a channel that tells when the deadline has come; none ever does where
// there is no deadline. stop lets go of it.
func alarm(deadline time.Time) (up <-chan time.Time, stop func()) {
	if deadline.IsZero() {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until(deadline))
	return timer.C, func() { timer.Stop() }
}

// limitAnswer sets the reading's limits: that of the first byte from when the
// request was written.
func (x *call) limitAnswer() {
	if x.deadline != 0 {
		x.c.setDeadline(net.Conn.SetReadDeadline, x.deadline.time())
	}
	if x.p.t.FirstByteTimeout > 0 {
		x.c.awaitFirst.Store(true)
		if x.upload == nil || !x.upload.sentTime().IsZero() {
			x.limitFirstByte()
		}
	}
}

// firstByteLimit is when the answer must have begun; zero is no limit.
func (x *call) firstByteLimit() time.Time {
	var wroteAt time.Time
	if x.upload != nil {
		wroteAt = x.upload.sentTime()
	} else {
		wroteAt = x.wroteAt.time()
	}
	if x.p.t.FirstByteTimeout == 0 || wroteAt.IsZero() {
		return x.deadline.time()
	}
	return earlier(wroteAt.Add(x.p.t.FirstByteTimeout), x.deadline.time())
}

// limitFirstByte begins the wait for the first byte: the request is written.
func (x *call) limitFirstByte() {
	x.c.setDeadline(func(c net.Conn, at time.Time) error {
		if !x.c.awaitFirst.Load() {
			return nil
		}
		return c.SetReadDeadline(at)
	}, x.firstByteLimit())
}

// limitRest gives an exchange without an end one, for an answer whose rest is of no
// use. An upload beside it looks at the deadline of a connection of its own, and
// has no need of this one.
func (x *call) limitRest(limit time.Duration) {
	at := now().after(limit)
	if x.stream == nil {
		x.c.endLook()
		x.c.setDeadline(net.Conn.SetReadDeadline, at.time())
	}
	if x.stream != nil || x.upload == nil {
		x.deadline = at
	}
}

func (x *call) answerBegan() {
	if x.stream == nil && x.p.t.FirstByteTimeout > 0 && x.c.awaitFirst.Swap(false) {
		x.c.setDeadline(net.Conn.SetReadDeadline, x.deadline.time())
	}
	x.phase = reading
	if x.x != nil {
		x.x.FirstByte = time.Now()
	}
	if x.trace != nil && x.trace.GotFirstResponseByte != nil {
		x.trace.GotFirstResponseByte()
	}
}

// interrupted is the context's error or a limit's, where one of them was why.
func (x *call) interrupted(err error) error {
	if x.aborted() {
		return ErrAborted
	}
	if x.req.Context().Err() != nil {
		return context.Cause(x.req.Context())
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return x.timeout()
	}
	return nil
}

// timeout is the limit that was reached, and what for.
func (x *call) timeout() error {
	if x.phase == firstByte && x.upload != nil && x.upload.sentTime().IsZero() {
		x.phase = writing
	}
	phase := phases[x.phase]
	return &TimeoutError{phase, x.limit(phase)}
}

// limit is the one that a phase is under.
func (x *call) limit(phase Phase) time.Duration {
	limit := time.Duration(0)
	switch phase {
	case Writing:
		limit = x.p.t.WriteTimeout
	case FirstByte:
		limit = x.p.t.FirstByteTimeout
	}
	if limit == 0 || x.p.t.Timeout > 0 && now() >= x.deadline {
		return x.p.t.Timeout
	}
	return limit
}
