package ajp

import (
	"encoding/binary"
	"errors"
)

// A Decoder cuts one direction of a connection into packets, however the bytes arrive. Its zero value takes packets of
// either direction, up to DefaultPacketSize. It makes room for bytes that have been fed, never for those that a length
// promises.
type Decoder struct {
	PacketSize int   // largest packet, header included; 0 means DefaultPacketSize
	Direction  Magic // the only magic to accept; 0 means either

	buf    []byte
	start  int // of the bytes in buf that Next has not returned
	offset int64
	err    error
}

// Feed adds the next bytes of the stream. They are copied. A Packet returned before is no longer valid.
func (d *Decoder) Feed(p []byte) {
	// Moving only when at most half of the buffer is left keeps the cost of a byte constant.
	if rest := len(d.buf) - d.start; d.start > 0 && rest <= d.start {
		copy(d.buf, d.buf[d.start:])
		d.buf, d.start = d.buf[:rest], 0
	}
	d.buf = append(d.buf, p...)
}

// Next returns the next packet, valid until the next call of Feed, or ErrShort when it has not arrived in full. A
// SyntaxError is final: the stream has lost its packet boundaries, and each further call returns the same error.
func (d *Decoder) Next() (Packet, error) {
	if d.err != nil {
		return Packet{}, d.err
	}
	b := d.buf[d.start:]
	if err := d.checkDirection(b); err != nil {
		d.err = err
		return Packet{}, err
	}
	p, n, err := ParsePacket(b, d.PacketSize)
	if err != nil {
		return Packet{}, d.locate(err)
	}
	d.start += n
	d.offset += int64(n)
	return p, nil
}

func (d *Decoder) checkDirection(b []byte) error {
	if d.Direction == 0 || len(b) < 2 {
		return nil
	}
	if m := Magic(binary.BigEndian.Uint16(b)); m != d.Direction {
		return &SyntaxError{"Packet Headers", d.offset, "magic " + d.Direction.String(), m.String()}
	}
	return nil
}

// locate turns an offset in the packet into one in the stream, and keeps a final error.
func (d *Decoder) locate(err error) error {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		syntax.Offset += d.offset
		d.err = syntax
	}
	return err
}

// Offset returns where in the stream, in bytes, the next packet starts.
func (d *Decoder) Offset() int64 { return d.offset }

// Buffered returns the bytes that were fed and that Next has not returned, valid until the next call of Feed. At the end
// of a stream they are a truncated packet.
func (d *Decoder) Buffered() []byte { return d.buf[d.start:] }

// Reset makes d ready for another stream. It keeps the options and the memory.
func (d *Decoder) Reset() {
	d.buf, d.start, d.offset, d.err = d.buf[:0], 0, 0, nil
}
