package ajp

import "fmt"

// PrefixCode is the first byte of a payload, the type of the message (section Packet Headers). A request body packet has
// none.
type PrefixCode byte

// From the web server to the container.
const (
	TypeForwardRequest PrefixCode = 2
	TypeShutdown       PrefixCode = 7
	TypePing           PrefixCode = 8
	TypeCPing          PrefixCode = 10
)

// From the container to the web server.
const (
	TypeSendBodyChunk PrefixCode = 3
	TypeSendHeaders   PrefixCode = 4
	TypeEndResponse   PrefixCode = 5
	TypeGetBodyChunk  PrefixCode = 6
	TypeCPong         PrefixCode = 9
)

func (c PrefixCode) String() string {
	switch c {
	case TypeForwardRequest:
		return "Forward Request"
	case TypeSendBodyChunk:
		return "Send Body Chunk"
	case TypeSendHeaders:
		return "Send Headers"
	case TypeEndResponse:
		return "End Response"
	case TypeGetBodyChunk:
		return "Get Body Chunk"
	case TypeShutdown:
		return "Shutdown"
	case TypePing:
		return "Ping"
	case TypeCPong:
		return "CPong"
	case TypeCPing:
		return "CPing"
	}
	return fmt.Sprintf("unknown prefix code %d", byte(c))
}

// Direction returns the magic of the packets that carry c, 0 for an unknown code.
func (c PrefixCode) Direction() Magic {
	switch c {
	case TypeForwardRequest, TypeShutdown, TypePing, TypeCPing:
		return ToContainer
	case TypeSendBodyChunk, TypeSendHeaders, TypeEndResponse, TypeGetBodyChunk, TypeCPong:
		return ToServer
	}
	return 0
}

func (c PrefixCode) describe() string {
	if c.Direction() == 0 {
		return c.String()
	}
	return fmt.Sprintf("prefix code %d (%s)", byte(c), c)
}
