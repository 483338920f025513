package reference

import (
	"bytes"
	"net"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
		Fault{"ajp/magic-of-requests", "an answer's packets begin with 12 34", "one constant for both directions", packetFault{
			out: func(_ *packetMemory, p ajp.Packet) []byte { p.Magic = ajp.ToContainer; return packets(p) },
		}.wrap},
		Fault{"ajp/end-response-length", "the header of End Response says 1 where 2 bytes follow", "Undertow before pull request 26", packetFault{
			out: answering(ajp.TypeEndResponse, func(_ *packetMemory, p ajp.Packet) []byte {
				b := packets(p)
				b[3] = 1
				return b
			}),
		}.wrap},
		Fault{"ajp/magic-unchecked", "a packet is taken whatever it begins with", "a header that is skipped and not read", packetFault{
			in: func(_ *packetMemory, p ajp.Packet) []byte { p.Magic = ajp.ToContainer; return packets(p) },
		}.wrap},
		Fault{"ajp/buffer-four-short", "the header is counted twice: a Forward Request of 8192 bytes is too large", "a buffer of the packet size less the header", packetFault{
			in: forwarding(func(m *packetMemory, r *ajp.Request) {
				if len(r.Append(nil)) > ajp.DefaultPacketSize-ajp.HeaderLen {
					m.nc.Close()
				}
			}),
		}.wrap},
		Fault{"ajp/packets-too-long", "Send Body Chunks of up to 16 KiB are sent", "the application's buffer sent as it is", packetFault{out: joined}.wrap},
		Fault{"ajp/type-unchecked", "a message of an unknown type is read as a Forward Request", "a switch whose default is the usual message", packetFault{
			in: func(_ *packetMemory, p ajp.Packet) []byte {
				request := ajp.Packet{Magic: p.Magic, Payload: bytes.Clone(p.Payload)}
				var r ajp.Request
				if len(p.Payload) > 0 {
					request.Payload[0] = byte(ajp.TypeForwardRequest)
				}
				if r.Decode(request.Payload) == nil {
					return packets(request)
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/cping-silent", "CPing is not answered", "https://github.com/eclipse-ee4j/glassfish-grizzly/issues/1276", packetFault{
			in: func(_ *packetMemory, p ajp.Packet) []byte {
				if bytes.Equal(p.Payload, []byte{byte(ajp.TypeCPing)}) {
					return nil
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/cping-only-first", "CPing is answered on a new connection only", "a handshake that is a state of its own", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if m.ended && bytes.Equal(p.Payload, []byte{byte(ajp.TypeCPing)}) {
					return nil
				}
				m.ended = m.ended || isCode(p, ajp.TypeForwardRequest)
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/rest-of-read-dropped", "what comes in one segment with a CPing is lost", "a buffer that is emptied after each message", func(nc net.Conn) net.Conn {
			c := &faultyConn{Conn: nc}
			c.received = func(b []byte) (int, []byte) {
				ping := ajp.AppendCPing(nil)
				if bytes.HasPrefix(b, ping) {
					return len(b), ping
				}
				return len(b), b
			}
			return c
		}},
		Fault{"ajp/header-in-one-read", "a header of which a part is missing ends the connection", "https://github.com/Bilal-S/iis2tomcat/issues/58", func(nc net.Conn) net.Conn {
			return &cutHeader{faultyConn: packetFault{}.faulty(nc)}
		}},
		Fault{"ajp/packet-in-few-reads", "a packet that comes in three pieces ends the connection", "https://github.com/Bilal-S/iis2tomcat/issues/58", inFewReads},
		Fault{"ajp/packets-unlimited", "a packet of any size is taken", "flup 1.0.3, Undertow", packetFault{in: forwarding(func(_ *packetMemory, r *ajp.Request) { shortened(r) })}.wrap},
		Fault{"ajp/packet-size-fixed", "a packet of more than 8 KiB is refused where more was set", "a buffer whose size is a constant", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if ajp.HeaderLen+len(p.Payload) > ajp.DefaultPacketSize {
					m.nc.Close()
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/cping-twice", "a CPing is answered with two CPongs", "a connector and its protocol handler that both answer", packetFault{
			out: answering(ajp.TypeCPong, func(_ *packetMemory, p ajp.Packet) []byte { return packets(p, p) }),
		}.wrap},
		Fault{"ajp/data-without-size", "of a body's packet whose size does not fit all bytes are taken", "flup 1.0.3", packetFault{in: unsized}.wrap},
	)
}

// joined sends two full Send Body Chunks as one.
func joined(m *packetMemory, p ajp.Packet) []byte {
	chunk, _, err := ajp.ParseSendBodyChunk(p.Payload)
	full := err == nil && isCode(p, ajp.TypeSendBodyChunk) && len(chunk) == ajp.MaxChunkLen(0)
	switch {
	case full && !m.waiting:
		m.held, m.waiting = chunk, true
		return nil
	case full:
		m.waiting = false
		return ajp.AppendSendBodyChunk(nil, append(m.held, chunk...))
	case m.waiting:
		m.waiting = false
		return append(ajp.AppendSendBodyChunk(nil, m.held), packets(p)...)
	}
	return packets(p)
}

// cutHeader does not wait for the rest of a connection's first header.
type cutHeader struct {
	*faultyConn
	begun bool
}

func (c *cutHeader) Read(p []byte) (int, error) {
	n, err := c.faultyConn.Read(p)
	if c.begun || err != nil || n >= ajp.HeaderLen {
		c.begun = true
		return n, err
	}
	c.begun = true
	time.Sleep(30 * time.Millisecond) // what is on its way counts as there
	c.Conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	more, err := c.faultyConn.Read(p[n:])
	c.Conn.SetReadDeadline(time.Time{})
	if err != nil {
		c.Close()
	}
	return n + more, err
}

// inFewReads is a container that waits for a packet's rest once, and not again.
func inFewReads(nc net.Conn) net.Conn {
	m := &packetMemory{nc: nc}
	var last time.Time
	waits := 0
	c := &faultyConn{Conn: nc}
	c.received = func(b []byte) (int, []byte) {
		n, on := eachPacket(m, b, func(_ *packetMemory, p ajp.Packet) []byte { return packets(p) })
		if n > 0 || len(b) == 0 {
			waits, last = 0, time.Time{}
			return n, on
		}
		if !last.IsZero() && time.Since(last) > apart {
			waits++
		}
		if last = time.Now(); waits > 1 {
			nc.Close()
		}
		return n, on
	}
	return c
}

// apart is more than the pauses of a request that is cut as it is sent, and less
// than those of the case that is about them.
const apart = 12 * time.Millisecond

// shortened takes from a request's last header what is too much for a packet.
func shortened(r *ajp.Request) {
	over := len(r.Append(nil)) - ajp.DefaultPacketSize
	if n := len(r.Headers); over > 0 && n > 0 && over < len(r.Headers[n-1].Value) {
		r.Headers[n-1].Value = r.Headers[n-1].Value[over:]
	}
}

// unsized makes Data of whatever comes where a body is due.
func unsized(m *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	if m.left == 0 || r.Decode(p.Payload) == nil { // the body before it was not read
		return countBody(m, p)
	}
	data, err := ajp.ParseData(p.Payload)
	if err != nil {
		data = p.Payload
	}
	m.left = max(m.left-len(data), 0)
	return ajp.AppendData(nil, data)
}
