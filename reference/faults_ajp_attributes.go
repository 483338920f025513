package reference

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
		Fault{"ajp/query-decoded", "query_string is percent-decoded", "the path's decoding applied to both", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				for i, a := range r.Attributes {
					if decoded, err := url.PathUnescape(string(a.Value)); a.Code == ajp.AttrQueryString && err == nil {
						r.Attributes[i].Value = []byte(decoded)
					}
				}
			}),
		}.wrap},
		Fault{"ajp/servlet-path-closes", "the attribute servlet_path ends the connection", "Java containers, https://tomcat.apache.org/connectors-doc/ajp/ajpv13a.html", packetFault{
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
		Fault{"ajp/unknown-attribute-waits", "a request with an unknown attribute is not answered", "a decoder that asks for more where it can't go on", packetFault{
			in: func(_ *packetMemory, p ajp.Packet) []byte {
				var r ajp.Request
				err := r.Decode(p.Payload)
				if isCode(p, ajp.TypeForwardRequest) && err != nil && strings.Contains(err.Error(), "an attribute code") {
					return nil
				}
				return packets(p)
			},
		}.wrap},
	)
}
