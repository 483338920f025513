package ajp

import "slices"

// ResponseHeaders is a Send Headers message (section Response Packet Structure). Strings are nil where they are the null
// string.
type ResponseHeaders struct {
	Status  uint16
	Message []byte
	Headers []Header

	Trailing     []byte       // bytes after the last header, which no message has; nil when there are none
	Unterminated Unterminated // set by Decode
}

// Decode sets h to the Send Headers in a payload. It reuses h's slice; all strings are views into the payload. A header
// code of no table is kept as it came. After an error, h holds what was read up to it.
func (h *ResponseHeaders) Decode(payload []byte) error {
	in := reader{payload: payload}
	*h = ResponseHeaders{Headers: h.Headers[:0]}
	in.prefix(TypeSendHeaders, responseSection)
	h.Status = in.integer(responseSection, "http_status_code")
	h.Message = in.string(responseSection, "http_status_msg")
	h.Headers = in.headers(h.Headers, responseHeaders, responseSection)
	h.Trailing = in.rest()
	h.Unterminated = in.unterminated
	return in.err
}

const responseSection = "Response Packet Structure"

// Check returns an EncodeError when h can't be written to a packet of packetSize bytes with its header (0:
// DefaultPacketSize).
func (h *ResponseHeaders) Check(packetSize int) error {
	m := h.measure()
	return m.within(packetSize, TypeSendHeaders)
}

func (h *ResponseHeaders) measure() measure {
	m := measure{size: 1 + 2 + len(h.Trailing)} // prefix_code, http_status_code
	m.string("http_status_msg", h.Message)
	m.headers(h.Headers)
	return m
}

// Append appends the packet, with its header, that carries h. It appends nothing when Check(NoPacketLimit) returns an
// error; a lower packet size is the caller's to check.
func (h *ResponseHeaders) Append(dst []byte) []byte {
	m := h.measure()
	if m.within(NoPacketLimit, TypeSendHeaders) != nil {
		return dst
	}
	dst = slices.Grow(dst, HeaderLen+m.size)
	dst = appendPacketHeader(dst, ToServer, m.size)
	dst = append(dst, byte(TypeSendHeaders))
	dst = AppendInteger(dst, h.Status)
	dst = AppendString(dst, h.Message)
	dst = appendHeaders(dst, h.Headers)
	return append(dst, h.Trailing...)
}

// chunkOverhead is what a Send Body Chunk packet has besides the chunk: packet header, prefix_code, chunk_length and the
// NUL behind the chunk.
const chunkOverhead = HeaderLen + 1 + 2 + 1

// MaxChunkLen returns how many bytes of a response body fit in one packet of packetSize bytes: packetSize - 8, 8184 by
// default (section Send Body Chunk, and the de facto NUL).
func MaxChunkLen(packetSize int) int {
	return max(packetLimit(packetSize)-chunkOverhead, 0)
}

// AppendSendBodyChunk appends a Send Body Chunk packet. A NUL follows the chunk: it is not in the grammar, but every
// container writes it and some web servers need it. An empty chunk is a flush (de facto). More than
// MaxChunkLen(NoPacketLimit) bytes can't be written: dst is returned as it was.
func AppendSendBodyChunk(dst, chunk []byte) []byte {
	if len(chunk) > MaxChunkLen(NoPacketLimit) {
		return dst
	}
	dst = appendPacketHeader(dst, ToServer, 1+2+len(chunk)+1)
	dst = append(dst, byte(TypeSendBodyChunk))
	dst = AppendInteger(dst, uint16(len(chunk)))
	return append(append(dst, chunk...), 0)
}

// ParseSendBodyChunk returns the chunk in a Send Body Chunk payload and what follows it: a single NUL (de facto), nothing
// (section Response Packet Structure), or bytes that no message has. All three are accepted.
func ParseSendBodyChunk(payload []byte) (chunk, trailing []byte, err error) {
	in := reader{payload: payload}
	in.prefix(TypeSendBodyChunk, responseSection)
	n := int(in.integer(responseSection, "chunk_length"))
	if !in.need(n, "Send Body Chunk", "chunk") {
		return nil, nil, in.err
	}
	end := in.at + n
	return payload[in.at:end:end], payload[end:], nil
}

// AppendEndResponse appends an End Response packet; reuse says that the connection can take another request (section End
// Response).
func AppendEndResponse(dst []byte, reuse bool) []byte {
	dst = append(appendPacketHeader(dst, ToServer, 2), byte(TypeEndResponse))
	if reuse {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// ParseEndResponse returns the reuse byte of an End Response payload as it came; a web server takes all but 0 as true
// (section End Response). Bytes behind it, payload[2:], are ignored.
func ParseEndResponse(payload []byte) (reuse byte, err error) {
	in := reader{payload: payload}
	in.prefix(TypeEndResponse, responseSection)
	reuse = in.byte("End Response", "reuse")
	return reuse, in.err
}

// AppendGetBodyChunk appends a Get Body Chunk packet that asks for up to n bytes of the request body (section Get Body
// Chunk).
func AppendGetBodyChunk(dst []byte, n uint16) []byte {
	dst = append(appendPacketHeader(dst, ToServer, 3), byte(TypeGetBodyChunk))
	return AppendInteger(dst, n)
}

// ParseGetBodyChunk returns the requested_length of a Get Body Chunk payload. Bytes behind it, payload[3:], are ignored.
func ParseGetBodyChunk(payload []byte) (uint16, error) {
	in := reader{payload: payload}
	in.prefix(TypeGetBodyChunk, responseSection)
	n := in.integer("Get Body Chunk", "requested_length")
	return n, in.err
}
