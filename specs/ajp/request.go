package ajp

import (
	"strconv"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// forward is a Forward Request's packet. One that can't be written would be a
// mistake of the case's.
func forward(r *ajp.Request) []byte {
	b := r.Append(nil)
	if len(b) == 0 {
		panic(r.Check(ajp.NoPacketLimit))
	}
	return b
}

// message is a packet to the container whose payload is free.
func message(payload ...byte) []byte { return ajp.AppendPacket(nil, ajp.ToContainer, payload) }

// Codes of methods that cases use (section method).
const (
	methodGET  = 2
	methodHEAD = 3
	methodPOST = 4
)

// get is an ordinary GET request, with further headers. A query steers the probe
// application.
func get(t *suite.T, query string, more ...ajp.Header) *ajp.Request {
	r := &ajp.Request{
		Method: methodGET, Protocol: []byte("HTTP/1.1"), ReqURI: []byte("/fcgikit"),
		RemoteAddr: []byte("127.0.0.1"), RemoteHost: []byte("localhost"), ServerName: []byte("localhost"), ServerPort: 80,
		Headers: append([]ajp.Header{coded("host", "localhost")}, more...),
	}
	if t.Server.Secret != "" {
		r.Attributes = append(r.Attributes, attribute(ajp.AttrSecret, t.Server.Secret))
	}
	if query != "" {
		r.Attributes = append(r.Attributes, attribute(ajp.AttrQueryString, query))
	}
	for _, p := range t.Server.Params {
		r.Attributes = append(r.Attributes, named(p[0], p[1]))
	}
	return r
}

// post is a POST request with a body of so many bytes; negative is a body of
// unknown length.
func post(t *suite.T, query string, length int, more ...ajp.Header) *ajp.Request {
	body := coded("content-length", strconv.Itoa(length))
	if length < 0 {
		body = literal("transfer-encoding", "chunked")
	}
	r := get(t, query, append([]ajp.Header{body, coded("content-type", "application/octet-stream")}, more...)...)
	r.Method = methodPOST
	return r
}

// coded is a header of the table, literal one whose name travels as a string.
func coded(name, value string) ajp.Header {
	code, _ := ajp.RequestHeaderCode(name)
	return ajp.Header{Code: code, Value: []byte(value)}
}

func literal(name, value string) ajp.Header {
	return ajp.Header{Name: []byte(name), Value: []byte(value)}
}

func attribute(code byte, value string) ajp.Attribute {
	return ajp.Attribute{Code: code, Value: []byte(value)}
}

func named(name, value string) ajp.Attribute {
	return ajp.Attribute{Code: ajp.AttrReqAttribute, Name: []byte(name), Value: []byte(value)}
}
