package fcgi

import (
	"encoding/binary"
	"fmt"
)

// Sizes of a record's parts in bytes (3.3). A record is at most HeaderLen +
// MaxContentLength + MaxPaddingLength = 65798 bytes.
const (
	HeaderLen        = 8
	MaxContentLength = 65535
	MaxPaddingLength = 255
)

// Type is a record's type (3.3, 8).
type Type uint8

const (
	TypeBeginRequest    Type = 1
	TypeAbortRequest    Type = 2
	TypeEndRequest      Type = 3
	TypeParams          Type = 4
	TypeStdin           Type = 5
	TypeStdout          Type = 6
	TypeStderr          Type = 7
	TypeData            Type = 8
	TypeGetValues       Type = 9
	TypeGetValuesResult Type = 10
	TypeUnknownType     Type = 11
	MaxType                  = TypeUnknownType
)

// NullRequestID marks a management record (3.3).
const NullRequestID = 0

var typeNames = [...]string{
	TypeBeginRequest:    "FCGI_BEGIN_REQUEST",
	TypeAbortRequest:    "FCGI_ABORT_REQUEST",
	TypeEndRequest:      "FCGI_END_REQUEST",
	TypeParams:          "FCGI_PARAMS",
	TypeStdin:           "FCGI_STDIN",
	TypeStdout:          "FCGI_STDOUT",
	TypeStderr:          "FCGI_STDERR",
	TypeData:            "FCGI_DATA",
	TypeGetValues:       "FCGI_GET_VALUES",
	TypeGetValuesResult: "FCGI_GET_VALUES_RESULT",
	TypeUnknownType:     "FCGI_UNKNOWN_TYPE",
}

// String is the specification's name, or "type 200" for one that it lacks.
func (t Type) String() string {
	if t >= TypeBeginRequest && t <= MaxType {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// IsStream tells stream records from discrete ones (appendix A).
func (t Type) IsStream() bool {
	switch t {
	case TypeParams, TypeStdin, TypeStdout, TypeStderr, TypeData:
		return true
	}
	return false
}

// IsManagement tells the types that use the null request id (appendix A).
func (t Type) IsManagement() bool {
	switch t {
	case TypeGetValues, TypeGetValuesResult, TypeUnknownType:
		return true
	}
	return false
}

// FromServer tells the types that a web server sends to an application from
// those that an application sends back (appendix A).
func (t Type) FromServer() bool {
	switch t {
	case TypeBeginRequest, TypeAbortRequest, TypeParams, TypeStdin, TypeData, TypeGetValues:
		return true
	}
	return false
}

// Header is a record's fixed-length prefix (3.3), every field as it came:
// decoding judges none of them.
type Header struct {
	Version       uint8
	Type          Type
	RequestID     uint16
	ContentLength uint16
	PaddingLength uint8
	Reserved      uint8
}

// ParseHeader decodes the first HeaderLen bytes of b. Its only error is
// ErrShort.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderLen {
		return Header{}, ErrShort
	}
	return Header{
		Version:       b[0],
		Type:          Type(b[1]),
		RequestID:     binary.BigEndian.Uint16(b[2:]),
		ContentLength: binary.BigEndian.Uint16(b[4:]),
		PaddingLength: b[6],
		Reserved:      b[7],
	}, nil
}

// Append encodes the header as it stands.
func (h Header) Append(dst []byte) []byte {
	return append(dst,
		h.Version, byte(h.Type),
		byte(h.RequestID>>8), byte(h.RequestID),
		byte(h.ContentLength>>8), byte(h.ContentLength),
		h.PaddingLength, h.Reserved)
}

// Len is the length of the whole record in bytes.
func (h Header) Len() int {
	return HeaderLen + int(h.ContentLength) + int(h.PaddingLength)
}

// String is a header in the specification's notation:
// {FCGI_STDIN, 1, 300 bytes + 4 padding}. A version other than 1 and a reserved
// byte other than 0 are shown too, so that a trace hides no odd byte.
func (h Header) String() string {
	odd := ""
	if h.PaddingLength > 0 {
		odd = fmt.Sprintf(" + %d padding", h.PaddingLength)
	}
	if h.Version != Version {
		odd += fmt.Sprintf(", version %d", h.Version)
	}
	if h.Reserved != 0 {
		odd += fmt.Sprintf(", reserved %#02x", h.Reserved)
	}
	return fmt.Sprintf("{%v, %d, %d bytes%s}", h.Type, h.RequestID, h.ContentLength, odd)
}

