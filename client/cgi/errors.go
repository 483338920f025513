package cgi

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrShort says that the end of the header block has not come.
var ErrShort = errors.New("cgi: more bytes are needed")

// SyntaxError is a place where bytes leave the grammar, or would make others leave it.
type SyntaxError struct {
	Section  string // of RFC 3875, "6.3.3"
	Offset   int64  // in bytes, from the start of what Expected names, or of the answer
	Expected string
	Got      string // the bytes themselves are quoted as Go quotes them
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("cgi: offset %d: expected %s, got %s (RFC 3875 section %s)", e.Offset, e.Expected, e.Got, e.Section)
}

// shownBytes keeps an error on one line of a terminal.
const shownBytes = 40

func quote[T ~string | ~[]byte](s T) string {
	if len(s) > shownBytes {
		return strconv.QuoteToASCII(string(s[:shownBytes])) + "..."
	}
	return strconv.QuoteToASCII(string(s))
}
