package ajp

import "slices"

// A Request is a Forward Request, the message that starts a request-handling cycle (section Request Packet Structure).
// Strings are nil where they are the null string.
type Request struct {
	Method     byte // 1 to 27, or StoredMethod
	Protocol   []byte
	ReqURI     []byte
	RemoteAddr []byte
	RemoteHost []byte // commonly null
	ServerName []byte
	ServerPort uint16
	IsSSL      byte // 0 or 1; as it came, if it came as something else
	Headers    []Header
	Attributes []Attribute

	Trailing     []byte       // bytes after the request_terminator, which no message has; nil when there are none
	Unterminated Unterminated // set by Decode
}

// HTTPMethod returns the name of the method: that of the code, or with StoredMethod that of the first stored_method
// attribute. It is "" when the code is unknown or the attribute is missing.
func (r *Request) HTTPMethod() string {
	if r.Method != StoredMethod {
		return MethodName(r.Method)
	}
	for i := range r.Attributes {
		if r.Attributes[i].Code == AttrStoredMethod {
			return string(r.Attributes[i].Value)
		}
	}
	return ""
}

// Decode sets r to the Forward Request in a payload. It reuses r's slices; all strings are views into the payload.
// Values that the specification knows nothing of (method, header codes, is_ssl) are kept as they came. After an error, r
// holds what was read up to it.
func (r *Request) Decode(payload []byte) error {
	in := reader{payload: payload}
	*r = Request{Headers: r.Headers[:0], Attributes: r.Attributes[:0]}
	in.prefix(TypeForwardRequest, "request_prefix")
	r.decodeFields(&in)
	r.Headers = in.headers(r.Headers, requestHeaders, requestSection)
	r.Attributes = in.attributes(r.Attributes)
	r.Trailing = in.rest()
	r.Unterminated = in.unterminated
	return in.err
}

const requestSection = "Request Packet Structure"

func (r *Request) decodeFields(in *reader) {
	r.Method = in.byte(requestSection, "method")
	r.Protocol = in.string(requestSection, "protocol")
	r.ReqURI = in.string(requestSection, "req_uri")
	r.RemoteAddr = in.string(requestSection, "remote_addr")
	r.RemoteHost = in.string(requestSection, "remote_host")
	r.ServerName = in.string(requestSection, "server_name")
	r.ServerPort = in.integer(requestSection, "server_port")
	r.IsSSL = in.byte(requestSection, "is_ssl")
}

// Check returns an EncodeError when r can't be written to a packet of packetSize bytes with its header (0:
// DefaultPacketSize). A Forward Request can't be continued in a second packet (section Questions I Have).
func (r *Request) Check(packetSize int) error {
	m := r.measure()
	return m.within(packetSize, TypeForwardRequest)
}

func (r *Request) measure() measure {
	m := measure{size: 1 + 1 + 2 + 1 + len(r.Trailing)} // prefix_code, method, server_port, is_ssl
	m.string("protocol", r.Protocol)
	m.string("req_uri", r.ReqURI)
	m.string("remote_addr", r.RemoteAddr)
	m.string("remote_host", r.RemoteHost)
	m.string("server_name", r.ServerName)
	m.headers(r.Headers)
	m.attributes(r.Attributes)
	return m
}

// Append appends the packet, with its header, that carries r. It appends nothing when Check(NoPacketLimit) returns an
// error; a lower packet size is the caller's to check.
func (r *Request) Append(dst []byte) []byte {
	m := r.measure()
	if m.within(NoPacketLimit, TypeForwardRequest) != nil {
		return dst
	}
	dst = slices.Grow(dst, HeaderLen+m.size)
	dst = appendPacketHeader(dst, ToContainer, m.size)
	dst = append(dst, byte(TypeForwardRequest), r.Method)
	dst = AppendString(dst, r.Protocol)
	dst = AppendString(dst, r.ReqURI)
	dst = AppendString(dst, r.RemoteAddr)
	dst = AppendString(dst, r.RemoteHost)
	dst = AppendString(dst, r.ServerName)
	dst = AppendInteger(dst, r.ServerPort)
	dst = append(dst, r.IsSSL)
	dst = appendHeaders(dst, r.Headers)
	dst = appendAttributes(dst, r.Attributes)
	return append(dst, r.Trailing...)
}
