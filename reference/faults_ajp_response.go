package reference

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/http"
	"slices"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
		Fault{"ajp/headers-twice", "Send Headers is sent twice", "a flush that does not know what was sent", packetFault{
			out: answering(ajp.TypeSendHeaders, func(_ *packetMemory, p ajp.Packet) []byte { return packets(p, p) }),
		}.wrap},
		Fault{"ajp/num-headers-short", "num_headers is one fewer than follow", "a header that is added after the count", packetFault{
			out: answering(ajp.TypeSendHeaders, func(_ *packetMemory, p ajp.Packet) []byte {
				at := 1 + 2 + 2 + int(binary.BigEndian.Uint16(p.Payload[3:])) + 1
				if n := binary.BigEndian.Uint16(p.Payload[at:]); n > 1 {
					binary.BigEndian.PutUint16(p.Payload[at:], n-1)
				}
				return packets(p)
			}),
		}.wrap},
		Fault{"ajp/chunk-without-nul", "a Send Body Chunk has no NUL", "containers that follow the grammar; Apache's httpd answers 500", packetFault{
			out: answering(ajp.TypeSendBodyChunk, func(_ *packetMemory, p ajp.Packet) []byte {
				p.Payload = p.Payload[:len(p.Payload)-1]
				return packets(p)
			}),
		}.wrap},
		Fault{"ajp/answer-cut", "only the first 64 KiB of an answer are sent", "a length kept in 16 bits", packetFault{
			out: answering(ajp.TypeSendBodyChunk, func(m *packetMemory, p ajp.Packet) []byte {
				if m.sent += len(p.Payload); m.sent > 0xFFFF {
					return nil
				}
				return packets(p)
			}),
		}.wrap},
		Fault{"ajp/head-with-body", "an answer to HEAD has a body", "flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if r.Method == 3 {
					r.Method = 2
				}
			}),
		}.wrap},
		Fault{"ajp/closes-despite-reuse", "the connection is closed after an End Response with reuse 1", "Undertow, after an answer of 400 (CVE-2022-1319)", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if m.ended && isCode(p, ajp.TypeForwardRequest) {
					m.nc.Close()
				}
				return packets(p)
			},
			out: answering(ajp.TypeEndResponse, func(m *packetMemory, p ajp.Packet) []byte { m.ended = true; return packets(p) }),
		}.wrap},
		Fault{"ajp/open-despite-no-reuse", "the connection stays open after an End Response with reuse 0", "Tomcat 10.1.60", forgetting},
		Fault{"ajp/errors-close", "a malformed request ends the connection without an answer", "flup 1.0.3, Undertow (UNDERTOW-1824), Tomcat (CVE-2009-0033)", packetFault{
			out: answering(ajp.TypeSendHeaders, func(m *packetMemory, p ajp.Packet) []byte {
				var h ajp.ResponseHeaders
				if h.Decode(p.Payload); h.Status == http.StatusBadRequest {
					m.nc.Close()
				}
				return packets(p)
			}),
		}.wrap},
		Fault{"ajp/exception-is-200", "an application's failure is answered with 200", "flup 1.0.3", packetFault{
			out: answering(ajp.TypeSendHeaders, func(_ *packetMemory, p ajp.Packet) []byte {
				var h ajp.ResponseHeaders
				if h.Decode(p.Payload); h.Status == http.StatusInternalServerError {
					h.Status = http.StatusOK
				}
				return h.Append(nil)
			}),
		}.wrap},
		Fault{"ajp/no-headers-no-packet", "an answer without headers has no Send Headers", "Tomcat 10.1.8, https://github.com/advisories/GHSA-mppv-79ch-vw6q", packetFault{
			out: answering(ajp.TypeSendHeaders, func(_ *packetMemory, p ajp.Packet) []byte {
				var h ajp.ResponseHeaders
				if h.Decode(p.Payload); h.Status == http.StatusNoContent || h.Status == http.StatusNotModified {
					return nil
				}
				return packets(p)
			}),
		}.wrap},
		Fault{"ajp/header-cut", "a header's value is cut at 4096 bytes", "a buffer for one header", packetFault{
			out: eachAnswerHeader(func(value []byte) []byte { return value[:min(len(value), 4096)] }),
		}.wrap},
		Fault{"ajp/line-ends-passed", "CR and LF of an application's header go to the web server", "flup 1.0.3, Tomcat 10.1.60", packetFault{
			out: eachAnswerHeader(func(value []byte) []byte {
				return bytes.ReplaceAll(value, []byte("  "), []byte("\r\n")) // the server has made blanks of them
			}),
		}.wrap},
		Fault{"ajp/second-chunk-fails", "an answer of more than one packet breaks off", "https://github.com/eclipse-ee4j/glassfish-grizzly/pull/2132", packetFault{
			out: func(m *packetMemory, p ajp.Packet) []byte {
				if isCode(p, ajp.TypeSendHeaders) {
					m.sent = 0
				}
				if isCode(p, ajp.TypeSendBodyChunk) {
					m.sent += len(p.Payload)
				}
				if m.sent > ajp.DefaultPacketSize {
					m.nc.Close()
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/flush-ends-answer", "a write of nothing ends the answer", "an end of file that is written as no bytes", packetFault{
			in: forwarding(func(m *packetMemory, r *ajp.Request) {
				m.waiting, m.sent = bytes.Contains(queryOf(r), []byte("write=zero")), 0
			}),
			out: answering(ajp.TypeSendBodyChunk, func(m *packetMemory, p ajp.Packet) []byte {
				if m.sent++; m.waiting && m.sent > 1 {
					return nil
				}
				return packets(p)
			}),
		}.wrap},
		Fault{"ajp/serves-after-no-reuse", "a request after an End Response with reuse 0 is served", "Tomcat 10.1.60", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				var r ajp.Request
				if r.Decode(p.Payload) != nil {
					return packets(p)
				}
				if m.waiting = slices.ContainsFunc(r.Headers, isMalformed); !m.waiting {
					return packets(p)
				}
				r.Headers = slices.DeleteFunc(r.Headers, isMalformed)
				setQuery(&r, "status=400&size=0")
				return r.Append(nil)
			},
			out: answering(ajp.TypeEndResponse, func(m *packetMemory, p ajp.Packet) []byte {
				return ajp.AppendEndResponse(nil, p.Payload[1] != 0 && !m.waiting)
			}),
		}.wrap},
		Fault{"ajp/error-twice", "a malformed request is answered twice, with reuse 1, and the connection closed", "Undertow, https://nvd.nist.gov/vuln/detail/CVE-2022-1319", packetFault{
			out: func(m *packetMemory, p ajp.Packet) []byte {
				var h ajp.ResponseHeaders
				switch {
				case isCode(p, ajp.TypeSendHeaders) && h.Decode(p.Payload) == nil && h.Status == http.StatusBadRequest:
					m.held = packets(p)
				case isCode(p, ajp.TypeEndResponse) && len(m.held) > 0:
					end := ajp.AppendEndResponse(nil, true)
					return slices.Concat(end, m.held, end)
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/error-reusable", "after a request in a body's place reuse is 1", "Tomcat 10.1.60", packetFault{in: stepLost}.wrap},
		Fault{"ajp/late-exception-dangles", "an answer that breaks off is not ended", "Tomcat 10.1.60", packetFault{
			in: forwarding(func(m *packetMemory, r *ajp.Request) { m.waiting = bytes.Contains(queryOf(r), []byte("throw=late")) }),
			out: answering(ajp.TypeEndResponse, func(m *packetMemory, p ajp.Packet) []byte {
				if m.waiting {
					return nil
				}
				return packets(p)
			}),
		}.wrap},
	)
}

// forgotten is a connection that stays open once an End Response with reuse 0
// went out.
type forgotten struct {
	*faultyConn
	noReuse bool
}

func forgetting(nc net.Conn) net.Conn {
	c := &forgotten{}
	c.faultyConn = packetFault{out: answering(ajp.TypeEndResponse, func(_ *packetMemory, p ajp.Packet) []byte {
		c.noReuse = p.Payload[1] == 0
		return packets(p)
	})}.faulty(nc)
	return c
}

func (c *forgotten) CloseWrite() error {
	if c.noReuse {
		return nil
	}
	return c.faultyConn.CloseWrite()
}

func (c *forgotten) Close() error {
	if !c.noReuse {
		return c.faultyConn.Close()
	}
	return stayOpen(c.Conn)
}

// eachAnswerHeader changes the values in Send Headers.
func eachAnswerHeader(f func(value []byte) []byte) func(*packetMemory, ajp.Packet) []byte {
	return answering(ajp.TypeSendHeaders, func(_ *packetMemory, p ajp.Packet) []byte {
		var h ajp.ResponseHeaders
		if h.Decode(p.Payload) != nil {
			return packets(p)
		}
		for i := range h.Headers {
			h.Headers[i].Value = f(h.Headers[i].Value)
		}
		return h.Append(nil)
	})
}

// isMalformed is whether a request can't be served because of a header: its code
// is unknown, or it is a content-length that is no number.
func isMalformed(h ajp.Header) bool {
	if bytes.EqualFold(h.Name, []byte("content-length")) {
		_, ok := parseNumber(h.Value)
		return !ok
	}
	return h.Name == nil && h.Code != 0
}

// stepLost answers a request, in whose body's place another one comes, with an
// error, and goes on.
func stepLost(m *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	request := r.Decode(p.Payload) == nil
	if m.waiting {
		m.waiting = false
		var first ajp.Request
		if first.Decode(m.held); !request || bytes.Contains(queryOf(&first), []byte("read=no")) {
			return append(first.Append(nil), packets(p)...)
		}
		setLength(&first, "0")
		setQuery(&first, "status=500")
		return first.Append(nil)
	}
	if request && announced(&r) > 0 {
		m.held, m.waiting = p.Payload, true
		return nil
	}
	return packets(p)
}
