package ajp

import (
	"encoding/binary"
	"fmt"
)

// Magic is the first two bytes of a packet. It tells the direction (section Packet Headers).
type Magic uint16

const (
	ToContainer Magic = 0x1234 // web server to container
	ToServer    Magic = 0x4142 // "AB": container to web server
)

func (m Magic) String() string {
	return fmt.Sprintf("%02x %02x", byte(m>>8), byte(m))
}

// HeaderLen is the length of a packet header: magic and payload length, two bytes each (section Packet Headers).
const HeaderLen = 4

// Packet sizes count the header. Both ends of a connection must have the same limit (section Packet Size).
const (
	// DefaultPacketSize is the 8K of the specification. A packet size of 0 means it everywhere in this package.
	DefaultPacketSize = 8192

	// MaxPacketSize is the largest that the implementations can be configured to.
	MaxPacketSize = 65536

	// NoPacketLimit is the largest packet whose length can be written: a packet size that refuses none.
	NoPacketLimit = HeaderLen + 0xFFFF
)

// packetLimit applies the default, and the bound that the length field sets anyway.
func packetLimit(packetSize int) int {
	if packetSize <= 0 {
		return DefaultPacketSize
	}
	return min(packetSize, NoPacketLimit)
}

// A Packet is one packet of either direction. Payload is a view into the input.
type Packet struct {
	Magic   Magic
	Payload []byte
}

// PrefixCode returns the first byte of the payload, false when the payload is empty. In a request body packet that byte is
// half of the size and no prefix code (section Packet Headers).
func (p Packet) PrefixCode() (PrefixCode, bool) {
	if len(p.Payload) == 0 {
		return 0, false
	}
	return PrefixCode(p.Payload[0]), true
}

// ParsePacket reads the packet at the start of b and returns it with its length in bytes, header included (section
// Packet Headers). It returns ErrShort when b ends before the packet does. It refuses, with a SyntaxError, a magic that is
// neither ToContainer nor ToServer as soon as its two bytes are there, and a packet larger than packetSize as soon as its
// header is there (section Packet Size).
func ParsePacket(b []byte, packetSize int) (p Packet, n int, err error) {
	if len(b) < 2 {
		return Packet{}, 0, ErrShort
	}
	m := Magic(binary.BigEndian.Uint16(b))
	if m != ToContainer && m != ToServer {
		return Packet{}, 0, &SyntaxError{"Packet Headers", 0, "magic 12 34 or 41 42", m.String()}
	}
	if len(b) < HeaderLen {
		return Packet{}, 0, ErrShort
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if largest := packetLimit(packetSize) - HeaderLen; length > largest {
		return Packet{}, 0, &SyntaxError{"Packet Size", 2,
			"a payload of at most " + countBytes(largest), countBytes(length)}
	}
	n = HeaderLen + length
	if len(b) < n {
		return Packet{}, 0, ErrShort
	}
	return Packet{m, b[HeaderLen:n:n]}, n, nil
}

// AppendPacket appends a packet. A payload of more than 65535 bytes can't be written: dst is returned as it was.
func AppendPacket(dst []byte, m Magic, payload []byte) []byte {
	if len(payload) > 0xFFFF {
		return dst
	}
	return append(appendPacketHeader(dst, m, len(payload)), payload...)
}

func appendPacketHeader(dst []byte, m Magic, length int) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(m))
	return binary.BigEndian.AppendUint16(dst, uint16(length))
}
