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
			ID: "ajp/body/whole", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-1", "AJP-BODY-2", "AJP-BODY-20"},
			Title: "a body arrives whole", Needs: needsProbe, Cut: true,
			Rule: "The first packet of a body follows the request unasked; the container asks for each further one until it has content-length bytes.",
			Run: func(t *suite.T) {
				for _, n := range []int{1, 5, 8186, 8187, 20000, 70000} {
					body := strings.Repeat("b", n)
					c := dial(t)
					c.upload(post(t, "", n), body)
					bodyArrived(t, served(t, c.answer(), "a body of any size arrives"), body, "a body of any size arrives")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/short-pieces", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-3", "AJP-R-22"},
			Title: "a packet may hold less than was asked for", Needs: needsProbe,
			Rule: "requested_length is the most that the web server may send: less is not the body's end.",
			Run: func(t *suite.T) {
				body := strings.Repeat("piecemeal ", 20)
				c := dial(t)
				c.most = 10
				c.upload(post(t, "", len(body)), body)
				const check = "a body in packets of 10 bytes arrives"
				bodyArrived(t, served(t, c.answer(), check), body, check)
			},
		},
		suite.Case{
			ID: "ajp/body/get-body-chunk", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-2"},
			Title: "the container asks once for each packet", Needs: needsProbe,
			Rule: "A Get Body Chunk asks for one packet of the body, and the container waits for that one.",
			Run: func(t *suite.T) {
				body := strings.Repeat("b", 20000)
				c := dial(t)
				c.upload(post(t, "", len(body)), body)
				for len(c.body) > 0 {
					p, ok := c.packet(answerLimit)
					if !ok && c.ended == suite.Nothing {
						t.Hang("the rest of a body is asked for\nwith %d bytes left %s", len(c.body), c.ended)
					}
					if code, _ := p.PrefixCode(); code != ajp.TypeGetBodyChunk {
						t.Fail("the rest of a body is asked for\nwith %d bytes left expected Get Body Chunk, got %v", len(c.body), code)
					}
					if p, more := c.packet(200 * time.Millisecond); more {
						code, _ := p.PrefixCode()
						t.Fail("the container waits for the packet that it asked for\nbefore it came, %v", code)
					}
					asked, _ := ajp.ParseGetBodyChunk(p.Payload)
					c.Send(c.data(int(asked)))
				}
			},
		},
		suite.Case{
			ID: "ajp/body/requested-length", Level: suite.Should, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-3"},
			Title: "the container asks for what a packet can hold", Needs: needsProbe,
			Rule: "A packet holds up to 8186 bytes of a body: a Get Body Chunk asks for some, and for no more than that.",
			Run: func(t *suite.T) {
				body := strings.Repeat("b", 20000)
				c := dial(t)
				c.upload(post(t, "", len(body)), body)
				for _, p := range c.answer().of(ajp.TypeGetBodyChunk) {
					if n, err := ajp.ParseGetBodyChunk(p.Payload); err != nil || n == 0 || int(n) > ajp.MaxDataLen(0) {
						t.Fail("requested_length is from 1 to 8186\ngot % x", p.Payload)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/body/unknown-length", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: "https://github.com/undertow-io/undertow/pull/488", Rows: []string{"AJP-BODY-4"},
			Title: "a body of unknown length is asked for", Needs: needsProbe,
			Rule: "A chunked request has no content-length and no unasked packet: the container asks for its body until an empty packet comes.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.body, c.most = []byte("hello"), 3
				c.Send(forward(post(t, "", -1)))
				const check = "a body without a length arrives"
				bodyArrived(t, served(t, c.answer(), check), "hello", check)
			},
		},
		suite.Case{
			ID: "ajp/body/end", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-5", "AJP-BODY-6"},
			Title: "both forms of the body's end are taken", Needs: needsProbe,
			Rule: "The body's end is a packet without a payload; that of Apache's httpd has a size of 0.",
			Run: func(t *suite.T) {
				for _, end := range [][]byte{ajp.AppendEndOfBody(nil), ajp.AppendData(nil, nil)} {
					c := dial(t)
					c.body, c.end = []byte("hello"), end
					c.Send(forward(post(t, "", -1)))
					a := c.answer()
					if len(a.of(ajp.TypeGetBodyChunk)) < 2 {
						t.Untested("the container does not ask for a body without a length to its end")
					}
					check := fmt.Sprintf("a body that ends with % x arrives", end)
					bodyArrived(t, served(t, a, check), "hello", check)
					c.Close()
				}
			},
		},
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
				bodyArrived(t, served(t, c.answer(), check), "", check)
				if got := served(t, c.answer(), check).Params["QUERY_STRING"]; got != "fcgikit=second" {
					t.Fail("%s\nof the second the application got QUERY_STRING=%q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/body/unread", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-BODY-10", "AJP-R-5"},
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
					p, ok := c.packet(2 * time.Second)
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
			ID: "ajp/body/cut-short", Level: suite.Should, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-7", "AJP-BODY-8"},
			Title: "a body that ends early is an error", Needs: needsProbe,
			Rule: "A body that ends before content-length bytes came is cut short: the client has gone, and the application must not take it for whole.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.upload(post(t, "", 20000), strings.Repeat("b", 9000))
				const check = "a body of 9000 of 20000 bytes is not served as a whole one"
				a := c.answer()
				p, err := a.probe()
				switch {
				case a.ok() && err == nil:
					t.Fail("%s\nit was, with %d: the application got %d bytes and no error", check, a.head.Status, p.Body.Length)
				case a.ok(): // the application's error, whose status is another case's affair
					t.Note("%d %.60q", a.head.Status, a.body)
				case a.end == nil && a.ended == suite.Nothing:
					t.Hang("%s\n%s", check, a.why())
				}
			},
		},
		suite.Case{
			ID: "ajp/body/bad-length", Level: suite.Must, Section: "RFC 9110 8.6", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-8.6", Rows: []string{"AJP-BODY-15", "AJP-BODY-16"},
			Title: "a content-length that is none is refused", Needs: needsProbe,
			Rule: "content-length is digits alone, and there is one: else nobody knows where the body ends.",
			Run: func(t *suite.T) {
				control(t, post(t, "", 5), "hello")
				for _, values := range [][]string{{"-1"}, {"abc"}, {"+5"}, {"9223372036854775808"}, {"5", "6"}} {
					r := post(t, "", 0)
					r.Headers = r.Headers[:1]
					for _, value := range values {
						r.Headers = append(r.Headers, coded("content-length", value))
					}
					c := dial(t)
					c.upload(r, "hello")
					refused(t, c.answer(), "a request whose content-length is none is refused", fmt.Sprintf("content-length %s", strings.Join(values, " and ")))
					c.Close()
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
					if a := c.answer(); a.head != nil && a.head.Status == 299 {
						t.Fail("a Forward Request in a body's place is not served\nits answer came: %d", a.head.Status)
					} else if a.end == nil {
						return
					}
				}
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
