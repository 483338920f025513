package fcgi

import "fmt"

// Decoder cuts a byte stream into records, however it is segmented. The zero
// value is ready. It holds the bytes that have arrived and not been taken,
// never space for those that a length merely announces.
type Decoder struct {
	buf    []byte
	start  int   // of what has not been taken, within buf
	offset int64 // of buf[start] within the stream
}

// Feed adds the bytes that came next. Records that Next returned before are no
// longer valid.
func (d *Decoder) Feed(p []byte) {
	if d.start > 0 {
		d.buf = append(d.buf[:0], d.buf[d.start:]...)
		d.start = 0
	}
	d.buf = append(d.buf, p...)
}

// Next is the next whole record, or ErrShort. Content and Padding are valid
// until the next Feed.
func (d *Decoder) Next() (Record, error) {
	r, n, err := ParseRecord(d.buf[d.start:])
	d.start += n
	d.offset += int64(n)
	return r, err
}

// Offset is the place in the stream of the first byte that Next has not taken.
func (d *Decoder) Offset() int64 { return d.offset }

// Rest is what has arrived and Next has not taken. Once Next says ErrShort,
// ParseHeader(Rest()) judges a record whose content is still on its way.
func (d *Decoder) Rest() []byte { return d.buf[d.start:] }

// End is called when the stream has ended and Next has nothing more: an error if
// it ended within a record.
func (d *Decoder) End() error {
	if rest := len(d.Rest()); rest > 0 {
		return &SyntaxError{"3.3", d.offset, "a whole record", fmt.Sprintf("the end of the stream after %d bytes of it", rest)}
	}
	return nil
}

// Reset makes the decoder ready for another stream; it keeps its buffer.
func (d *Decoder) Reset() {
	d.buf, d.start, d.offset = d.buf[:0], 0, 0
}
