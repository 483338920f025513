package ajp

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/forward-request/methods", Level: suite.Must, Section: "AJPv13 method", Link: link, Rows: []string{"AJP-FR-2"},
			Title: "a method's code is its name", Needs: needsProbe,
			Rule: "The codes 1 to 27 are the methods of the table, in its order.",
			Run: func(t *suite.T) {
				for code := byte(1); code <= 27; code++ {
					name := ajp.MethodName(code)
					if name == "HEAD" || name == "TRACE" {
						continue // no body says what came; no application answers
					}
					r := get(t, "")
					r.Method = code
					c := dial(t)
					c.Send(forward(r))
					p := served(t, c.answer(), "each method of the table arrives under its name")
					if got := p.Params["REQUEST_METHOD"]; strings.ReplaceAll(got, "_", "-") != name {
						t.Fail("each method of the table arrives under its name\ncode %d is %s, the application got %q", code, name, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/unknown-method", Level: suite.Must, Section: "AJPv13 method", Link: link, Rows: []string{"AJP-FR-3"},
			Title: "a method code of no table is refused",
			Rule:  "A code that the table lacks is no method.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, code := range []byte{0, 28, 200} {
					r := get(t, "")
					r.Method = code
					c := dial(t)
					c.Send(forward(r))
					refused(t, c.answer(), "a request with an unknown method code is refused", fmt.Sprintf("method code %d", code))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/stored-method", Level: suite.Should, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-4"},
			Title: "a method without a code comes as stored_method", Needs: needsProbe,
			Rule: "Method code 255 says that the name is in the attribute stored_method, as every web server sends PATCH.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Method = ajp.StoredMethod
				r.Attributes = append(r.Attributes, attribute(ajp.AttrStoredMethod, "PATCH"))
				c := dial(t)
				c.Send(forward(r))
				const check = "a request with the stored_method PATCH is served as PATCH"
				if got := served(t, c.answer(), check).Params["REQUEST_METHOD"]; got != "PATCH" {
					t.Fail("%s\nthe application got %q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/no-stored-method", Level: suite.Should, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-5"},
			Title: "a request without a method is refused",
			Rule:  "Method code 255 without the attribute stored_method names no method.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				r := get(t, "")
				r.Method = ajp.StoredMethod
				c := dial(t)
				c.Send(forward(r))
				refused(t, c.answer(), "a request without a method is refused", "method code 255 without stored_method")
			},
		},
		suite.Case{
			ID: "ajp/forward-request/uri", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-8"},
			Title: "req_uri arrives as it is", Needs: needsProbe,
			Rule: "req_uri is the path of the request line, undecoded and without the query.",
			Run: func(t *suite.T) {
				r := get(t, "fcgikit=1")
				r.ReqURI = []byte("/fcgikit/a%20b;v=1/%c3%a4")
				c := dial(t)
				c.Send(forward(r))
				const check = "req_uri arrives undecoded"
				if got := served(t, c.answer(), check).Params["REQUEST_URI"]; got != string(r.ReqURI) {
					t.Fail("%s\nof %q the application got %q", check, r.ReqURI, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/fields", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link,
			Rows:  []string{"AJP-FR-7", "AJP-FR-14", "AJP-FR-16"},
			Title: "the request's fields arrive", Needs: needsProbe,
			Rule: "protocol, remote_addr, server_name and server_port are those of the client's request.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Headers = nil // server_name and server_port count where there is no Host
				r.Protocol, r.RemoteAddr, r.ServerName, r.ServerPort = []byte("HTTP/1.0"), []byte("10.1.2.3"), []byte("fcgikit.example"), 65535
				c := dial(t)
				c.Send(forward(r))
				p := served(t, c.answer(), "a request without headers is served")
				for _, want := range [][2]string{
					{"SERVER_PROTOCOL", "HTTP/1.0"}, {"REMOTE_ADDR", "10.1.2.3"}, {"SERVER_NAME", "fcgikit.example"}, {"SERVER_PORT", "65535"},
				} {
					if got := p.Params[want[0]]; got != want[1] {
						t.Fail("each field of a Forward Request arrives\nexpected %s=%s, the application got %q", want[0], want[1], got)
					}
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
			},
		},
		suite.Case{
			ID: "ajp/forward-request/null-string", Level: suite.Must, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-15"},
			Title: "remote_host may be the null string", Needs: needsProbe,
			Rule: "The length FFFF is that of the null string: no bytes follow it, and no NUL.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Headers, r.RemoteHost, r.ServerName = nil, nil, []byte("fcgikit.example")
				c := dial(t)
				c.Send(forward(r))
				const check = "the fields after a null string arrive"
				if got := served(t, c.answer(), check).Params["SERVER_NAME"]; got != "fcgikit.example" {
					t.Fail("%s\nexpected SERVER_NAME=fcgikit.example, the application got %q", check, got)
				}
			},
		},
	)
}
