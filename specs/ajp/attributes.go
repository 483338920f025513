package ajp

import (
	"fmt"

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
				for _, a := range []ajp.Attribute{
					attribute(ajp.AttrContext, "/"), attribute(ajp.AttrServletPath, "/fcgikit"),
					attribute(ajp.AttrRemoteUser, "fcgikit"), attribute(ajp.AttrAuthType, "Basic"), attribute(ajp.AttrRoute, "node1"),
					attribute(ajp.AttrSSLCipher, "TLS_AES_128_GCM_SHA256"), attribute(ajp.AttrSSLSession, "0123abcd"),
					named(ajp.RemotePort, "4711"), named(ajp.LocalAddr, "127.0.0.1"), named(ajp.SSLProtocol, "TLSv1.3"), named(ajp.LBActivation, "ACT"),
				} {
					what := ajp.AttributeName(a.Code) + " " + string(a.Name)
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
	)
}
