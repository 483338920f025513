package reference

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
		Fault{"ajp/crash-on-short-header", "a connection that ends within a header kills the process", "assert(n == 4) in a release build", crashAtEnd(func(got []byte) bool { return len(got) > 0 && len(got) < ajp.HeaderLen })},
		Fault{"ajp/crash-on-half-request", "a connection that ends within a request kills the process", "a handler that is called with no request", crashAtEnd(func(got []byte) bool { return len(got) > ajp.HeaderLen && unfinished(got) == 1 })},
		Fault{"ajp/crash-on-half-body", "a connection that ends within a body kills the process", "https://github.com/javaee/grizzly/issues/1284", crashAtEnd(func(got []byte) bool { return unfinished(got) > 1 })},
		Fault{"ajp/crash-on-empty-packet", "a packet without a payload kills the process", "payload[0] without a look at the length", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if len(p.Payload) == 0 && !m.ended {
					os.Exit(crashStatus)
				}
				m.ended = true // what follows a request may be its body's end
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/crash-on-long-string", "a string that is longer than its packet kills the process", "a length that is trusted", crashAtPacket(func(p ajp.Packet) bool {
			if len(p.Payload) < 4 || !isCode(p, ajp.TypeForwardRequest) {
				return false
			}
			n := int(binary.BigEndian.Uint16(p.Payload[2:]))
			return n > len(p.Payload) && n <= ajp.MaxStringLen
		})},
		Fault{"ajp/crash-on-large-packet", "a packet of more than 8 KiB kills the process", "a buffer of 8 KiB; Undertow closes connections, CVE-2023-5379", crashAtPacket(func(p ajp.Packet) bool { return ajp.HeaderLen+len(p.Payload) > ajp.DefaultPacketSize })},
		Fault{"ajp/crash-on-shutdown", "Shutdown stops the container", "Tomcat 3 and 4", crashAtPacket(func(p ajp.Packet) bool { return bytes.Equal(p.Payload, []byte{byte(ajp.TypeShutdown)}) })},
		Fault{"ajp/crash-on-extension", "a command of the extensions kills the process", "a table of handlers with holes", crashAtPacket(func(p ajp.Packet) bool {
			return len(p.Payload) == 1 && 0x11 <= p.Payload[0] && p.Payload[0] <= 0x1E
		})},
		Fault{"ajp/crash-on-null-name", "a req_attribute whose name is the null string kills the process", "a name that is looked up without a look at it", crashAtRequest(func(r *ajp.Request) bool {
			return slices.ContainsFunc(r.Attributes, func(a ajp.Attribute) bool { return a.Code == ajp.AttrReqAttribute && a.Name == nil })
		})},
		Fault{"ajp/crash-on-num-headers", "a num_headers of more than 32767 kills the process", "a short of C that is an array's size", crashAtPacket(func(p ajp.Packet) bool { return promised(p) > 0x7FFF })},
		Fault{"ajp/crash-on-key-size", "an ssl_key_size of more than 32767 kills the process", "a short of C that is an array's size", crashAtRequest(func(r *ajp.Request) bool {
			return slices.ContainsFunc(r.Attributes, func(a ajp.Attribute) bool { return a.KeySize > 0x7FFF })
		})},
		Fault{"ajp/crash-on-certificate", "an ssl_cert that has a beginning and no end kills the process", "a search for the end that can't fail", crashAtRequest(func(r *ajp.Request) bool {
			return slices.ContainsFunc(r.Attributes, func(a ajp.Attribute) bool {
				return a.Code == ajp.AttrSSLCert && bytes.HasPrefix(a.Value, []byte("-----BEGIN")) && !bytes.Contains(a.Value, []byte("-----END"))
			})
		})},
		Fault{"ajp/crash-on-tls", "a client that speaks TLS kills the process", "https://github.com/eclipse-ee4j/glassfish/issues/19648", crashAt(func(got []byte) bool { return bytes.HasPrefix(got, []byte{0x16, 0x03}) })},
		Fault{"ajp/odd-query-closes", "a query with bytes that no URI has ends the connection", "Undertow, https://nvd.nist.gov/vuln/detail/CVE-2020-27782", packetFault{
			in: closingAt(func(r *ajp.Request) bool {
				return bytes.ContainsFunc(queryOf(r), func(c rune) bool { return c <= ' ' || c >= 0x7F || strings.ContainsRune("\"<>\\^`{|}", c) })
			}),
		}.wrap},
		Fault{"ajp/includes-obeyed", "a client's attributes choose the file that is served", "Tomcat, https://nvd.nist.gov/vuln/detail/CVE-2020-1938; Undertow, CVE-2020-1745", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				for _, a := range r.Attributes {
					if bytes.HasSuffix(a.Name, []byte(".servlet.include.path_info")) {
						setQuery(r, "status=404&size=0") // there is no such file
						return
					}
				}
			}),
		}.wrap},
		leakFault("ajp/headers-leak", "a connection that ends after a packet's header keeps its slot", "a thread that is not given back", 100,
			leaking{read: headerAlone(ajp.HeaderLen)}),
		lockFault("ajp/one-writes", "one connection at a time writes", "a lock that is held while a write waits", 0, true),
	)
}

// unfinished is which packet a connection ended in, after its header; 0 if in
// none.
func unfinished(got []byte) int {
	for i := 1; ; i++ {
		if len(got) < ajp.HeaderLen || ajp.Magic(binary.BigEndian.Uint16(got)) != ajp.ToContainer {
			return 0
		}
		n := ajp.HeaderLen + int(binary.BigEndian.Uint16(got[2:]))
		if len(got) < n {
			return i
		}
		got = got[n:]
	}
}

// crashAtRequest ends the process at a Forward Request.
func crashAtRequest(f func(r *ajp.Request) bool) func(net.Conn) net.Conn {
	return crashAtPacket(func(p ajp.Packet) bool {
		var r ajp.Request
		return r.Decode(p.Payload) == nil && f(&r)
	})
}

// promised is num_headers of a Forward Request, whether they follow or not; 0 of
// what is none.
func promised(p ajp.Packet) int {
	if !isCode(p, ajp.TypeForwardRequest) {
		return 0
	}
	rest := p.Payload[min(len(p.Payload), 2):]
	for range 5 { // the strings before it
		if len(rest) < 2 {
			return 0
		}
		n := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; n != 0xFFFF {
			rest = rest[min(len(rest), n+1):]
		}
	}
	if len(rest) < 5 { // server_port and is_ssl
		return 0
	}
	return int(binary.BigEndian.Uint16(rest[3:]))
}
