package ajp

import (
	"errors"
	"fmt"
)

// ErrShort says that more bytes are needed. Nothing was consumed.
var ErrShort = errors.New("ajp: more bytes are needed")

// A SyntaxError says what was expected in the input, what came, and where. The error value is a *SyntaxError.
type SyntaxError struct {
	Section string // of the specification
	// Offset in bytes from the start of the stream for a Decoder, of the input for ParsePacket, of the payload for
	// everything that decodes a payload.
	Offset        int64
	Expected, Got string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("ajp: offset %d: expected %s, got %s (section %s)", e.Offset, e.Expected, e.Got, e.Section)
}

// An EncodeError says which value can't be written and what could be. The error value is an *EncodeError.
type EncodeError struct {
	Section       string // of the specification
	Expected, Got string
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("ajp: cannot encode: expected %s, got %s (section %s)", e.Expected, e.Got, e.Section)
}
