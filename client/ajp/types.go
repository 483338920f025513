package ajp

import (
	"encoding/binary"
	"fmt"
)

// Limits of the data types (section Basic Packet Structure).
const (
	nullLength = 0xFFFF // the length that marks a null string

	// MaxStringLen is the length of the longest string, in bytes: one more would read as the null string.
	MaxStringLen = nullLength - 1
)

// AppendInteger appends an integer: two bytes, the high-order byte first (section Basic Packet Structure).
func AppendInteger(dst []byte, n uint16) []byte {
	return binary.BigEndian.AppendUint16(dst, n)
}

// AppendString appends a string: its length, its bytes, a NUL that the length does not count. A nil s is the null string,
// FF FF (section Basic Packet Structure). A string longer than MaxStringLen can't be written: dst is returned as it was.
func AppendString(dst, s []byte) []byte {
	if s == nil {
		return AppendInteger(dst, nullLength)
	}
	if len(s) > MaxStringLen {
		return dst
	}
	return append(append(AppendInteger(dst, uint16(len(s))), s...), 0)
}

// Unterminated tells of the strings in a decoded message that another byte than NUL followed (section Basic Packet
// Structure). A message that keeps the rule has the zero value. No Append function writes it.
type Unterminated struct {
	Count  int  // of such strings
	Offset int  // in the payload, of the byte in place of the first one's NUL
	Byte   byte // that byte
}

func (u *Unterminated) add(offset int, b byte) {
	if u.Count == 0 {
		u.Offset, u.Byte = offset, b
	}
	u.Count++
}

// A reader takes a payload apart. After the first error it yields zero values, so that a decoder checks once a loop.
type reader struct {
	payload      []byte
	at           int
	unterminated Unterminated
	err          error
}

func (r *reader) fail(section string, offset int, expected, got string) {
	if r.err == nil {
		r.err = &SyntaxError{section, int64(offset), expected, got}
	}
}

func countBytes(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// need reports whether n more bytes are there.
func (r *reader) need(n int, section, field string) bool {
	if r.err != nil {
		return false
	}
	if left := len(r.payload) - r.at; left < n {
		r.fail(section, r.at, field+" of "+countBytes(n), countBytes(left)+" up to the end of the payload")
		return false
	}
	return true
}

func (r *reader) byte(section, field string) byte {
	if !r.need(1, section, field) {
		return 0
	}
	r.at++
	return r.payload[r.at-1]
}

func (r *reader) integer(section, field string) uint16 {
	if !r.need(2, section, field) {
		return 0
	}
	r.at += 2
	return binary.BigEndian.Uint16(r.payload[r.at-2:])
}

func (r *reader) string(section, field string) []byte {
	n := r.integer(section, field)
	if r.err != nil {
		return nil
	}
	return r.stringOf(int(n), section, field)
}

// stringOf reads what follows the length of a string.
func (r *reader) stringOf(n int, section, field string) []byte {
	if n == nullLength {
		return nil
	}
	if !r.need(n+1, section, field) {
		return nil
	}
	end := r.at + n
	s := r.payload[r.at:end:end]
	if b := r.payload[end]; b != 0 {
		r.unterminated.add(end, b)
	}
	r.at = end + 1
	return s
}

func (r *reader) prefix(want PrefixCode, section string) {
	offset := r.at
	got := PrefixCode(r.byte(section, "prefix_code"))
	if r.err == nil && got != want {
		r.fail(section, offset, want.describe(), got.describe())
	}
}

// rest returns the bytes after the message; nil when there are none.
func (r *reader) rest() []byte {
	if r.err != nil || r.at == len(r.payload) {
		return nil
	}
	return r.payload[r.at:]
}

// A measure adds up the bytes of a message to encode and keeps the first value that can't be written.
type measure struct {
	size int // of the payload
	err  error
}

func (m *measure) fail(section, expected, got string) {
	if m.err == nil {
		m.err = &EncodeError{section, expected, got}
	}
}

func (m *measure) string(field string, s []byte) {
	if s == nil {
		m.size += 2
		return
	}
	if len(s) > MaxStringLen {
		m.fail("Basic Packet Structure", field+" of at most "+countBytes(MaxStringLen), countBytes(len(s)))
	}
	m.size += 2 + len(s) + 1
}

// within returns the first error, or that the message does not fit in a packet.
func (m *measure) within(packetSize int, message PrefixCode) error {
	if largest := packetLimit(packetSize); m.size+HeaderLen > largest {
		m.fail("Packet Size", "a "+message.String()+" packet of at most "+countBytes(largest), countBytes(m.size+HeaderLen))
	}
	return m.err
}
