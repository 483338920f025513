package ajp

import (
	"encoding/binary"
	"fmt"
)

// MaxDataLen returns how many bytes of a request body fit in one packet of packetSize bytes: packetSize - 6, 8186 by
// default, for the packet header and the size (section Get Body Chunk).
func MaxDataLen(packetSize int) int {
	return max(packetLimit(packetSize)-HeaderLen-2, 0)
}

// AppendData appends a request body packet: no prefix code, the size, the bytes (section Packet Headers). More than
// MaxDataLen(NoPacketLimit) bytes can't be written: dst is returned as it was. An empty body gives the end of body in the
// form that has a size, 12 34 00 02 00 00 (de facto).
func AppendData(dst, body []byte) []byte {
	if len(body) > MaxDataLen(NoPacketLimit) {
		return dst
	}
	dst = appendPacketHeader(dst, ToContainer, 2+len(body))
	return append(AppendInteger(dst, uint16(len(body))), body...)
}

// AppendEndOfBody appends the empty packet, 12 34 00 00, that answers a Get Body Chunk at the end of the body (section
// Get Body Chunk).
func AppendEndOfBody(dst []byte) []byte {
	return appendPacketHeader(dst, ToContainer, 0)
}

// ParseData returns the body bytes in the payload of a request body packet. None are the end of the body, of which it
// takes both forms: an empty payload (section Get Body Chunk) and a size of 0 (de facto). It refuses a size that is not
// that of the bytes behind it.
func ParseData(payload []byte) ([]byte, error) {
	body, trailing, err := SplitData(payload)
	if err == nil && len(trailing) > 0 {
		err = &SyntaxError{"Packet Headers", 0,
			fmt.Sprintf("size %d of the bytes that follow", len(payload)-2), fmt.Sprintf("%d", len(body))}
	}
	if err != nil {
		return nil, err
	}
	return body, nil
}

// SplitData is ParseData for a reader that wants to see the bytes beyond the size instead of an error.
func SplitData(payload []byte) (body, trailing []byte, err error) {
	if len(payload) == 0 {
		return payload, nil, nil
	}
	if len(payload) < 2 {
		return nil, nil, &SyntaxError{"Packet Headers", 0, "a size of 2 bytes", "1 byte"}
	}
	size := int(binary.BigEndian.Uint16(payload))
	rest := payload[2:]
	if size > len(rest) {
		return nil, nil, &SyntaxError{"Packet Headers", 0,
			fmt.Sprintf("size %d of the bytes that follow", len(rest)), fmt.Sprintf("%d", size)}
	}
	return rest[:size:size], rest[size:], nil
}
