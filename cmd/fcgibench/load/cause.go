package load

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/fcgikit/fcgikit/client"
)

// Cause is why a request did not succeed, in the words of result.Round.Errors.
type Cause string

const (
	Refused         Cause = "connection refused"
	NoSocket        Cause = "no such socket"
	BacklogFull     Cause = "backlog full" // EAGAIN on a unix socket
	NoDescriptors   Cause = "generator out of descriptors"
	NoPorts         Cause = "generator out of ports"
	NotConnected    Cause = "not connected" // some other way
	Unanswered      Cause = "closed without an answer"
	LostKept        Cause = "kept connection lost" // it ended before a byte of the answer
	NoEndRequest    Cause = "closed without END_REQUEST"
	Truncated       Cause = "truncated"
	Overloaded      Cause = "overloaded"
	CantMultiplex   Cause = "can't multiplex"
	Rejected        Cause = "rejected" // with another protocolStatus
	Breach          Cause = "protocol breach"
	TimeoutQueued   Cause = "timeout while queued"
	TimeoutConnect  Cause = "timeout while connecting"
	TimeoutWriting  Cause = "timeout while writing"
	TimeoutUnread   Cause = "timeout with nothing read"
	TimeoutWaiting  Cause = "timeout while waiting" // the same on a connection that had served before
	TimeoutReading  Cause = "timeout while reading"
	WrongStatus     Cause = "wrong status"
	WrongBody       Cause = "wrong body"
	OtherError      Cause = "other"
	none            Cause = ""
	interruptedByUs Cause = "interrupted" // is not counted as an error
)

// mostlyQueued is the share of a request's time in the queue from which on that
// was what its time limit passed in: it got a connection in its last moments, in
// which nothing else could be done.
const mostlyQueued = 0.9

// causeOf classifies an error of the Transport's.
func (h *hit) causeOf(err error) Cause {
	c := causeOf(err)
	switch {
	case isTimeout(err) && !h.exchange.Began.IsZero() && float64(h.queued()) > mostlyQueued*float64(h.service()):
		return TimeoutQueued
	case c == TimeoutUnread && h.exchange.Reused:
		return TimeoutWaiting // somebody does read there, and is slow
	}
	return c
}

func isTimeout(err error) bool { return causeOfTimeout(err) != none }

func causeOf(err error) Cause {
	for _, classify := range []func(error) Cause{causeOfTimeout, causeOfRejection, causeOfAnswer, causeOfConnecting} {
		if c := classify(err); c != none {
			return c
		}
	}
	return OtherError
}

var timeouts = map[client.Phase]Cause{
	client.Queued:     TimeoutQueued,
	client.Connecting: TimeoutConnect,
	client.Writing:    TimeoutWriting,
	client.FirstByte:  TimeoutUnread,
	client.Reading:    TimeoutReading,
}

func causeOfTimeout(err error) Cause {
	var timeout *client.TimeoutError
	if errors.As(err, &timeout) {
		return timeouts[timeout.Phase]
	}
	return none
}

func causeOfRejection(err error) Cause {
	var rejected *client.RejectedError
	switch {
	case errors.Is(err, client.ErrOverloaded):
		return Overloaded
	case errors.Is(err, client.ErrCantMultiplex):
		return CantMultiplex
	case errors.As(err, &rejected):
		return Rejected
	}
	return none
}

func causeOfAnswer(err error) Cause {
	var breach *client.BreachError
	if errors.As(err, &breach) {
		return Breach
	}
	var cut *client.TruncatedError
	switch {
	case !errors.As(err, &cut):
		return none
	case cut.Read == 0 && cut.Reused:
		return LostKept
	case cut.Read == 0:
		return Unanswered
	case cut.Protocol == client.FastCGI && cut.Missing == "END_REQUEST":
		return NoEndRequest
	}
	return Truncated
}

func causeOfConnecting(err error) Cause {
	var number syscall.Errno
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.EAGAIN):
		return BacklogFull
	case errors.Is(err, fs.ErrNotExist):
		return NoSocket
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return NoDescriptors
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return NoPorts
	case errors.As(err, &number), errors.Is(err, io.EOF):
		return NotConnected
	}
	return none
}

// interrupted says that the round's end, not the server, ended the request.
func interrupted(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, client.ErrAborted))
}
