package ajp

import (
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/body/unread", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-BODY-10"},
			Title: "a body that is not read is passed over", Needs: needsProbe,
			Rule: "The first packet of a body comes whether the application reads it or not, and is no message.",
			Run: func(t *suite.T) {
				keeps(t)
				for _, n := range []int{5, 20000} {
					c := dial(t)
					c.upload(post(t, "read=no", n), strings.Repeat("b", n))
					const check = "the request after a body that was not read is served"
					if a := c.answer(); !a.ok() || !a.reusable() {
						t.Untested("the connection does not go on after a body of %d bytes that was not read: %s", n, a.why())
					}
					c.body = nil
					c.Send(forward(get(t, "fcgikit=second")))
					if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=second" {
						t.Fail("%s\nafter one of %d bytes the application got QUERY_STRING=%q", check, n, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/never-a-request", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: "https://nvd.nist.gov/vuln/detail/CVE-2011-3190", Rows: []string{"AJP-BODY-11", "AJP-R-2"},
			Title: "a body that is not read is no request", Needs: needsProbe,
			Rule: "What the client sends as a body never becomes a message of the web server's, whatever it looks like.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(post(t, "read=no", disguisedLen)), disguised(t), ajp.AppendCPing(nil))
				answers, good := 0, false
				for {
					p, ok := c.packet(suite.SilentLimit)
					code, _ := p.PrefixCode()
					if code == ajp.TypeSendHeaders {
						good = sendHeaders(p.Payload).Status < 400
					} else if code == ajp.TypeEndResponse && good {
						answers++
					}
					if !ok || code == ajp.TypeCPong {
						break
					}
				}
				if answers == 0 {
					t.Untested("the request around the body was not served")
				} else if answers > 1 {
					t.Fail("a body that looks like a Forward Request is not served\nthere were %d answers to one request", answers)
				}
			},
		},
		suite.Case{
			ID: "ajp/body/request-in-its-place", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-BODY-19"},
			Title: "a request where a body is due is not served", Needs: needsProbe,
			Rule: "The packet after a request with a content-length is of its body, whatever it holds.",
			Run: func(t *suite.T) {
				control(t, post(t, "", 10), "0123456789")
				c := dial(t)
				c.Send(forward(post(t, "", 10)), forward(get(t, "status=299")))
				for range 2 {
					if a := c.soon(); a.head != nil && a.head.Status == 299 {
						t.Fail("a Forward Request in a body's place is not served\nits answer came: %d", a.head.Status)
					} else if a.end == nil || !a.reusable() {
						return
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/body/stray-end", Level: suite.Should, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-22"},
			Title: "an empty packet after a request is passed over", Needs: needsProbe,
			Rule: "lighttpd ends each request with an empty packet, which is a body's end that nobody asked for, and no message.",
			Run: func(t *suite.T) {
				keeps(t)
				c := dial(t)
				c.Send(forward(get(t, "read=no")))
				if a := c.answer(); !a.reusable() {
					t.Untested("the connection takes no second request: %s", a.why())
				}
				c.Send(ajp.AppendEndOfBody(nil), forward(get(t, "fcgikit=second")))
				const check = "the request after an empty packet is served"
				if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=second" {
					t.Fail("%s\nthe application got QUERY_STRING=%q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/body/waited-for", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: "https://nvd.nist.gov/vuln/detail/CVE-2008-5519", Rows: []string{"AJP-R-5"},
			Title: "a request that waits for its body is not another client's", Needs: suite.Needs{Probe: true, Concurrent: true},
			Rule: "A body that does not come keeps its own request waiting: what another client asks meanwhile, or after the first has gone, is answered to that one.",
			Run: func(t *suite.T) {
				first := dial(t)
				first.body = []byte("hello")
				first.Send(forward(post(t, "fcgikit=first", 5)))
				const check = "a client is answered what it asked"
				time.Sleep(20 * time.Millisecond) // until the request is read
				second := dial(t)
				second.Send(forward(get(t, "fcgikit=second")))
				if got := served(t, second.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=second" {
					t.Fail("%s\nwhile another one's body was due, fcgikit=second was answered as %q", check, got)
				}
				first.Send(first.data(5))
				p := served(t, first.answer(), check)
				if got := p.Params["QUERY_STRING"]; got != "fcgikit=first" {
					t.Fail("%s\nwhen its body came, fcgikit=first was answered as %q", check, got)
				}
				probeapp.BodyArrived(t, p, "hello", check)
			},
		},
	)
}

// disguisedLen is 0202 in hexadecimal: the size of a body whose packet begins as
// a Forward Request does, with prefix code 2 and method 2.
const disguisedLen = 0x0202

// disguised is that packet.
func disguised(t *suite.T) []byte {
	r := get(t, "", literal("x-fcgikit", ""))
	pad := ajp.HeaderLen + 2 + disguisedLen - len(forward(r))
	r.Headers[len(r.Headers)-1].Value = []byte(strings.Repeat("x", max(pad, 0)))
	return forward(r)
}
