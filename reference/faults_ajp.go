package reference

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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

// secretsSeen are the first secrets that servers were given, by address: the
// faults stand before the server and know no other.
var secretsSeen sync.Map

// rightSecret is the one that the server's first client had.
func rightSecret(m *packetMemory, r *ajp.Request) []byte {
	for _, a := range r.Attributes {
		if a.Code == ajp.AttrSecret {
			first, _ := secretsSeen.LoadOrStore(m.nc.LocalAddr().String(), bytes.Clone(a.Value))
			return first.([]byte)
		}
	}
	first, _ := secretsSeen.Load(m.nc.LocalAddr().String())
	right, _ := first.([]byte)
	return right
}

// admitting is a container that is content with less than its secret.
func admitting(enough func(given [][]byte, right []byte) bool) func(*packetMemory, ajp.Packet) []byte {
	return forwarding(func(m *packetMemory, r *ajp.Request) {
		right := rightSecret(m, r)
		var given [][]byte
		for _, a := range r.Attributes {
			if a.Code == ajp.AttrSecret {
				given = append(given, a.Value)
			}
		}
		if enough(given, right) {
			r.Attributes = slices.DeleteFunc(r.Attributes, func(a ajp.Attribute) bool { return a.Code == ajp.AttrSecret })
			r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrSecret, Value: right})
		}
	})
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
	go func() {
		c.SetReadDeadline(time.Now().Add(time.Minute))
		io.Copy(io.Discard, c.Conn)
		c.Conn.Close()
	}()
	return nil
}

