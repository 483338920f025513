// Package fcgi is FastCGI 1.0 on the wire, in both directions: bytes in,
// values out, and values appended to bytes. It does no I/O, starts no goroutine
// and allocates nothing on its hot paths; who reads, writes and waits is the
// caller's affair.
//
// The files follow the specification's sections: records.go (3.3), pairs.go
// (3.4), management.go (4), requests.go (5), params.go (5.2), roles.go (6).
package fcgi

import (
	"errors"
	"fmt"
)

// Version is the only protocol version there is (3.3, 8).
const Version = 1

// ListenSocketFileno is the descriptor of the listening socket that a spawned
// application inherits (2.2).
const ListenSocketFileno = 0

// FCGI_WEB_SERVER_ADDRS is the environment variable that tells a spawned
// application which peers it may serve: IPv4 addresses in dotted decimals,
// separated by commas (2.3, 3.2).
const FCGI_WEB_SERVER_ADDRS = "FCGI_WEB_SERVER_ADDRS"

// ErrShort says that the input ends before the value does. Nothing was
// consumed: the caller comes again with more bytes.
var ErrShort = errors.New("fcgi: more bytes are needed")

// SyntaxError is a breach of the wire format.
type SyntaxError struct {
	Section  string // of the FastCGI 1.0 specification
	Offset   int64  // of the first offending byte, from where decoding began
	Expected string
	Got      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("fcgi: offset %d: expected %s, got %s (section %s)", e.Offset, e.Expected, e.Got, e.Section)
}
