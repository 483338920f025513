package client

import (
	"errors"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// What an application answers in place of a result (FastCGI 5.5), for
// errors.Is.
var (
	ErrOverloaded    error = &RejectedError{fcgi.Overloaded}
	ErrCantMultiplex error = &RejectedError{fcgi.CantMpxConn}
	ErrUnknownRole   error = &RejectedError{fcgi.UnknownRole}
)

// RejectedError is a request that a FastCGI application ended with another
// protocolStatus than FCGI_REQUEST_COMPLETE (5.5).
type RejectedError struct {
	ProtocolStatus fcgi.ProtocolStatus
}

func (e *RejectedError) Error() string {
	return fmt.Sprintf("fcgi: the application rejected the request: %v", e.ProtocolStatus)
}

// Is makes two rejections with the same status the same error.
func (e *RejectedError) Is(target error) bool {
	other, ok := target.(*RejectedError)
	return ok && *other == *e
}

// TruncatedError is an answer whose connection ended before the answer did.
type TruncatedError struct {
	Protocol Protocol
	Read     int64  // bytes of this answer that came, as they were on the wire
	Missing  string // what should have come: "END_REQUEST", "the header", ...
	Reused   bool   // the connection had served a request before
	Err      error  // io.EOF, or why reading failed
}

func (e *TruncatedError) Error() string {
	how := "truncated answer: the connection ended"
	if e.Read == 0 {
		how = "no answer: the connection ended"
	}
	if e.Reused && e.Read == 0 {
		how = "no answer: the kept connection ended"
	}
	return fmt.Sprintf("%s: %s after %d bytes, before %s: %v", e.Protocol, how, e.Read, e.Missing, e.Err)
}

func (e *TruncatedError) Unwrap() error { return e.Err }

// BreachError is an answer that breaks the protocol's rules.
type BreachError struct {
	Protocol Protocol
	// Offset is in bytes: of the record or packet in this answer, as it was on
	// the wire (on a shared connection: in all that came on it); of a bad CGI
	// header, within that header.
	Offset int64
	Bytes  []byte // the bytes there, 16 at most
	Err    error  // which rule; its offset counts from the record, packet or header
}

func (e *BreachError) Error() string {
	if len(e.Bytes) == 0 {
		return fmt.Sprintf("protocol breach at byte %d of the answer, its end: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("protocol breach at byte %d of the answer (% x): %v", e.Offset, e.Bytes, e.Err)
}

func (e *BreachError) Unwrap() error { return e.Err }

// Phase is what an exchange was waiting for when its time was up.
type Phase string

const (
	Queued     Phase = "waiting for a connection"
	Connecting Phase = "connecting"
	Writing    Phase = "writing the request"
	FirstByte  Phase = "waiting for the answer's first byte"
	Reading    Phase = "reading the answer"
)

// phase is a Phase by its number, which takes a sixteenth of the memory.
type phase uint8

const (
	queued phase = iota
	writing
	firstByte
	reading
)

var phases = [...]Phase{queued: Queued, writing: Writing, firstByte: FirstByte, reading: Reading}

// TimeoutError is a limit of the Transport's that was reached. It is a
// net.Error whose Timeout is true.
type TimeoutError struct {
	Phase Phase
	Limit time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("timeout after %v while %s", e.Limit, e.Phase)
}

func (e *TimeoutError) Timeout() bool   { return true }
func (e *TimeoutError) Temporary() bool { return true }

// ErrLengthRequired is a request body of unknown length, beyond
// Transport.MaxBuffered, where the length must be announced.
var ErrLengthRequired = errors.New("the request body's length must be known: set Request.ContentLength, raise Transport.MaxBuffered or, with FastCGI, set StreamUnknownLength")
