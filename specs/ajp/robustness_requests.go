package ajp

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/robustness/null-strings", Level: suite.Robustness, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-R-11"},
			Title: "the null string anywhere does no harm", Hurts: true, Budget: 30 * time.Second,
			Rule: "The length FFFF is that of the null string. Where something has to be there the request is refused.",
			Run: func(t *suite.T) {
				for _, null := range []struct {
					what string
					in   func(r *ajp.Request)
				}{
					{"protocol", func(r *ajp.Request) { r.Protocol = nil }},
					{"req_uri", func(r *ajp.Request) { r.ReqURI = nil }},
					{"remote_addr", func(r *ajp.Request) { r.RemoteAddr = nil }},
					{"server_name", func(r *ajp.Request) { r.ServerName = nil }},
					{"the name of a header", func(r *ajp.Request) { r.Headers = append(r.Headers, ajp.Header{Value: []byte("x")}) }},
					{"the name of a req_attribute", func(r *ajp.Request) {
						r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrReqAttribute, Value: []byte("x")})
					}},
					{"the value of a req_attribute", func(r *ajp.Request) {
						r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrReqAttribute, Name: []byte(ajp.RemotePort)})
					}},
					{"query_string", func(r *ajp.Request) { r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrQueryString}) }},
					{"everything", func(r *ajp.Request) {
						r.Protocol, r.ReqURI, r.RemoteAddr, r.RemoteHost, r.ServerName = nil, nil, nil, nil, nil
					}},
				} {
					r := get(t, "")
					null.in(r)
					answeredOrRefused(t, r, "a request with a null string is answered or refused", null.what)
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/many-headers", Level: suite.Robustness, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-R-16"},
			Title: "a request that is all headers does no harm", Hurts: true, Budget: 20 * time.Second,
			Rule: "num_headers is a promise of the client's: of 65535 a packet holds no more than some thousand, each of a byte.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				r := get(t, "")
				for len(forward(r))+8 < ajp.DefaultPacketSize {
					r.Headers = append(r.Headers, literal("x", ""))
				}
				answeredOrRefused(t, r, "a request with a thousand headers is answered or refused", fmt.Sprint(len(r.Headers)))
				c := dial(t)
				c.Send(promising(r, 0xFFFF))
				noHang(t, c.answer(), "a request that promises more headers than it has is answered or refused", "one that promises 65535")
			},
		},
		suite.Case{
			ID: "ajp/robustness/extreme-numbers", Level: suite.Robustness, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-R-23"},
			Title: "numbers at their limits do no harm", Hurts: true, Budget: 20 * time.Second,
			Rule: "An integer has two bytes, and each of its values may come.",
			Run: func(t *suite.T) {
				for _, port := range []uint16{0, 0x8000, 0xFFFF} {
					r := get(t, "")
					r.ServerPort = port
					answeredOrRefused(t, r, "a request with any server_port is answered or refused", fmt.Sprint(port))
				}
				for _, size := range []uint16{0, 0x8000, 0xFFFF} {
					r := get(t, "")
					r.IsSSL = 0xFF
					r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrSSLKeySize, KeySize: size})
					answeredOrRefused(t, r, "a request with any ssl_key_size is answered or refused", fmt.Sprint(size))
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/broken-certificate", Level: suite.Robustness, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-R-14"},
			Title: "a client's certificate that is none does no harm", Hurts: true, Budget: 20 * time.Second,
			Rule: "ssl_cert holds what the web server got of the client, and is read by who needs it.",
			Run: func(t *suite.T) {
				for _, cert := range []string{
					"", "no certificate", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
					"-----BEGIN CERTIFICATE-----\n" + strings.Repeat("A", 6000),
				} {
					r := get(t, "")
					r.IsSSL = 1
					r.Attributes = append(r.Attributes, attribute(ajp.AttrSSLCert, cert))
					answeredOrRefused(t, r, "a request with a broken ssl_cert is answered or refused", fmt.Sprintf("%.40q", cert))
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/odd-query", Level: suite.Should, Section: "AJPv13 Attributes", Link: "https://nvd.nist.gov/vuln/detail/CVE-2020-27782", Rows: []string{"AJP-R-8"},
			Title: "a query with bytes that no URI has is answered", Hurts: true, Budget: 20 * time.Second,
			Rule: "The web server passes on what its client sent: a container that does not like a query answers 400, and a connection that it closes is taken for its end.",
			Run: func(t *suite.T) {
				control(t, get(t, "fcgikit=plain"), "")
				for _, query := range []string{"a=<b>", "a=\"{|}\"", "a=^`\\", "a=\x80\xff", "a= b", "%", "a=%zz", "\x01"} {
					c := dial(t)
					c.Send(forward(get(t, query)))
					a := noHang(t, c.answer(), "a query of any bytes is answered", query)
					if a.head == nil {
						t.Fail("a query of any bytes is answered\nof %q: %s", query, a.why())
					}
					c.Close()
				}
			},
		},
	)
}

// answeredOrRefused ends the case as a hang where a request was left without
// either.
func answeredOrRefused(t *suite.T, r *ajp.Request, check, what string) {
	c := dial(t)
	c.Send(forward(r))
	a := noHang(t, c.answer(), check, what)
	t.Note("%s: %s", what, a.fate())
	c.Close()
}

// promising is a Forward Request with another num_headers, which stands before
// the first header.
func promising(r *ajp.Request, n uint16) []byte {
	without := *r
	without.Headers, without.Attributes = nil, nil
	at := len(forward(&without)) - 1 - 2
	packet := forward(r)
	packet[at], packet[at+1] = byte(n>>8), byte(n)
	return packet
}
