package ajp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/headers/unknown-code", Level: suite.Must, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-20"},
			Title: "a header code of no table is refused",
			Rule:  "A code that the table lacks names no header; a header that can't be read may be one that the answer depends on.",
			Run: func(t *suite.T) {
				control(t, get(t, "", coded("accept", "x")), "")
				for _, code := range []uint16{0xA000, 0xA00F, 0xA0FF} {
					c := dial(t)
					c.Send(forward(get(t, "", ajp.Header{Code: code, Value: []byte("x")})))
					refused(t, c.answer(), "a request with an unknown header code is refused", fmt.Sprintf("header code %04X", code))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/foreign-code", Level: suite.May, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-21"},
			Title: "what comes of a header code beyond A0FF",
			Rule:  "Only a first byte of A0 makes a code: A100 would be the length of a name of 41216 bytes, more than a packet of 8 KiB has. What comes of it is noted.",
			Run: func(t *suite.T) {
				for _, code := range []uint16{0xA100, 0xA101} {
					r := forward(get(t, "", ajp.Header{Code: 0xA0FF, Value: []byte("x")}))
					binary.BigEndian.PutUint16(r[bytes.Index(r, []byte{0xA0, 0xFF}):], code)
					c := dial(t)
					c.Send(r)
					t.Note("header code %04X: %s", code, c.soon().fate())
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/count", Level: suite.Should, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-26", "AJP-FR-27"},
			Title: "a wrong number of headers is refused",
			Rule:  "num_headers says how many headers there are: with another number headers are read as attributes, or attributes as headers.",
			Run: func(t *suite.T) {
				// Its name's length is the code of an attribute, whose string would have no
				// end in the packet: who reads over unknown attributes comes to it, too.
				r := get(t, "", literal("x-fcgikit", "value"))
				r.ServerName = []byte("fcgikit.example")
				control(t, r, "")
				for _, n := range []uint16{1, 50} {
					c := dial(t)
					c.Send(withCount(r, n))
					refused(t, c.answer(), "a request with a wrong number of headers is refused", fmt.Sprintf("one with 2 headers and num_headers %d", n))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/many", Level: suite.May, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-28"},
			Title: "how many headers are taken",
			Rule:  "A container may set a limit. What comes of 101 headers is noted.",
			Run: func(t *suite.T) {
				var more []ajp.Header
				for i := range 100 {
					more = append(more, literal(fmt.Sprintf("x-fcgikit-%d", i), "x"))
				}
				c := dial(t)
				c.Send(forward(get(t, "", more...)))
				t.Note("101 headers: %s", c.soon().fate())
			},
		},
		suite.Case{
			ID: "ajp/headers/control-bytes", Level: suite.Should, Section: "RFC 9110 5.5", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-5.5", Rows: []string{"AJP-FR-29"},
			Title: "a value with a line break is refused", Needs: needsProbe,
			Rule: "No value of a header has a line break or a NUL: such a request is refused, or they become spaces.",
			Run: func(t *suite.T) {
				const check = "a value with a line break or a NUL is refused, or made harmless"
				control(t, get(t, "", literal("x-fcgikit", "value")), "")
				for _, value := range []string{"a\r\nX-Other: b", "a\nb", "a\rb", "a\x00b"} {
					c := dial(t)
					c.Send(forward(get(t, "", literal("x-fcgikit", value))))
					p, err := noHang(t, c.answer(), check, fmt.Sprintf("%q", value)).probe()
					if got := p.Params["HTTP_X_FCGIKIT"]; err == nil && strings.ContainsAny(got, "\r\n\x00") {
						t.Fail("%s\nthe application got %q", check, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/odd-names", Level: suite.Should, Section: "RFC 9110 5.1", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-5.1", Rows: []string{"AJP-FR-29"},
			Title: "a name that is none is refused", Needs: needsProbe,
			Rule: "A header's name is a token: one that is empty, or has a blank, a colon or a line break, is refused or left out.",
			Run: func(t *suite.T) {
				const check = "a header whose name is none is refused, or left out"
				control(t, get(t, "", literal("x-fcgikit", "value")), "")
				for _, name := range []string{"", "x fcgikit", "x-fcgikit:", "x-fcgikit\r\nx-other"} {
					c := dial(t)
					c.Send(forward(get(t, "", literal(name, "value"))))
					p, err := noHang(t, c.answer(), check, fmt.Sprintf("%q", name)).probe()
					if got, ok := p.Params[variable(name)]; err == nil && ok {
						t.Fail("%s\nof %q the application got %q=%q", check, name, variable(name), got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/host", Level: suite.May, Section: "RFC 9112 3.2", Link: "https://www.rfc-editor.org/rfc/rfc9112#section-3.2", Rows: []string{"AJP-FR-31"},
			Title: "what comes of a missing, a double and a bad Host",
			Rule:  "A request of HTTP/1.1 has one Host, and else the answer is 400: a web server sees to that mostly. What the container does is noted.",
			Run: func(t *suite.T) {
				for _, hosts := range [][]string{{}, {"fcgikit.example", "other.example"}, {"a b"}} {
					r := get(t, "")
					r.Headers = nil
					for _, host := range hosts {
						r.Headers = append(r.Headers, coded("host", host))
					}
					c := dial(t)
					c.Send(forward(r))
					t.Note("with Host %q: %s", hosts, c.soon().fate())
					c.Close()
				}
			},
		},
	)
}

// withCount is a Forward Request whose num_headers says n. Its server_name stands
// in no other place.
func withCount(r *ajp.Request, n uint16) []byte {
	const portAndSSL = 2 + 1 // stand between that name and the number
	b := forward(r)
	name := ajp.AppendString(nil, r.ServerName)
	binary.BigEndian.PutUint16(b[bytes.Index(b, name)+len(name)+portAndSSL:], n)
	return b
}
