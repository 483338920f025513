// Package ajp is AJP/1.3 (ajp13) on the wire, in both directions: bytes in, values out; values appended to bytes. It does
// no I/O, starts no goroutine, and once its slices are warm it allocates nothing.
//
// The specification is "AJPv13" (ajpv13a) of the Apache Tomcat connectors; "section" in the documentation of this
// package means a section or subsection of that text. What every implementation does though the text does not say so is
// called de facto. The commands 0x10 to 0x1E of the proposal "AJPv13 extensions" are unknown prefix codes here.
//
// A reader feeds a [Decoder] and gets a [Packet] at a time. The payload of a packet with a prefix code goes to
// [Request.Decode], [ResponseHeaders.Decode], [ParseSendBodyChunk], [ParseEndResponse] or [ParseGetBodyChunk]. A request
// body packet has no prefix code and goes to [ParseData]; only the state of the exchange tells it from the others.
//
// # Strings
//
// A string is a []byte. A nil slice is the null string (length FFFF, no data, no NUL), an empty slice that is not nil is
// the empty string (section Basic Packet Structure). What a decoder returns is a view into the payload.
//
// # What decoding hides
//
// Nothing that a rule is about. Codes and booleans are kept as the bytes they were; a header says whether its name was
// coded; bytes after the end of a message are handed out as Trailing; a string whose last byte was not NUL is counted in
// [Unterminated]. When a message has no such string, appending what was decoded gives the same bytes again.
//
// # What can't be encoded
//
// A value that its field can't hold is never cut. Request.Check and ResponseHeaders.Check return an [EncodeError] for it,
// and for a message larger than the packet size. Every Append function, given what no packet can hold, appends nothing:
// it returns dst as it was. [MaxDataLen] and [MaxChunkLen] say how much of a body fits in a packet.
package ajp
