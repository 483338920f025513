package ajp

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// someHeaders are one, and not Host, beside which server_name and server_port
// need not count.
func someHeaders() []ajp.Header { return []ajp.Header{coded("accept", "*/*")} }

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/forward-request/minimal", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-1", "AJP-FR-25"},
			Title: "a request without headers is answered",
			Rule:  "num_headers may be 0, and every attribute is optional.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Protocol, r.Headers = []byte("HTTP/1.0"), nil
				c := dial(t)
				c.Send(forward(r))
				likePlain(t, c.answer(), "a request without headers is answered like a plain one")
			},
		},
		suite.Case{
			ID: "ajp/forward-request/fields", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-7", "AJP-FR-14", "AJP-FR-16"},
			Title: "the request's fields arrive", Needs: needsProbe,
			Rule: "protocol, remote_addr and server_name are those of the client's request.",
			Run: func(t *suite.T) {
				for _, protocol := range []string{"HTTP/1.0", "HTTP/1.1"} {
					const check = "each field of a Forward Request arrives"
					r := get(t, "")
					r.Protocol, r.RemoteAddr = []byte(protocol), []byte("10.1.2.3")
					want := [][2]string{{"SERVER_PROTOCOL", protocol}, {"REMOTE_ADDR", "10.1.2.3"}}
					if protocol == "HTTP/1.0" { // HTTP/1.1 has to have Host, which may count before server_name
						r.Headers, r.ServerName = someHeaders(), []byte("fcgikit.example")
						want = append(want, [2]string{"SERVER_NAME", "fcgikit.example"})
					}
					c := dial(t)
					c.Send(forward(r))
					p := served(t, c.answer(), check)
					for _, want := range want {
						if got := p.Params[want[0]]; got != want[1] {
							t.Fail("%s\nexpected %s=%s, the application got %q", check, want[0], want[1], got)
						}
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/server-port", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-16"},
			Title: "server_port arrives", Needs: needsProbe,
			Rule: "server_port is the port that the client's request came to, of two bytes without a sign.",
			Run: func(t *suite.T) {
				for _, port := range []uint16{1, 8443, 65535} {
					const check = "server_port arrives"
					r := get(t, "")
					r.Protocol, r.Headers, r.ServerPort = []byte("HTTP/1.0"), someHeaders(), port
					c := dial(t)
					c.Send(forward(r))
					if got := served(t, c.answer(), check).Params["SERVER_PORT"]; got != fmt.Sprint(port) {
						t.Fail("%s\nof %d the application got %q", check, port, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/port-beside-host", Level: suite.May, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-16"},
			Title: "which port counts where Host has none", Needs: needsProbe,
			Rule: "Whether server_port counts where there is a header Host without a port is noted.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.ServerPort = 8443
				c := dial(t)
				c.Send(forward(r))
				p := served(t, c.answer(), "a request to port 8443 is served")
				t.Note("with server_port 8443 and a Host without a port SERVER_PORT=%q", p.Params["SERVER_PORT"])
			},
		},
		suite.Case{
			ID: "ajp/forward-request/remote-host", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-15"},
			Title: "remote_host is the client's", Needs: needsProbe,
			Rule: "remote_host is the client's name. A container may show its address in place of it, or nothing, but no other name.",
			Run: func(t *suite.T) {
				const check = "remote_host is the client's"
				r := get(t, "")
				r.RemoteAddr, r.RemoteHost = []byte("10.1.2.3"), []byte("client.example")
				c := dial(t)
				c.Send(forward(r))
				switch got := served(t, c.answer(), check).Params["REMOTE_HOST"]; got {
				case "client.example":
				case "", "10.1.2.3":
					t.Note("REMOTE_HOST=%q", got)
				default:
					t.Fail("%s\nof client.example at 10.1.2.3 the application got REMOTE_HOST=%q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/is-ssl", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-17"},
			Title: "is_ssl says that the client came by HTTPS", Needs: needsProbe,
			Rule: "is_ssl is 1 for a request over TLS and 0 for another.",
			Run: func(t *suite.T) {
				for ssl, want := range []string{"", "on"} {
					r := get(t, "")
					r.IsSSL = byte(ssl)
					c := dial(t)
					c.Send(forward(r))
					got := served(t, c.answer(), "a request over TLS is served").Params["HTTPS"]
					if got == "off" {
						got = ""
					}
					if got != want {
						t.Fail("is_ssl is what makes a request HTTPS\nwith is_ssl %d the application got HTTPS=%q", ssl, got)
					}
					c.Close()
				}
				r := get(t, "")
				r.IsSSL = 2
				c := dial(t)
				c.Send(forward(r))
				if p, err := c.soon().probe(); err == nil {
					t.Note("with is_ssl 2, which is no boolean, HTTPS=%q", p.Params["HTTPS"])
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/null-string", Level: suite.Must, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-15"},
			Title: "remote_host may be the null string", Needs: needsProbe,
			Rule: "The length FFFF is that of the null string: no bytes follow it, and no NUL.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Protocol, r.Headers, r.RemoteHost, r.ServerName = []byte("HTTP/1.0"), someHeaders(), nil, []byte("fcgikit.example")
				c := dial(t)
				c.Send(forward(r))
				const check = "the fields after a null string arrive"
				if got := served(t, c.answer(), check).Params["SERVER_NAME"]; got != "fcgikit.example" {
					t.Fail("%s\nexpected SERVER_NAME=fcgikit.example, the application got %q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/long-string", Was: []string{"ajp/robustness/long-string"}, Level: suite.Must, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-42"},
			Title: "a string that is longer than its packet is refused", Hurts: true,
			Rule: "A string has as many bytes as its length says, within its packet. Where that ends before, there is no such string.",
			Run: func(t *suite.T) {
				r := get(t, "fcgikit=last", literal("x-fcgikit", "value"))
				control(t, r, "")
				for _, s := range []string{"HTTP/1.1", "x-fcgikit", "value", "fcgikit=last"} {
					c := dial(t)
					c.Send(withLength(r, s, 0x7FFF))
					refused(t, c.answer(), "a string that is longer than its packet is refused", fmt.Sprintf("%q with the length 7FFF", s))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/string-end", Level: suite.May, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-41"},
			Title: "what comes of a string that does not end with a NUL", Needs: needsProbe,
			Rule: "A NUL follows each string, which its length does not count. What becomes of another byte in its place is noted.",
			Run: func(t *suite.T) {
				whole := forward(get(t, "", literal("x-fcgikit", "value")))
				whole[bytes.Index(whole, []byte("value\x00"))+len("value")] = 'x'
				c := dial(t)
				c.Send(whole)
				a := c.answer()
				if p, err := a.probe(); err == nil {
					t.Note("the byte is passed over: the application got %q", p.Params["HTTP_X_FCGIKIT"])
				} else {
					t.Note("%s", a.fate())
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/odd-protocol", Level: suite.Robustness, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-7"},
			Title: "a protocol that is none does no harm", Hurts: true,
			Rule: "protocol is a string like any other: it may be the null string, and need not be HTTP's.",
			Run: func(t *suite.T) {
				for _, protocol := range [][]byte{nil, {}, []byte("\xFF\x00/\r\n"), bytes.Repeat([]byte("9"), 1000)} {
					r := get(t, "")
					r.Protocol = protocol
					c := dial(t)
					c.Send(forward(r))
					what := quoted(protocol)
					a := noHang(t, c.soon(), "a request with an odd protocol is answered or refused", what)
					t.Note("%s: %s", what, a.fate())
					c.Close()
				}
			},
		},
	)
}

// quoted is a string of a request's, or the beginning of a long one.
func quoted(s []byte) string {
	if s == nil {
		return "(the null string)"
	}
	return fmt.Sprintf("%.20q", s)
}

// withLength is a Forward Request in which this string's length says n.
func withLength(r *ajp.Request, s string, n uint16) []byte {
	b := forward(r)
	binary.BigEndian.PutUint16(b[bytes.Index(b, ajp.AppendString(nil, []byte(s))):], n)
	return b
}