// Check holds a header against what version 1 says of it: its version (3.3),
// and that management types, and they alone, use the null request id (3.3,
// appendix A). An unknown type passes: a receiver answers it (4.2).
func (h Header) Check() error {
	if h.Version != Version {
		return &SyntaxError{"3.3", 0, "version 1", fmt.Sprint(h.Version)}
	}
	if h.Type < TypeBeginRequest || h.Type > MaxType {
		return nil
	}
	if h.Type.IsManagement() && h.RequestID != NullRequestID {
		return &SyntaxError{"3.3", 2, fmt.Sprintf("request id 0 in %v", h.Type), fmt.Sprint(h.RequestID)}
	}
	if !h.Type.IsManagement() && h.RequestID == NullRequestID {
		return &SyntaxError{"3.3", 2, fmt.Sprintf("a request id from 1 to 65535 in %v", h.Type), "0"}
	}
	return nil
}

// Record is a whole record. Content and Padding are views into the bytes that
// it was decoded from.
type Record struct {
	Header
	Content []byte // ContentLength bytes
	Padding []byte // PaddingLength bytes, as they came
}

// ParseRecord decodes the record at the start of b and says how many bytes it
// takes. Its only error is ErrShort: whatever the eight bytes of a header are,
// they are a header.
func ParseRecord(b []byte) (r Record, n int, err error) {
	h, err := ParseHeader(b)
	if err != nil || len(b) < h.Len() {
		return Record{}, 0, ErrShort
	}
	end := HeaderLen + int(h.ContentLength)
	return Record{Header: h, Content: b[HeaderLen:end:end], Padding: b[end:h.Len():h.Len()]}, h.Len(), nil
}

// Append encodes the record as it stands: a wrong ContentLength goes out
// wrong. AppendRecord is the one that counts.
func (r Record) Append(dst []byte) []byte {
	dst = r.Header.Append(dst)
	dst = append(dst, r.Content...)
	return append(dst, r.Padding...)
}

var zeros [MaxPaddingLength]byte

// PaddingFor is the padding in bytes that ends a record of so much content on
// an eight-byte boundary, as section 3.3 recommends.
func PaddingFor(contentLength int) int {
	return -contentLength & 7
}

// AppendRecord encodes one record. Content beyond MaxContentLength and padding
// beyond MaxPaddingLength are the caller's mistake, and panic: AppendStream
// takes content of any length.
func AppendRecord(dst []byte, t Type, id uint16, content []byte, padding int) []byte {
	if len(content) > MaxContentLength || padding < 0 || padding > MaxPaddingLength {
		panic(fmt.Sprintf("fcgi: a record holds at most %d bytes of content and %d of padding, not %d and %d",
			MaxContentLength, MaxPaddingLength, len(content), padding))
	}
	dst = Header{Version, t, id, uint16(len(content)), uint8(padding), 0}.Append(dst)
	dst = append(dst, content...)
	return append(dst, zeros[:padding]...)
}

// MaxAlignedContent is the longest content whose record needs no padding to
// end on an eight-byte boundary (3.3).
const MaxAlignedContent = MaxContentLength &^ 7

// AppendStream encodes content as records of a stream type, each padded to
// eight bytes (3.3). It does not end the stream: AppendEndOfStream does. Of
// empty content it appends nothing, since an empty record would be the end.
func AppendStream(dst []byte, t Type, id uint16, content []byte) []byte {
	for len(content) > 0 {
		n := min(len(content), MaxAlignedContent)
		dst = AppendRecord(dst, t, id, content[:n], PaddingFor(n))
		content = content[n:]
	}
	return dst
}

// AppendEndOfStream encodes the empty record that ends a stream (3.3).
func AppendEndOfStream(dst []byte, t Type, id uint16) []byte {
	return AppendRecord(dst, t, id, nil, 0)
}
