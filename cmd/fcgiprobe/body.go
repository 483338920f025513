package main

import (
	"errors"
	"io"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// bodySource is the file of -body. Its errors are those of a bad command line,
// whatever the server does meanwhile.
type bodySource struct {
	io.Reader
	left int64 // of the size that the file said; negative is unknown
}

// unreadError is a -body that can't be read as announced.
type unreadError struct{ err error }

func (e *unreadError) Error() string { return e.err.Error() }
func (e *unreadError) Unwrap() error { return e.err }

var errOtherLength = errors.New("it has another length than its size says")

// Read takes no more than the size said, of a file that grows.
func (s *bodySource) Read(p []byte) (int, error) {
	if s.left >= 0 {
		p = p[:min(int64(len(p)), s.left)]
	}
	if len(p) == 0 && s.left == 0 {
		return 0, io.EOF
	}
	n, err := s.Reader.Read(p)
	if s.left > 0 {
		s.left -= int64(n)
	}
	if err == io.EOF && s.left > 0 {
		err = errOtherLength
	}
	if err != nil && err != io.EOF {
		err = &unreadError{err}
	}
	return n, err
}

// Close lets go of a file, of which a pipe may be waited for.
func (s *bodySource) Close() error {
	if c, ok := s.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (f *getFlags) bodyUnread(err *unreadError) error {
	return cli.Misused("-body %s: %v: expected a readable file, such as -body @form.txt", f.body, err)
}
