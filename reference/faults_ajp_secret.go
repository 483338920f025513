package reference

import (
	"bytes"
	"net/http"
	"slices"
	"sync"

	"github.com/fcgikit/fcgikit/client/ajp"
)

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

func init() {
	addFaults(
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
		Fault{"ajp/secret-before-cping", "a CPing before the first request with the secret ends the connection", "a check of each message but for the type that has no room for it", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				if !m.ended && isCode(p, ajp.TypeCPing) {
					m.nc.Close()
				}
				m.ended = m.ended || isCode(p, ajp.TypeForwardRequest)
				return packets(p)
			},
		}.wrap},
		Fault{"ajp/secret-refused-body-executed", "the body of a refused request is taken for a message", "Tomcat 10.1.60", packetFault{
			in: func(m *packetMemory, p ajp.Packet) []byte {
				var r ajp.Request
				if r.Decode(p.Payload) != nil || hasAttribute(&r, ajp.AttrSecret) || announced(&r) <= 0 {
					return packets(p)
				}
				h := ajp.ResponseHeaders{Status: http.StatusForbidden, Message: []byte("Forbidden")}
				m.nc.Write(ajp.AppendEndResponse(h.Append(nil), true))
				return nil
			},
		}.wrap},
	)
}