// crashingAt ends the process at a packet of some kind.
func crashingAt(f func(p ajp.Packet) bool) func(net.Conn) net.Conn {
	return packetFault{in: func(_ *packetMemory, p ajp.Packet) []byte {
		if f(p) {
			os.Exit(crashStatus)
		}
		return packets(p)
	}}.wrap
}

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
		Fault{"ajp/cping-silent", "CPing is not answered", "containers from before CPing", packetFault{
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
		Fault{"ajp/methods-shifted", "the method codes from 15 on are one too high", "a table without ACL", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if 15 <= r.Method && r.Method < 27 {
					r.Method++
				}
			}),
		}.wrap},
		Fault{"ajp/method-unchecked", "an unknown method code is taken for GET", "a table's default", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if ajp.MethodName(r.Method) == "" && r.Method != ajp.StoredMethod {
					r.Method = 2
				}
			}),
		}.wrap},
		Fault{"ajp/stored-method-closes", "method code 255 ends the connection", "flup 1.0.3", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return r.Method == ajp.StoredMethod }),
		}.wrap},
		Fault{"ajp/stored-method-missing", "method code 255 is served without the attribute stored_method", "Tomcat 10.1.60, with a method that is null", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if r.Method == ajp.StoredMethod && !hasAttribute(r, ajp.AttrStoredMethod) {
					r.Method = 2
				}
			}),
		}.wrap},
		Fault{"ajp/uri-decoded", "req_uri is percent-decoded", "PATH_INFO's decoding applied to both", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if decoded, err := url.PathUnescape(string(r.ReqURI)); err == nil {
					r.ReqURI = []byte(decoded)
				}
			}),
		}.wrap},
		Fault{"ajp/port-signed", "server_port is read as a signed integer: 65535 is none", "a short of Java or C", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if r.ServerPort > 0x7FFF {
					r.ServerPort = 0
				}
			}),
		}.wrap},
		Fault{"ajp/is-ssl-ignored", "is_ssl is read over", "a container that looks at server_port alone", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) { r.IsSSL = 0 }),
		}.wrap},
		Fault{"ajp/null-string-too-long", "the null string is read as one of 65535 bytes", "containers that follow the text's letter", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return r.RemoteHost == nil }),
		}.wrap},
		Fault{"ajp/header-table-short", "the header codes from A00A on are one too high", "a table without cookie2", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				if h.Code < 0xA00A || h.Code > 0xA00E {
					return true
				}
				h.Code++
				return h.Code <= 0xA00E
			}),
		}.wrap},
		Fault{"ajp/literal-names-ignored", "a name of the table that comes as a string is left out", "two lists of headers, of which one is looked at", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				_, known := ajp.RequestHeaderCode(string(h.Name))
				return h.Code != 0 || !known
			}),
		}.wrap},
		Fault{"ajp/long-names-misread", "a name of 256 bytes and more is taken for a code", "Undertow", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				if h.Code == 0 && len(h.Name) > 0xFF {
					h.Code, h.Value = 0xA000|uint16(len(h.Name)&0xFF), h.Name
				}
				return true
			}),
		}.wrap},
		Fault{"ajp/last-header-wins", "of a header that comes twice the first value is lost", "flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				var kept []ajp.Header
				for i, h := range r.Headers {
					if !slices.ContainsFunc(r.Headers[i+1:], func(later ajp.Header) bool {
						return bytes.EqualFold(h.Name, later.Name) && !bytes.EqualFold(h.Name, []byte("content-length"))
					}) {
						kept = append(kept, h)
					}
				}
				r.Headers = kept
			}),
		}.wrap},
		Fault{"ajp/null-becomes-text", "a header's null value becomes the text null", "Tomcat 10.1.60", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				if h.Value == nil {
					h.Value = []byte("null")
				}
				return true
			}),
		}.wrap},
		Fault{"ajp/high-bytes-lost", "bytes from 128 on become question marks", "values decoded as ASCII", packetFault{
			in: eachHeader(func(h *ajp.Header) bool {
				for i, b := range h.Value {
					if b >= 0x80 {
						h.Value[i] = '?'
					}
				}
				return true
			}),
		}.wrap},
		Fault{"ajp/unknown-header-skipped", "a header of an unknown code is read over", "a table's default", packetFault{
			in: eachHeader(func(h *ajp.Header) bool { return h.Name != nil || h.Code == 0 }),
		}.wrap},
		Fault{"ajp/query-decoded", "query_string is percent-decoded", "the path's decoding applied to both", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				for i, a := range r.Attributes {
					if decoded, err := url.PathUnescape(string(a.Value)); a.Code == ajp.AttrQueryString && err == nil {
						r.Attributes[i].Value = []byte(decoded)
					}
				}
			}),
		}.wrap},
		Fault{"ajp/servlet-path-closes", "the attribute servlet_path ends the connection", "Java containers, as the specification tells", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return hasAttribute(r, ajp.AttrServletPath) }),
		}.wrap},
		Fault{"ajp/key-size-closes", "the attribute ssl_key_size ends the connection", "flup 1.0.3", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return hasAttribute(r, ajp.AttrSSLKeySize) }),
		}.wrap},
		Fault{"ajp/terminator-optional", "a Forward Request without its terminator is served", "a loop that ends where the packet does", packetFault{
			in: func(_ *packetMemory, p ajp.Packet) []byte {
				whole := ajp.Packet{Magic: p.Magic, Payload: append(bytes.Clone(p.Payload), ajp.RequestTerminator)}
				var r ajp.Request
				if r.Decode(p.Payload) != nil && r.Decode(whole.Payload) == nil {
					return packets(whole)
				}
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/body-first-packet-only", "a body is what its first packet holds", "containers that never ask", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if announced(r) > ajp.MaxDataLen(0) && !bytes.Contains(r.Append(nil), []byte("read=no")) {
					setLength(r, strconv.Itoa(ajp.MaxDataLen(0)))
				}
			}),
		}.wrap},
		Fault{"ajp/short-piece-ends-body", "a packet with less than a full one is taken for the body's last", "read() that is taken for read-fully", packetFault{in: shortEnds}.wrap},
		Fault{"ajp/asks-twice", "each Get Body Chunk is sent twice", "a request for more repeated while it is under way", packetFault{
			out: answering(ajp.TypeGetBodyChunk, func(_ *packetMemory, p ajp.Packet) []byte { return packets(p, p) }),
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
		Fault{"ajp/closes-despite-reuse", "the connection is closed after an End Response with reuse 1", "a flag that is set and not kept", packetFault{
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
		Fault{"ajp/secret-unchecked", "a request is served without the secret", "a comparison that only an attribute which came gets to", packetFault{
			in: admitting(func(given [][]byte, _ []byte) bool { return len(given) == 0 }),
		}.wrap},
		Fault{"ajp/secret-prefix", "a secret is compared as far as it goes", "strncmp with the length that came", packetFault{
			in: admitting(func(given [][]byte, right []byte) bool { return len(given) == 1 && bytes.HasPrefix(right, given[0]) }),
		}.wrap},
		Fault{"ajp/secret-one-of-two", "one right secret of several is enough", "a loop that ends at the first match", packetFault{
			in: admitting(func(given [][]byte, right []byte) bool {
				return slices.ContainsFunc(given, func(s []byte) bool { return bytes.Equal(s, right) })
			}),
		}.wrap},
		Fault{"ajp/secret-shown", "the application sees the secret", "containers that pass every attribute on", packetFault{
			in: forwarding(func(m *packetMemory, r *ajp.Request) {
				shown := *r
				shown.Attributes = append(slices.Clone(r.Attributes), ajp.Attribute{Code: ajp.AttrReqAttribute, Name: []byte("AJP_SECRET"), Value: rightSecret(m, r)})
				if shown.Check(0) == nil { // a full packet has no room for it
					*r = shown
				}
			}),
		}.wrap},
		Fault{"ajp/unasked-secret-closes", "a secret ends the connection where none is set", "flup 1.0.3", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return hasAttribute(r, ajp.AttrSecret) }),
		}.wrap},
		Fault{"ajp/crash-on-short-header", "a connection that ends within a header kills the process", "assert(n == 4) in a release build", func(nc net.Conn) net.Conn {
			return &crashing{Conn: nc, at: func(got []byte) bool { return len(got) > 0 && len(got) < ajp.HeaderLen }}
		}},
		Fault{"ajp/crash-on-half-request", "a connection that ends within a request kills the process", "a handler that is called with no request", func(nc net.Conn) net.Conn {
			return &crashing{Conn: nc, at: func(got []byte) bool { return unfinished(got) == 1 }}
		}},
		Fault{"ajp/crash-on-half-body", "a connection that ends within a body kills the process", "an end that is no case of the reader's", func(nc net.Conn) net.Conn {
			return &crashing{Conn: nc, at: func(got []byte) bool { return unfinished(got) > 1 }}
		}},
		Fault{"ajp/crash-on-empty-packet", "a packet without a payload kills the process", "payload[0] without a look at the length", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if len(p.Payload) == 0 && !m.ended {
					os.Exit(crashStatus)
				}
				m.ended = true // what follows a request may be its body's end
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/crash-on-long-string", "a string that is longer than its packet kills the process", "a length that is trusted", crashingAt(func(p ajp.Packet) bool {
			return len(p.Payload) > 3 && isCode(p, ajp.TypeForwardRequest) && int(binary.BigEndian.Uint16(p.Payload[2:])) > len(p.Payload)
		})},
		Fault{"ajp/crash-on-large-packet", "a packet of more than 8 KiB kills the process", "a buffer of 8 KiB; Undertow closes connections, CVE-2023-5379", crashingAt(func(p ajp.Packet) bool { return ajp.HeaderLen+len(p.Payload) > ajp.DefaultPacketSize })},
		Fault{"ajp/crash-on-shutdown", "Shutdown stops the container", "Tomcat 3 and 4", crashingAt(func(p ajp.Packet) bool { return bytes.Equal(p.Payload, []byte{byte(ajp.TypeShutdown)}) })},
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

// countBody notes what a Forward Request announces.
func countBody(m *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	if r.Decode(p.Payload) == nil {
		m.left = max(announced(&r), 0)
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

// bodySkipped holds a request with a body until its first packet has come, and
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

// unfinished is which packet a connection ended in, after its header; 0 if in
// none.
func unfinished(got []byte) int {
	for i := 1; ; i++ {
		if len(got) < ajp.HeaderLen {
			return 0
		}
		n := ajp.HeaderLen + int(binary.BigEndian.Uint16(got[2:]))
		if len(got) < n {
			return i
		}
		got = got[n:]
	}
}
