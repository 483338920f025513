package reference

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
		Fault{"ajp/body-first-packet-only", "a body is what its first packet holds", "containers that never ask", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if announced(r) > ajp.MaxDataLen(0) && !bytes.Contains(r.Append(nil), []byte("read=no")) {
					setLength(r, strconv.Itoa(ajp.MaxDataLen(0)))
				}
			}),
		}.wrap},
		Fault{"ajp/short-piece-ends-body", "a packet with less than a full one is taken for the body's last", "read() that is taken for read-fully", packetFault{in: shortEnds}.wrap},
		Fault{"ajp/asks-twice", "the first Get Body Chunk is sent twice", "a request for more repeated while it is under way", packetFault{
			out: answering(ajp.TypeGetBodyChunk, func(m *packetMemory, p ajp.Packet) []byte {
				if m.ended {
					return packets(p)
				}
				m.ended = true
				return packets(p, p)
			}),
		}.wrap},
		Fault{"ajp/asks-too-much", "the container asks for all that is missing at once", "flup 1.0.3", packetFault{
			out: answering(ajp.TypeGetBodyChunk, func(*packetMemory, ajp.Packet) []byte { return ajp.AppendGetBodyChunk(nil, 11814) }),
		}.wrap},
		Fault{"ajp/unknown-length-ignored", "a body without a length is not asked for", "flup 1.0.3, Undertow before pull request 488", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				if bytes.EqualFold(h.Name, []byte("transfer-encoding")) {
					h.Name, h.Value = []byte("content-length"), []byte("0")
				}
				return true
			}),
		}.wrap},
		Fault{"ajp/end-without-size-only", "a body's end with a size of 0 ends the connection", "containers that only mod_jk was tried with", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if bytes.Equal(p.Payload, []byte{0, 0}) {
					m.nc.Close()
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/length-0-waits", "with content-length 0 a packet is waited for", "Tomcat 8.0 RC, CVE-2014-0095", packetFault{in: waitsForNothing}.wrap},
		Fault{"ajp/unread-body-executed", "the first packet of an unread body is taken for a message", "Tomcat, CVE-2011-3190", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if bytes.Contains(r.Append(nil), []byte("read=no")) {
					setLength(r, "0")
				}
			}),
		}.wrap},
		Fault{"ajp/cut-body-filled", "what is missing of a body is zeros", "a buffer of the announced length, and an end that is no error, as Tomcat 10.1.60's", packetFault{in: filledUp}.wrap},
		Fault{"ajp/length-plus-sign", "content-length may have a sign", "flup 1.0.3", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				if bytes.EqualFold(h.Name, []byte("content-length")) {
					h.Value = bytes.TrimPrefix(h.Value, []byte("+"))
				}
				return true
			}),
		}.wrap},
		Fault{"ajp/request-for-body", "a Forward Request in a body's place is served", "a reader that knows packets by their first byte", packetFault{in: bodySkipped}.wrap},
		Fault{"ajp/asks-not-while-answering", "a body that is asked for when the answer has begun ends the connection", "a reader that is closed with the first write", packetFault{
			out: func(m *packetMemory, p ajp.Packet) []byte {
				m.ended = (m.ended || isCode(p, ajp.TypeSendHeaders)) && !isCode(p, ajp.TypeEndResponse)
				if m.ended && isCode(p, ajp.TypeGetBodyChunk) {
					m.nc.Close()
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/end-asked-again", "an early end of a body is asked for again", "https://github.com/Bilal-S/iis2tomcat/issues/96", packetFault{in: asksAgain}.wrap},
		Fault{"ajp/empty-first-packet-waits", "an empty packet that comes first is passed over, and another one waited for", "a loop that reads until there is something", packetFault{
			in: withBody(func(_ *ajp.Request, data []byte) []byte {
				if len(data) == 0 {
					return nil
				}
				return ajp.AppendData(nil, data)
			}),
		}.wrap},
		Fault{"ajp/data-beyond-length", "a packet with more than content-length goes to the application whole", "Tomcat 10.1.60", packetFault{
			in: withBody(func(r *ajp.Request, data []byte) []byte {
				if len(data) > announced(r) {
					setLength(r, strconv.Itoa(len(data)))
				}
				return ajp.AppendData(nil, data)
			}),
		}.wrap},
		Fault{"ajp/data-cut-at-buffer", "of a packet that is too large as much is read as fits", "a buffer of 8 KiB, and a length of what is in it", packetFault{
			in: withBody(func(r *ajp.Request, data []byte) []byte {
				if len(data) > ajp.MaxDataLen(0) {
					data = data[:ajp.MaxDataLen(0)]
					setLength(r, strconv.Itoa(len(data)))
				}
				return ajp.AppendData(nil, data)
			}),
		}.wrap},
		Fault{"ajp/unchunked-twice", "the chunks are taken off a body that has none", "a Transfer-Encoding that is passed on to a reader of HTTP", packetFault{
			in: withBody(func(r *ajp.Request, data []byte) []byte {
				chunked := slices.ContainsFunc(r.Headers, func(h ajp.Header) bool { return bytes.EqualFold(h.Name, []byte("transfer-encoding")) })
				if inner, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(data))); chunked && err == nil {
					setLength(r, strconv.Itoa(len(inner)))
					data = inner
				}
				return ajp.AppendData(nil, data)
			}),
		}.wrap},
		Fault{"ajp/buffer-not-recycled", "with a transfer-encoding that is not known a body is that of an earlier request", "Tomcat 5, 6 and 7.0.0, CVE-2010-2227", notRecycled()},
		Fault{"ajp/size-unchecked", "the size in a packet of a body is not looked at", "flup 1.0.3", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if m.left > 0 && len(p.Payload) > 2 {
					m.left = 0
					return ajp.AppendData(nil, p.Payload[2:])
				}
				return countBody(m, p)
			},
		}.wrap},
		Fault{"ajp/last-length-wins", "of several values of content-length the last one counts", "flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				var kept []ajp.Header
				for i, h := range r.Headers {
					later := func(l ajp.Header) bool { return bytes.EqualFold(l.Name, h.Name) }
					if !bytes.EqualFold(h.Name, []byte("content-length")) || !slices.ContainsFunc(r.Headers[i+1:], later) {
						kept = append(kept, h)
					}
				}
				r.Headers = kept
			}),
		}.wrap},
		Fault{"ajp/negative-length-waits", "a request with content-length -1 is left without an answer", "flup 1.0.3", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				var r ajp.Request
				negative := func(h ajp.Header) bool { return string(h.Value) == "-1" }
				if m.waiting = m.waiting || r.Decode(p.Payload) == nil && slices.ContainsFunc(r.Headers, negative); m.waiting {
					return nil
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/stray-end-closes", "an empty packet after a request ends the connection", "flup 1.0.3", straying(func(m *packetMemory) []byte {
			m.nc.Close()
			return nil
		})},
		Fault{"ajp/stray-end-is-an-error", "an empty packet after a request is answered with an error", "Tomcat 10.1.60", straying(func(m *packetMemory) []byte {
			h := ajp.ResponseHeaders{Status: http.StatusInternalServerError}
			m.nc.Write(ajp.AppendEndResponse(h.Append(nil), false))
			m.nc.Close()
			return nil
		})},
		Fault{"ajp/requests-crossed", "a request that waits for its body is what another client is answered", "mod_jk (CVE-2008-5519), Tomcat (CVE-2005-3164), Undertow (CVE-2024-6162)", crossed()},
	)
}

