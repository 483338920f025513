package ajp

import (
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// withLengths is a POST request with these values of content-length.
func withLengths(t *suite.T, values ...string) *ajp.Request {
	r := post(t, "", 0)
	r.Headers = r.Headers[:1]
	for _, value := range values {
		r.Headers = append(r.Headers, coded("content-length", value))
	}
	return r
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/body/length-0", Level: suite.Must, Section: "AJPv13 Headers", Link: "https://nvd.nist.gov/vuln/detail/CVE-2014-0095", Rows: []string{"AJP-BODY-9", "AJP-R-3"},
			Title: "with content-length 0 no packet follows", Needs: needsProbe,
			Rule: "The container looks for a packet of the body only where content-length is not 0.",
			Run: func(t *suite.T) {
				keeps(t)
				c := dial(t)
				next := get(t, "fcgikit=second")
				c.Send(append(forward(post(t, "", 0)), forward(next)...))
				const check = "a request with content-length 0 and the next one are served"
				probeapp.BodyArrived(t, served(t, c.answer(), check), "", check)
				if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=second" {
					t.Fail("%s\nof the second the application got QUERY_STRING=%q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/body/bad-length", Level: suite.Must, Section: "RFC 9110 8.6", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-8.6", Rows: []string{"AJP-BODY-16"},
			Title: "a content-length that is none is refused", Needs: needsProbe, Budget: 25 * time.Second,
			Rule: "content-length is digits alone: else nobody knows where the body ends.",
			Run: func(t *suite.T) {
				controlBody(t)
				for _, value := range []string{"-1", "abc", "+5", "9223372036854775808"} {
					c := dial(t)
					if value == "-1" { // no packet goes unasked
						c.Send(forward(withLengths(t, value)))
					} else {
						c.upload(withLengths(t, value), "hello")
					}
					notServed(t, c.answer(), "a request whose content-length is none is refused", "content-length "+value)
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/two-lengths", Level: suite.Must, Section: "RFC 9110 8.6", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-8.6", Rows: []string{"AJP-BODY-15"},
			Title: "a request with two content-lengths is refused", Needs: needsProbe,
			Rule: "Two values of content-length that differ leave the body's end open, and who is let choose can be made to see two requests in one. The same value twice may be taken.",
			Run: func(t *suite.T) {
				controlBody(t)
				for _, values := range [][]string{{"5", "6"}, {"6", "5"}} {
					c := dial(t)
					c.upload(withLengths(t, values...), "hello")
					notServed(t, c.answer(), "a request with two values of content-length is refused", "content-length "+strings.Join(values, " and "))
					c.Close()
				}
				c := dial(t)
				c.upload(withLengths(t, "5", "5"), "hello")
				t.Note("of a request with content-length 5 twice: %s", c.soon().fate())
			},
		},
		suite.Case{
			ID: "ajp/body/length-and-coding", Level: suite.Must, Section: "RFC 9112 6.3", Link: "https://www.rfc-editor.org/rfc/rfc9112#section-6.3", Rows: []string{"AJP-BODY-17"},
			Title: "a body is what its packets hold, whatever the headers say", Needs: needsProbe,
			Rule: "The web server has taken the transfer coding off: with both content-length and transfer-encoding the body is still that of the packets.",
			Run: func(t *suite.T) {
				controlBody(t)
				for _, coding := range []string{"chunked", "x, chunked", "identity"} {
					body := "2\r\nok\r\n0\r\n\r\n" + coding // as chunks it would be ok
					c := dial(t)
					c.upload(post(t, "", len(body), literal("transfer-encoding", coding)), body)
					a := c.answer()
					const check = "a body with content-length and transfer-encoding arrives as it is, or is refused"
					if a.head != nil && !a.ok() || a.head == nil && a.ended != suite.Nothing {
						t.Note("with transfer-encoding %s: %s", coding, a.fate())
						continue
					}
					probeapp.BodyArrived(t, served(t, a, check), body, check)
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/beyond-length", Level: suite.Should, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-BODY-14"},
			Title: "what is more than content-length is not of the body", Needs: needsProbe,
			Rule: "A body has content-length bytes: a packet with more brings no further one to the application.",
			Run: func(t *suite.T) {
				controlBody(t)
				c := dial(t)
				c.upload(post(t, "", 3), "hello")
				a := c.answer()
				const check = "of 5 bytes with content-length 3 the application gets 3, or the request is refused"
				if p, err := a.probe(); err == nil && p.Body.Length > 3 {
					t.Fail("%s\nit got %d", check, p.Body.Length)
				} else if err != nil && a.end == nil && a.ended == suite.Nothing {
					t.Hang("%s\n%s", check, a.why())
				}
				t.Note("%s", a.fate())
			},
		},
		suite.Case{
			ID: "ajp/body/size-beyond-packet", Level: suite.Should, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-BODY-12"},
			Title: "a body's packet that says it holds more than it does is refused", Needs: needsProbe,
			Rule: "The size in a packet of the body is that of the bytes behind it. Who takes more has read what another client sent.",
			Run: func(t *suite.T) {
				controlBody(t)
				c := dial(t)
				c.Send(forward(post(t, "", 5)), message(append([]byte{0x07, 0xD0}, "hello"...)...))
				notServed(t, c.answer(), "a packet whose size is beyond its end is refused", "a packet of 5 bytes with the size 2000")
			},
		},
		suite.Case{
			ID: "ajp/body/size-within-packet", Level: suite.May, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-BODY-13"},
			Title: "a body's packet that holds more than it says", Needs: needsProbe,
			Rule: "The size in a packet of the body is that of the bytes behind it: what comes beyond may be passed over, or the packet refused.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(post(t, "", 5)), message(append([]byte{0, 2}, "hello"...)...))
				a := c.soon()
				if p, err := a.probe(); err == nil {
					t.Note("of a packet of 5 bytes with the size 2 the application got %d", p.Body.Length)
					return
				}
				t.Note("with a packet of 5 bytes and the size 2: %s", a.fate())
			},
		},
		suite.Case{
			ID: "ajp/body/large-packet", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-BODY-18"},
			Title: "a body's packet that is too large is refused, or taken whole", Needs: needsProbe,
			Rule: "A packet has up to 8 KiB, or what both sides were configured for: of a larger one no part goes for the whole.",
			Run: func(t *suite.T) {
				controlBody(t)
				body := strings.Repeat("b", min(packetSize(t)+1000, ajp.MaxDataLen(ajp.NoPacketLimit)))
				c := dial(t)
				c.Send(forward(post(t, "", len(body))), ajp.AppendData(nil, []byte(body)))
				a := c.answer()
				const check = "a body in a packet that is too large is refused, or arrives whole"
				if p, err := a.probe(); err == nil {
					probeapp.BodyArrived(t, p, body, check)
				} else if a.end == nil && a.ended == suite.Nothing {
					t.Hang("%s\n%s", check, a.why())
				}
				t.Note("%s", a.fate())
			},
		},
	)
}
