package scgi

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrShort says that more bytes are needed. Nothing was consumed.
var ErrShort = errors.New("scgi: more bytes are needed")

// SyntaxError is a place where the bytes leave the grammar or break a rule.
type SyntaxError struct {
	Section  string // of the SCGI specification, "3"
	Offset   int64  // in bytes, from the start of what was given to the function or the Decoder
	Expected string
	Got      string // the bytes themselves are quoted as Go quotes them
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("scgi: offset %d: expected %s, got %s (section %s)", e.Offset, e.Expected, e.Got, e.Section)
}

// shownBytes keeps an error on one line of a terminal.
const shownBytes = 40

func quote(b []byte) string {
	if len(b) > shownBytes {
		return strconv.QuoteToASCII(string(b[:shownBytes])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}