// shortEnds ends a body, of which more is announced, after a packet that is not
// full.
func shortEnds(m *packetMemory, p ajp.Packet) []byte {
	data, err := ajp.ParseData(p.Payload)
	if m.left == 0 || err != nil {
		return countBody(m, p)
	}
	n := len(data)
	short := n > 0 && n < min(m.left, ajp.MaxDataLen(0))
	m.left = max(m.left-n, 0)
	if short {
		return ajp.AppendEndOfBody(packets(p))
	}
	return packets(p)
}

// filledUp makes of a body's early end as many zeros as are missing.
func filledUp(m *packetMemory, p ajp.Packet) []byte {
	data, err := ajp.ParseData(p.Payload)
	if m.left == 0 || err != nil {
		return countBody(m, p)
	}
	if len(data) == 0 {
		data = make([]byte, min(m.left, ajp.MaxDataLen(0)))
	}
	m.left = max(m.left-len(data), 0)
	return ajp.AppendData(nil, data)
}

// waitsForNothing holds a request with content-length 0 until another packet has
// come, and takes that for its body.
func waitsForNothing(m *packetMemory, p ajp.Packet) []byte {
	if m.waiting {
		m.waiting = false
		return m.held
	}
	var r ajp.Request
	if r.Decode(p.Payload) == nil && announced(&r) == 0 {
		m.held, m.waiting = packets(p), true
		return nil
	}
	return packets(p)
}

// forgets it where that is a Forward Request.
func bodySkipped(m *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	request := r.Decode(p.Payload) == nil
	if m.waiting {
		m.waiting = false
		if request && !strings.Contains(string(m.held), "read=no") {
			return packets(p)
		}
		return append(m.held, packets(p)...)
	}
	if request && announced(&r) > 0 {
		m.held, m.waiting = packets(p), true
		return nil
	}
	return packets(p)
}

// asksAgain takes no end of a body before all has come, or it has asked often
// enough to be found out.
func asksAgain(m *packetMemory, p ajp.Packet) []byte {
	data, err := ajp.ParseData(p.Payload)
	if m.left == 0 || err != nil {
		m.sent = 0
		return countBody(m, p)
	}
	m.left = max(m.left-len(data), 0)
	if m.sent++; len(data) > 0 || m.sent > 50 {
		return packets(p)
	}
	m.nc.Write(ajp.AppendGetBodyChunk(nil, uint16(ajp.MaxDataLen(0))))
	return nil
}

