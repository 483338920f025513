// Package ajp is the conformance cases of AJP/1.3, a file for each section of
// the specification.
package ajp

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Cases are all of this protocol's.
var Cases suite.Registry

// answerLimit is how long a container may take to answer.
const answerLimit = 5 * time.Second

// conn is a connection on which packets are sent and read.
type conn struct {
	*suite.Conn
	t      *suite.T
	ended  suite.End
	broken error // the bytes are no packets any more

	body []byte // of the request: what of it was not sent yet
	most int    // of it in a packet; 0 is as much as fits
	end  []byte // the packet that ends it; nil is the empty one
}

func dial(t *suite.T) *conn { return &conn{Conn: t.Dial(), t: t} }

// answer is what came for one request, read as leniently as can be.
type answer struct {
	packets []ajp.Packet // all that came, up to End Response
	head    *ajp.ResponseHeaders
	body    []byte
	end     []byte    // End Response's payload; nil: none came
	ended   suite.End // why no more was read, without End Response
	broken  error
}

// answer reads until End Response, the connection's end, or silence. It answers
// every Get Body Chunk, of a request without a body too.
func (c *conn) answer() answer {
	var a answer
	for {
		p, ok := c.packet(answerLimit)
		if !ok {
			a.ended, a.broken = c.ended, c.broken
			return a
		}
		a.packets = append(a.packets, p)
		switch code, _ := p.PrefixCode(); code {
		case ajp.TypeSendHeaders:
			if a.head == nil {
				a.head = sendHeaders(p.Payload)
			}
		case ajp.TypeSendBodyChunk:
			a.body = append(a.body, chunk(p.Payload)...)
		case ajp.TypeGetBodyChunk:
			asked, _ := ajp.ParseGetBodyChunk(p.Payload)
			c.Send(c.data(int(asked)))
		case ajp.TypeEndResponse:
			a.end = p.Payload
			return a
		}
	}
}

// sendHeaders and chunk read what there is: that it is well-formed is a case of
// its own.
func sendHeaders(payload []byte) *ajp.ResponseHeaders {
	var h ajp.ResponseHeaders
	_ = h.Decode(payload) // h holds what was read before an error
	return &h
}

func chunk(payload []byte) []byte {
	bytes, _, err := ajp.ParseSendBodyChunk(payload)
	if err != nil {
		return payload[min(len(payload), 3):]
	}
	return bytes
}

// packet waits for the next whole packet, of whatever magic and size; false says
// that none came.
func (c *conn) packet(limit time.Duration) (ajp.Packet, bool) {
	for {
		b := c.Buffered()
		if len(b) >= ajp.HeaderLen {
			n := ajp.HeaderLen + int(binary.BigEndian.Uint16(b[2:]))
			if len(b) >= n {
				p := ajp.Packet{Magic: ajp.Magic(binary.BigEndian.Uint16(b)), Payload: bytes.Clone(b[ajp.HeaderLen:n])}
				c.Take(n)
				return p, true
			}
		}
		end, more := c.More(limit)
		if !more {
			c.ended = end
			if len(c.Buffered()) > 0 {
				c.broken = fmt.Errorf("%d bytes came that are no whole packet", len(c.Buffered()))
			}
			return ajp.Packet{}, false
		}
	}
}

// untilClose reads on to the connection's end, and says how that came.
func (c *conn) untilClose(limit time.Duration) suite.End {
	for {
		if end, more := c.More(limit); !more {
			return end
		}
	}
}

// leave ends the connection, and lets the server notice before the canary asks.
func (c *conn) leave() {
	c.CloseWrite()
	c.untilClose(leaveLimit)
	c.Close()
}

// upload sends a request with its body's first packet, which goes unasked; the
// container asks for the rest.
func (c *conn) upload(r *ajp.Request, body string) {
	c.body = []byte(body)
	c.Send(forward(r), c.data(ajp.MaxDataLen(0)))
}

// data is the next packet of the body, with at most so many bytes of it.
func (c *conn) data(asked int) []byte {
	n := min(len(c.body), asked, ajp.MaxDataLen(0))
	if c.most > 0 {
		n = min(n, c.most)
	}
	if n == 0 && c.end != nil {
		return c.end
	} else if n == 0 {
		return ajp.AppendEndOfBody(nil)
	}
	piece := c.body[:n]
	c.body = c.body[n:]
	return ajp.AppendData(nil, piece)
}

func forward(r *ajp.Request) []byte { return r.Append(nil) }

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

// probeAnswer is the probe application's JSON.
type probeAnswer struct {
	Probe  int
	Server string
	Can    []string
	Params map[string]string
	Body   struct {
		Length int64
		SHA256 string
	}
}

// probe is the probe application's answer in a.
func (a answer) probe() (probeAnswer, error) {
	var p probeAnswer
	if a.head == nil {
		return p, fmt.Errorf("no Send Headers came: %s", a.why())
	}
	if err := json.Unmarshal(a.body, &p); err != nil || p.Probe != 1 {
		return p, fmt.Errorf("%d %.60q is no answer of the probe application", a.head.Status, a.body)
	}
	return p, nil
}

// reusable says that the connection takes another request.
func (a answer) reusable() bool { return len(a.end) == 2 && a.end[1] != 0 }

// why says how an answer ended.
func (a answer) why() string {
	switch {
	case a.broken != nil:
		return a.broken.Error()
	case a.end != nil:
		return fmt.Sprintf("End Response was packet %d", len(a.packets))
	}
	return fmt.Sprintf("after %d packets %s", len(a.packets), a.ended)
}

// face is AJP for the kernel.
type face struct{}

// Face is how the kernel makes plain requests.
var Face suite.Face = face{}

// Plain sends a GET request and takes its answer. Send Headers is enough: the
// rest is the cases' affair.
func (face) Plain(t *suite.T) (suite.Server, error) {
	c := dial(t)
	c.Send(forward(get(t, "")))
	a := c.answer()
	if a.head == nil {
		return suite.Server{}, errors.New(a.why())
	}
	var server suite.Server
	if p, err := a.probe(); err == nil {
		server = suite.Server{Probe: true, Can: p.Can, Name: p.Server}
	}
	return server, nil
}

// leaveLimit is more than a busy server takes to notice; one that notices closes,
// and is waited for no longer.
const leaveLimit = 1500 * time.Millisecond
