package ajp

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// followed is a request with these attributes and one more, a query, that shows
// whether the container read on.
func followed(t *suite.T, some ...ajp.Attribute) *ajp.Request {
	r := get(t, "")
	r.Attributes = append(append(r.Attributes, some...), attribute(ajp.AttrQueryString, "fcgikit=last"))
	return r
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/attributes/query-string", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-32"},
			Title: "query_string arrives as it is", Needs: needsProbe,
			Rule: "query_string is what follows the question mark, undecoded; without the attribute there is none.",
			Run: func(t *suite.T) {
				for _, query := range []string{"", "fcgikit=%20b&c+d&=&%c3%a4"} {
					c := dial(t)
					c.Send(forward(get(t, query)))
					const check = "query_string arrives undecoded"
					if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != query {
						t.Fail("%s\nof %q the application got %q", check, query, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/optional", Level: suite.Must, Section: "AJPv13 Attributes", Link: link,
			Rows:  []string{"AJP-FR-33", "AJP-FR-34", "AJP-FR-36"},
			Title: "every attribute of the table is taken", Needs: needsProbe,
			Rule: "Attributes are optional and come in any order: one that the container has no use for is read over.",
			Run: func(t *suite.T) {
				for _, a := range ofTheTable() {
					what := strings.TrimSpace(ajp.AttributeName(a.Code) + " " + string(a.Name))
					c := dial(t)
					c.Send(forward(followed(t, a)))
					p := served(t, c.answer(), "a request with any attribute of the table is served")
					if got := p.Params["QUERY_STRING"]; got != "fcgikit=last" {
						t.Fail("the attribute after any of the table arrives\nafter %s the application got QUERY_STRING=%q", what, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/together", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-34"},
			Title: "many attributes come together", Needs: needsProbe,
			Rule: "A request may have every attribute of the table, and several of the kind that has a name.",
			Run: func(t *suite.T) {
				const check = "the attribute after all others of the table arrives"
				c := dial(t)
				c.Send(forward(followed(t, ofTheTable()...)))
				if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=last" {
					t.Fail("%s\nthe application got QUERY_STRING=%q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/ssl-key-size", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-35"},
			Title: "ssl_key_size is an integer", Needs: needsProbe,
			Rule: "The value of ssl_key_size is two bytes and no string, as every web server sends it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(followed(t, ajp.Attribute{Code: ajp.AttrSSLKeySize, KeySize: 256})))
				const check = "the attribute after ssl_key_size arrives"
				if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=last" {
					t.Fail("%s\nthe application got QUERY_STRING=%q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/terminator", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-39", "AJP-FR-43"},
			Title: "a Forward Request that breaks off is refused",
			Rule:  "FF ends the attributes and the request: a packet that ends before it holds no whole request.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				whole := forward(get(t, ""))[ajp.HeaderLen:]
				for _, n := range []int{len(whole) - 1, 20} {
					c := dial(t)
					c.Send(message(whole[:n]...))
					refused(t, c.answer(), "a Forward Request without its terminator is refused", fmt.Sprintf("one of %d bytes, cut to %d,", len(whole), n))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/unknown-code", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-38"},
			Title: "an attribute of no table keeps nobody waiting",
			Rule:  "A code that the table lacks is refused, or read over as a string: the packet has come whole, and there is nothing to wait for.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, code := range []byte{0x0E, 0x20} {
					const check = "a request with an unknown attribute is answered or refused"
					c := dial(t)
					c.Send(forward(followed(t, attribute(code, "x"))))
					a := noHang(t, c.answer(), check, fmt.Sprintf("attribute %02X", code))
					t.Note("attribute %02X: %s", code, a.fate())
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/unknown-name", Level: suite.May, Section: "AJPv13 Attributes", Link: "https://nvd.nist.gov/vuln/detail/CVE-2020-1938", Rows: []string{"AJP-FR-37"},
			Title: "what comes of an attribute with a name of its own", Needs: needsProbe,
			Rule: "A web server passes variables on as attributes with names, such as Java's containers have for themselves. Whether the application gets any is noted.",
			Run: func(t *suite.T) {
				for _, name := range []string{"FCGIKIT_NAME", "javax.servlet.include.request_uri", "jakarta.servlet.include.request_uri"} {
					c := dial(t)
					c.Send(forward(followed(t, named(name, "/fcgikit"))))
					a := c.soon()
					if p, err := a.probe(); err == nil {
						t.Note("%s: the application gets %q", name, p.Params[name])
					} else {
						t.Note("%s: %s", name, a.fate())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/attributes/bytes-after-the-end", Level: suite.May, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-40"},
			Title: "what comes of bytes after the request's end",
			Rule:  "FF ends the request, and the packet with it. What comes of bytes between the two ends is noted.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(message(append(forward(get(t, ""))[ajp.HeaderLen:], "fcgikit"...)...))
				a := c.soon()
				t.Note("%s", a.fate())
				if a.reusable() {
					c.Send(forward(get(t, "")))
					t.Note("the next request: %s", c.soon().fate())
				}
			},
		},
	)
}

// ofTheTable are attributes that a container may have no use for: all but those
// that are cases of their own, and ssl_cert, which some container may well read.
func ofTheTable() []ajp.Attribute {
	return []ajp.Attribute{
		attribute(ajp.AttrContext, "/"), attribute(ajp.AttrServletPath, "/fcgikit"),
		attribute(ajp.AttrRemoteUser, "fcgikit"), attribute(ajp.AttrAuthType, "Basic"), attribute(ajp.AttrRoute, "node1"),
		attribute(ajp.AttrSSLCipher, "TLS_AES_128_GCM_SHA256"), attribute(ajp.AttrSSLSession, "0123abcd"),
		named(ajp.RemotePort, "4711"), named(ajp.LocalAddr, "127.0.0.1"), named(ajp.SSLProtocol, "TLSv1.3"), named(ajp.LBActivation, "ACT"),
	}
}
