// Package cli is what fcgikit's commands have in common: flags whose help begins
// with an example, errors of one line with an exit code, files that are written
// whole or not at all, and what is done when a user presses Ctrl-C.
package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Exit codes.
const (
	ExitOK          = result.ExitConforming
	ExitFailed      = result.ExitNotConforming // the server was reached, and the answer is bad
	ExitUsage       = result.ExitUsage
	ExitNothing     = result.ExitNothingRan
	ExitUnreachable = result.ExitUnreachable // no connection, or none of the protocols
	ExitInternal    = result.ExitHarness     // what came can't be written
	ExitInterrupted = result.ExitInterrupted
)

// ExitError is an error with the exit code that it means.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string { return e.Err.Error() }
func (e *ExitError) Unwrap() error { return e.Err }

// WithCode is an error with its exit code.
func WithCode(code int, err error) error { return &ExitError{code, err} }

// Failed is of a server that was reached, and whose answer is bad.
func Failed(err error) error { return &ExitError{ExitFailed, err} }

// Unreachable is of a server that can't be connected to, or speaks none of the
// protocols.
func Unreachable(err error) error { return &ExitError{ExitUnreachable, err} }

// Misused is of a bad command line. Its text says what was expected, with a
// right example.
func Misused(format string, args ...any) error {
	return &ExitError{ExitUsage, fmt.Errorf(format, args...)}
}

// ErrHelp is a parse that ended since help was asked for.
var ErrHelp = errors.New("help was asked for")

// errQuiet is an exit code whose reason has been printed.
var errQuiet = errors.New("its reason is told")

// Quietly is an exit code whose reason has been printed; nil for ExitOK.
func Quietly(code int) error {
	if code == ExitOK {
		return nil
	}
	return &ExitError{code, errQuiet}
}

// report prints an error in one line and finds its exit code.
func report(w io.Writer, name string, err error) int {
	if err != nil && !errors.Is(err, errQuiet) {
		fmt.Fprintf(w, "%s: %v\n", name, err)
	}
	return CodeOf(err)
}

// CodeOf is the exit code that an error means.
func CodeOf(err error) int {
	var e *ExitError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &e):
		return e.Code
	}
	return ExitInternal
}
