package fcgi

import (
	"encoding/binary"
	"fmt"
)

// Flags of a BEGIN_REQUEST record (5.1).
type Flags uint8

// KeepConn asks the application to leave the connection open (5.1).
const KeepConn Flags = 1

// BeginRequestBody is the content of a BEGIN_REQUEST record (5.1).
type BeginRequestBody struct {
	Role     Role
	Flags    Flags
	Reserved [5]byte
}

// BeginRequestLen is the length of a BeginRequestBody in bytes (5.1).
const BeginRequestLen = 8

// ParseBeginRequest decodes a BEGIN_REQUEST record's content (5.1).
func ParseBeginRequest(content []byte) (BeginRequestBody, error) {
	if len(content) != BeginRequestLen {
		return BeginRequestBody{}, wrongBody("5.1", TypeBeginRequest, BeginRequestLen, len(content))
	}
	return BeginRequestBody{
		Role:     Role(binary.BigEndian.Uint16(content)),
		Flags:    Flags(content[2]),
		Reserved: [5]byte(content[3:]),
	}, nil
}

// AppendBeginRequest encodes the record that starts a request (5.1).
func AppendBeginRequest(dst []byte, id uint16, role Role, flags Flags) []byte {
	dst = Header{Version, TypeBeginRequest, id, BeginRequestLen, 0, 0}.Append(dst)
	return BeginRequestBody{Role: role, Flags: flags}.Append(dst)
}

// Append encodes the content as it stands (5.1).
func (b BeginRequestBody) Append(dst []byte) []byte {
	dst = append(dst, byte(b.Role>>8), byte(b.Role), byte(b.Flags))
	return append(dst, b.Reserved[:]...)
}

// AppendAbortRequest encodes the record that aborts a request (5.4).
func AppendAbortRequest(dst []byte, id uint16) []byte {
	return AppendRecord(dst, TypeAbortRequest, id, nil, 0)
}

// ProtocolStatus is how a request ended for the protocol (5.5).
type ProtocolStatus uint8

const (
	RequestComplete ProtocolStatus = 0
	CantMpxConn     ProtocolStatus = 1
	Overloaded      ProtocolStatus = 2
	UnknownRole     ProtocolStatus = 3
)

// String is the specification's name (5.5).
func (s ProtocolStatus) String() string {
	switch s {
	case RequestComplete:
		return "FCGI_REQUEST_COMPLETE"
	case CantMpxConn:
		return "FCGI_CANT_MPX_CONN"
	case Overloaded:
		return "FCGI_OVERLOADED"
	case UnknownRole:
		return "FCGI_UNKNOWN_ROLE"
	}
	return fmt.Sprintf("protocolStatus %d", uint8(s))
}

// EndRequestBody is the content of an END_REQUEST record (5.5).
type EndRequestBody struct {
	AppStatus      uint32 // what a CGI program's exit would have been (6.2)
	ProtocolStatus ProtocolStatus
	Reserved       [3]byte
}

// EndRequestLen is the length of an EndRequestBody in bytes (5.5).
const EndRequestLen = 8

// ParseEndRequest decodes an END_REQUEST record's content (5.5).
func ParseEndRequest(content []byte) (EndRequestBody, error) {
	if len(content) != EndRequestLen {
		return EndRequestBody{}, wrongBody("5.5", TypeEndRequest, EndRequestLen, len(content))
	}
	return EndRequestBody{
		AppStatus:      binary.BigEndian.Uint32(content),
		ProtocolStatus: ProtocolStatus(content[4]),
		Reserved:       [3]byte(content[5:]),
	}, nil
}

// AppendEndRequest encodes the record that ends a request (5.5).
func AppendEndRequest(dst []byte, id uint16, appStatus uint32, status ProtocolStatus) []byte {
	dst = Header{Version, TypeEndRequest, id, EndRequestLen, 0, 0}.Append(dst)
	return EndRequestBody{AppStatus: appStatus, ProtocolStatus: status}.Append(dst)
}

// Append encodes the content as it stands (5.5).
func (b EndRequestBody) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, b.AppStatus)
	dst = append(dst, byte(b.ProtocolStatus))
	return append(dst, b.Reserved[:]...)
}
