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
	if x.t.WriteTimeout == 0 {
		return x.deadline
	}
	return earlier(time.Now().Add(x.t.WriteTimeout), x.deadline)
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
	if !x.deadline.IsZero() {
		x.c.setDeadline(net.Conn.SetReadDeadline, x.deadline)
	}
	if x.t.FirstByteTimeout > 0 {
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
		wroteAt = x.wroteAt
	}
	if x.t.FirstByteTimeout == 0 || wroteAt.IsZero() {
		return x.deadline
	}
	return earlier(wroteAt.Add(x.t.FirstByteTimeout), x.deadline)
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

func (x *call) answerBegan() {
	if x.stream == nil && x.t.FirstByteTimeout > 0 && x.c.awaitFirst.Swap(false) {
		x.c.setDeadline(net.Conn.SetReadDeadline, x.deadline)
	}
	x.phase = Reading
	if x.x != nil {
		x.x.FirstByte = time.Now()
	}
	if x.trace != nil && x.trace.GotFirstResponseByte != nil {
		x.trace.GotFirstResponseByte()
	}
}

// interrupted is the context's error or a limit's, where one of them was why.
func (x *call) interrupted(err error) error {
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
	if x.phase == FirstByte && x.upload != nil && x.upload.sentTime().IsZero() {
		x.phase = Writing
	}
	return &TimeoutError{x.phase, x.limit(x.phase)}
}

// limit is the one that a phase is under.
func (x *call) limit(phase Phase) time.Duration {
	limit := time.Duration(0)
	switch phase {
	case Writing:
		limit = x.t.WriteTimeout
	case FirstByte:
		limit = x.t.FirstByteTimeout
	}
	if limit == 0 || x.t.Timeout > 0 && time.Since(x.began) >= x.t.Timeout {
		return x.t.Timeout
	}
	return limit
}
