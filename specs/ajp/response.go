package ajp

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/response/order", Level: suite.Must, Section: "AJPv13 Response Packet Structure", Link: link, Rows: []string{"AJP-RSP-1"},
			Title: "an answer's packets come in order",
			Rule:  "An answer is one Send Headers, any number of Send Body Chunks, and one End Response; Get Body Chunk may come between them.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "size=20000")))
				var order []string
				for _, p := range completed(t, c.answer(), "an answer ends with End Response").packets {
					if code, _ := p.PrefixCode(); code != ajp.TypeGetBodyChunk {
						order = append(order, code.String())
					}
				}
				for i, code := range order {
					if (code == ajp.TypeSendHeaders.String()) != (i == 0) || i > 0 && i < len(order)-1 && code != ajp.TypeSendBodyChunk.String() {
						t.Fail("an answer is Send Headers, Send Body Chunks, End Response\ngot %s", strings.Join(order, ", "))
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/response/send-headers", Level: suite.Must, Section: "AJPv13 Send Headers", Link: link, Rows: []string{"AJP-RSP-2", "AJP-RSP-3"},
			Title: "Send Headers is well-formed", Needs: needsProbe,
			Rule: "Send Headers has the status, the message, num_headers and as many headers, whose codes are those of the table; each string ends with a NUL.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "status=404&header=X-Fcgikit:yes")))
				const check = "Send Headers holds what the application answered"
				found := completed(t, c.answer(), check).of(ajp.TypeSendHeaders)
				if len(found) == 0 {
					t.Fail("%s\nnone came", check)
				}
				var h ajp.ResponseHeaders
				if err := h.Decode(found[0].Payload); err != nil {
					t.Fail("Send Headers is well-formed\n%v", err)
				} else if len(h.Trailing) > 0 || h.Unterminated.Count > 0 {
					t.Fail("Send Headers is well-formed\n%d bytes follow its last header, %d strings have no NUL", len(h.Trailing), h.Unterminated.Count)
				}
				told := ""
				for _, header := range h.Headers {
					if header.Code != 0 && header.Name == nil {
						t.Fail("Send Headers is well-formed\nheader code %04X is in no table", header.Code)
					}
					if strings.EqualFold(string(header.Name), "X-Fcgikit") {
						told = string(header.Value)
					}
				}
				if h.Status != http.StatusNotFound || told != "yes" {
					t.Fail("%s\nexpected status 404 and X-Fcgikit: yes, got %d and %q", check, h.Status, told)
				}
			},
		},
		suite.Case{
			ID: "ajp/response/send-body-chunk", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-4"},
			Title: "a Send Body Chunk ends with a NUL",
			Rule:  "chunk_length is that of the bytes, after which comes a NUL: the grammar lacks it, and Apache's httpd answers 500 without it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "size=20000")))
				chunks := c.answer().of(ajp.TypeSendBodyChunk)
				if len(chunks) == 0 {
					t.Untested("the answer had no body")
				}
				for _, p := range chunks {
					chunk, rest, err := ajp.ParseSendBodyChunk(p.Payload)
					if err != nil || string(rest) != "\x00" {
						t.Fail("a Send Body Chunk holds its bytes and a NUL\nafter %d bytes came % x (%v)", len(chunk), rest[:min(len(rest), 16)], err)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/response/large", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: "https://github.com/eclipse-ee4j/glassfish-grizzly/pull/2132", Rows: []string{"AJP-RSP-6"},
			Title: "a large answer comes whole", Needs: needsProbe,
			Rule: "A body goes out in as many Send Body Chunks as it takes.",
			Run: func(t *suite.T) {
				const n = 300000
				c := dial(t)
				c.Send(forward(get(t, fmt.Sprintf("size=%d", n))))
				const check = "an answer of 300000 bytes comes whole"
				a := completed(t, c.answer(), check)
				for i, b := range a.body {
					if b != 'a'+byte(i%26) {
						t.Fail("%s\nbyte %d is %q", check, i, b)
					}
				}
				if len(a.body) != n {
					t.Fail("%s\ngot %d", check, len(a.body))
				}
			},
		},
		suite.Case{
			ID: "ajp/response/no-body", Level: suite.Must, Section: "RFC 9110 6.4.1", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1", Rows: []string{"AJP-RSP-7"},
			Title: "an answer to HEAD, 204 and 304 have no body", Needs: needsProbe,
			Rule: "The container leaves the body out where HTTP has none: the web server passes on what comes.",
			Run: func(t *suite.T) {
				head := get(t, "size=100")
				head.Method = methodHEAD
				for i, r := range []*ajp.Request{head, get(t, "status=204"), get(t, "status=304")} {
					c := dial(t)
					c.Send(forward(r))
					const check = "an answer that has no body comes without one"
					if a := completed(t, c.answer(), check); len(a.body) > 0 {
						t.Fail("%s\nof %s there are %d bytes", check, []string{"HEAD", "204", "304"}[i], len(a.body))
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/response/reuse", Level: suite.Must, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-8"},
			Title: "with reuse 1 the connection serves the next request",
			Rule:  "If reuse is not 0, the connection takes another request.",
			Run: func(t *suite.T) {
				c := dial(t)
				for i := range 3 {
					c.Send(forward(get(t, "")))
					a := c.answer()
					if a.end == nil && i == 0 {
						t.Untested("the first request did not come to its End Response")
					} else if a.end == nil {
						t.Fail("a connection with reuse 1 serves the next request\nrequest %d on it got no End Response: %s", i+1, a.why())
					} else if len(a.end) > 1 && a.end[1] == 0 {
						t.NA("End Response of request %d has reuse 0", i+1)
					} else if !a.reusable() {
						t.Untested("End Response says nothing of reuse: % x", a.end)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/response/end-response", Level: suite.Must, Section: "AJPv13 End Response", Link: "https://github.com/undertow-io/undertow/pull/26", Rows: []string{"AJP-PKT-1"},
			Title: "End Response has its two bytes",
			Rule:  "The payload of End Response is 05 and reuse, which is 0 or 1.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "")))
				a := completed(t, c.answer(), "a request ends with End Response")
				if len(a.end) != 2 || a.end[1] > 1 {
					t.Fail("the payload of End Response is 05 and reuse, 0 or 1\ngot % x", a.end)
				}
			},
		},
		suite.Case{
			ID: "ajp/response/no-reuse", Level: suite.Should, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-9", "AJP-R-19"},
			Title: "with reuse 0 the container closes",
			Rule:  "If reuse is 0, the connection is closed.",
			Run: func(t *suite.T) {
				for _, bad := range []ajp.Header{{Code: 0xA0FF, Value: []byte("x")}, coded("content-length", "abc")} {
					c := dial(t)
					c.Send(forward(get(t, "", bad)))
					if a := c.answer(); len(a.end) == 2 && a.end[1] == 0 {
						if c.untilClose(3*time.Second) == suite.Nothing {
							t.Fail("the container closes the connection after an End Response with reuse 0\n3 s after it the connection was open")
						}
						return
					}
					c.Close()
				}
				t.Untested("no malformed request was answered with reuse 0")
			},
		},
		suite.Case{
			ID: "ajp/response/errors-told", Level: suite.Should, Section: "AJPv13 Send Headers", Link: "https://nvd.nist.gov/vuln/detail/CVE-2009-0033", Rows: []string{"AJP-RSP-11", "AJP-R-4"},
			Title: "a malformed request is answered with an error",
			Rule:  "A request that can't be served is answered with a status: a web server that finds the connection closed takes the container for dead.",
			Run: func(t *suite.T) {
				for _, bad := range []ajp.Header{{Code: 0xA0FF, Value: []byte("x")}, coded("content-length", "abc")} {
					c := dial(t)
					c.Send(forward(get(t, "", bad)))
					a := c.answer()
					if a.ok() {
						t.Untested("a malformed request was served")
					} else if a.head == nil || a.end == nil {
						t.Fail("a malformed request is answered with an error\nwith %04X: %q %s", bad.Code, bad.Value, a.why())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/response/exception", Level: suite.Must, Section: "RFC 9110 15.6", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-15.6", Rows: []string{"AJP-RSP-12"},
			Title: "an application that fails is answered for", Needs: suite.Needs{Probe: true, Can: []string{"throw"}},
			Rule: "Where the application fails before its answer, the container answers 500 and ends the request.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "throw=early")))
				const check = "an application that fails is answered with a status from 500 on"
				if a := completed(t, c.answer(), check); a.head == nil || a.head.Status < http.StatusInternalServerError {
					t.Fail("%s\ngot %s", check, a.status())
				}
			},
		},
	)
}

func (a answer) status() string {
	if a.head == nil {
		return "no Send Headers"
	}
	return fmt.Sprint(a.head.Status)
}
