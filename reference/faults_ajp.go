package reference

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"slices"
	"strconv"

	"github.com/fcgikit/fcgikit/client/ajp"
)

// packetFault is a fault that shows in whole packets. A function gives what goes
// on in a packet's place.
type packetFault struct {
	in, out func(m *packetMemory, p ajp.Packet) []byte // nil: as they are
}

// packetMemory is what a fault remembers of a connection.
type packetMemory struct {
	nc      net.Conn
	held    []byte
	waiting bool // for another packet, before what is held goes on
	left    int  // of the request's body
	sent    int  // of the answer's body
	ended   bool // what came first, or an answer, has
}

func (f packetFault) wrap(nc net.Conn) net.Conn { return f.faulty(nc) }

func (f packetFault) faulty(nc net.Conn) *faultyConn {
	m := &packetMemory{nc: nc}
	c := &faultyConn{Conn: nc}
	if f.in != nil {
		c.received = func(b []byte) (int, []byte) { return eachPacket(m, b, f.in) }
	}
	if f.out != nil {
		c.sent = func(b []byte) (int, []byte) { return eachPacket(m, b, f.out) }
	}
	return c
}

// eachPacket takes packets apart by their lengths alone: those of a wrong magic
// or size, too.
func eachPacket(m *packetMemory, b []byte, f func(*packetMemory, ajp.Packet) []byte) (int, []byte) {
	if len(b) < ajp.HeaderLen {
		return 0, nil
	}
	n := ajp.HeaderLen + int(binary.BigEndian.Uint16(b[2:]))
	if len(b) < n {
		return 0, nil
	}
	p := ajp.Packet{Magic: ajp.Magic(binary.BigEndian.Uint16(b)), Payload: bytes.Clone(b[ajp.HeaderLen:n])}
	return n, f(m, p)
}

func packets(some ...ajp.Packet) []byte {
	var b []byte
	for _, p := range some {
		b = ajp.AppendPacket(b, p.Magic, p.Payload)
	}
	return b
}

func isCode(p ajp.Packet, code ajp.PrefixCode) bool {
	c, ok := p.PrefixCode()
	return ok && c == code
}

// forwarding is a container that takes a Forward Request wrongly.
func forwarding(f func(m *packetMemory, r *ajp.Request)) func(*packetMemory, ajp.Packet) []byte {
	return func(m *packetMemory, p ajp.Packet) []byte {
		var r ajp.Request
		if r.Decode(p.Payload) != nil {
			return packets(p)
		}
		f(m, &r)
		p.Payload = r.Append(nil)[ajp.HeaderLen:]
		return packets(p)
	}
}

// answering is a container whose packets of one kind go wrong.
func answering(code ajp.PrefixCode, f func(m *packetMemory, p ajp.Packet) []byte) func(*packetMemory, ajp.Packet) []byte {
	return func(m *packetMemory, p ajp.Packet) []byte {
		if isCode(p, code) {
			return f(m, p)
		}
		return packets(p)
	}
}

// eachHeader changes a Forward Request's headers, or leaves them out.
func eachHeader(f func(h *ajp.Header) bool) func(*packetMemory, ajp.Packet) []byte {
	return forwarding(func(_ *packetMemory, r *ajp.Request) {
		kept := r.Headers[:0]
		for _, h := range r.Headers {
			if f(&h) {
				kept = append(kept, h)
			}
		}
		r.Headers = kept
	})
}

// closingAt is a container that ends the connection at a request of some kind.
func closingAt(f func(r *ajp.Request) bool) func(*packetMemory, ajp.Packet) []byte {
	return forwarding(func(m *packetMemory, r *ajp.Request) {
		if f(r) {
			m.nc.Close()
		}
	})
}

func hasAttribute(r *ajp.Request, code byte) bool {
	return slices.ContainsFunc(r.Attributes, func(a ajp.Attribute) bool { return a.Code == code })
}

// announced is a request's content-length; -1 if there is none.
func announced(r *ajp.Request) int {
	for _, h := range r.Headers {
		if n, err := strconv.Atoi(string(h.Value)); err == nil && bytes.EqualFold(h.Name, []byte("content-length")) {
			return n
		}
	}
	return -1
}

func setLength(r *ajp.Request, value string) {
	for i, h := range r.Headers {
		if bytes.EqualFold(h.Name, []byte("content-length")) {
			r.Headers[i].Value = []byte(value)
		}
	}
}

// crashAtPacket ends the process at a packet of some kind.
func crashAtPacket(f func(p ajp.Packet) bool) func(net.Conn) net.Conn {
	return packetFault{in: func(_ *packetMemory, p ajp.Packet) []byte {
		if f(p) {
			os.Exit(crashStatus)
		}
		return packets(p)
	}}.wrap
}

// countBody notes what a Forward Request announces.
func countBody(m *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	if r.Decode(p.Payload) == nil {
		m.left = max(announced(&r), 0)
	}
	return packets(p)
}
