package reference

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
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
		Fault{"ajp/high-bytes-lost", "bytes from 128 on become question marks", "https://github.com/undertow-io/undertow/pull/275", packetFault{
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
		Fault{"ajp/empty-value-closes", "a header with an empty value ends the connection", "an empty string that is taken for the end of the input", packetFault{
			in: closingAt(func(r *ajp.Request) bool {
				return slices.ContainsFunc(r.Headers, func(h ajp.Header) bool { return h.Value != nil && len(h.Value) == 0 })
			}),
		}.wrap},
		Fault{"ajp/control-bytes-kept", "a header's value with a line break or a NUL is passed on", "Tomcat 10.1.60, flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				for i, h := range r.Headers {
					if bytes.ContainsAny(h.Value, lineBreaks) {
						unchecked(r, "HTTP_X_FCGIKIT", h.Value)
						r.Headers[i].Value = nil
					}
				}
			}),
		}.wrap},
		Fault{"ajp/odd-names-kept", "a header whose name is no token is passed on", "Tomcat 10.1.60, flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				for i, h := range r.Headers {
					if h.Name != nil && !isToken(string(h.Name)) {
						unchecked(r, "HTTP_"+strings.ToUpper(strings.ReplaceAll(string(h.Name), "-", "_")), h.Value)
						r.Headers[i].Name = []byte("x-odd")
					}
				}
			}),
		}.wrap},
	)
}