// withBody holds a request with a body until its first packet has come, and
// gives what goes on in that one's place.
func withBody(f func(r *ajp.Request, data []byte) []byte) func(*packetMemory, ajp.Packet) []byte {
	return func(m *packetMemory, p ajp.Packet) []byte {
		var r ajp.Request
		if !m.waiting {
			if r.Decode(p.Payload) != nil || announced(&r) <= 0 {
				return packets(p)
			}
			m.held, m.waiting = p.Payload, true
			return nil
		}
		m.waiting = false
		r.Decode(m.held)
		data, err := ajp.ParseData(p.Payload)
		if err != nil {
			return append(r.Append(nil), packets(p)...)
		}
		on := f(&r, data)
		return append(r.Append(nil), on...)
	}
}

// straying is a container that gets a body's end that it has not asked for, after
// another packet than that.
func straying(f func(m *packetMemory) []byte) func(net.Conn) net.Conn {
	return packetFault{
		in: func(m *packetMemory, p ajp.Packet) []byte {
			data, err := ajp.ParseData(p.Payload)
			switch due := m.left > 0 || m.waiting; {
			case err == nil && due:
				m.left, m.waiting = m.left-len(data), false
				return packets(p)
			case len(p.Payload) == 0 && m.ended:
				return f(m)
			}
			m.ended = true
			return countBody(m, p)
		},
		out: answering(ajp.TypeGetBodyChunk, func(m *packetMemory, p ajp.Packet) []byte { m.waiting = true; return packets(p) }),
	}.wrap
}

// notRecycled keeps the last body that came to a server.
func notRecycled() func(net.Conn) net.Conn {
	var last sync.Map // by the server's address
	return func(nc net.Conn) net.Conn {
		server := nc.LocalAddr().String()
		return packetFault{in: withBody(func(r *ajp.Request, data []byte) []byte {
			odd := func(h ajp.Header) bool {
				return bytes.EqualFold(h.Name, []byte("transfer-encoding")) && string(h.Value) != "chunked"
			}
			if found, ok := last.Load(server); ok && slices.ContainsFunc(r.Headers, odd) {
				data = found.([]byte)
				setLength(r, strconv.Itoa(len(data)))
			} else {
				last.Store(server, bytes.Clone(data))
			}
			return ajp.AppendData(nil, data)
		})}.wrap(nc)
	}
}

// waitingRequests are those of a server whose body has not come, by connection.
type waitingRequests struct {
	sync.Mutex
	of map[net.Conn]waitingRequest
}

type waitingRequest struct {
	since time.Time
	query []byte
}

// oldest is one of another connection that has waited for a while.
func (w *waitingRequests) oldest(but net.Conn) (query []byte) {
	var since time.Time
	for nc, r := range w.of {
		if nc != but && time.Since(r.since) > crossedFrom && (query == nil || r.since.Before(since)) {
			query, since = r.query, r.since
		}
	}
	return query
}

// crossed keeps the query of a request whose body is due where all connections
// find it.
func crossed() func(net.Conn) net.Conn {
	var servers sync.Map // by address
	of := func(nc net.Conn) *waitingRequests {
		found, _ := servers.LoadOrStore(nc.LocalAddr().String(), &waitingRequests{of: map[net.Conn]waitingRequest{}})
		return found.(*waitingRequests)
	}
	fault := packetFault{in: func(m *packetMemory, p ajp.Packet) []byte {
		waiting := of(m.nc)
		waiting.Lock()
		defer waiting.Unlock()
		var r ajp.Request
		if r.Decode(p.Payload) != nil {
			delete(waiting.of, m.nc) // its body
			return packets(p)
		}
		if announced(&r) > 0 && queryOf(&r) != nil {
			waiting.of[m.nc] = waitingRequest{time.Now(), queryOf(&r)}
			return packets(p)
		}
		if query := waiting.oldest(m.nc); query != nil {
			setQuery(&r, string(query))
			return r.Append(nil)
		}
		return packets(p)
	}}
	return func(nc net.Conn) net.Conn {
		c := fault.faulty(nc)
		c.closed = func() error {
			waiting := of(nc)
			waiting.Lock()
			defer waiting.Unlock()
			delete(waiting.of, nc)
			return nc.Close()
		}
		return c
	}
}

// crossedFrom is how long a body is due before its request is taken for another's:
// one that comes with its request is not.
const crossedFrom = 10 * time.Millisecond

func queryOf(r *ajp.Request) []byte {
	for _, a := range r.Attributes {
		if a.Code == ajp.AttrQueryString {
			return bytes.Clone(a.Value)
		}
	}
	return nil
}

func setQuery(r *ajp.Request, query string) {
	r.Attributes = slices.DeleteFunc(r.Attributes, func(a ajp.Attribute) bool { return a.Code == ajp.AttrQueryString })
	r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrQueryString, Value: []byte(query)})
}
