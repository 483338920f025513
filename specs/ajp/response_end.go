package ajp

import (
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
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
			ID: "ajp/response/no-reuse", Level: suite.Should, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-9"},
			Title: "with reuse 0 the container closes",
			Rule:  "If reuse is 0, the connection is closed.",
			Run: func(t *suite.T) {
				if discarded(t).UntilClose(3*time.Second) == suite.Nothing {
					t.Fail("the container closes the connection after an End Response with reuse 0\n3 s after it the connection was open")
				}
			},
		},
		suite.Case{
			ID: "ajp/response/after-no-reuse", Level: suite.Must, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-9", "AJP-R-19"},
			Title: "after reuse 0 no further request is served",
			Rule:  "With reuse 0 a connection has carried its last request, whether it is closed or not: what comes after a malformed one may be the rest of it.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				c := discarded(t)
				c.Send(forward(get(t, "")))
				if a := c.soon(); a.ok() {
					t.Fail("no request is served after an End Response with reuse 0\n%s", a.fate())
				}
			},
		},
		suite.Case{
			ID: "ajp/response/connection-close", Level: suite.May, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-17"},
			Title: "a request with the header connection: close",
			Rule:  "The header is between the client and the web server: the container may end its own connection by it, or read it over.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "", coded("connection", "close"))))
				if a := c.answer(); len(a.end) > 1 {
					t.Note("with connection: close the reuse of End Response is %d", a.end[1])
				}
			},
		},
		suite.Case{
			ID: "ajp/response/idle", Level: suite.May, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-18"},
			Title: "a connection that carries nothing for 2 seconds", Slow: true,
			Rule: "A kept connection waits for its next request for as long as the container likes; web servers keep them for minutes.",
			Run: func(t *suite.T) {
				keeps(t)
				c := dial(t)
				c.Send(forward(get(t, "")))
				c.answer()
				if end, more := c.More(2 * time.Second); more || end != suite.Nothing {
					t.Note("a connection is not kept for 2 s: %s", end)
					return
				}
				c.Send(forward(get(t, "")))
				t.Note("the request after 2 s of nothing: %s", c.soon().fate())
			},
		},
		suite.Case{
			ID: "ajp/response/pipelined", Level: suite.May, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-RSP-19"},
			Title: "a request that does not wait for the answer to the one before", Needs: needsProbe,
			Rule: "A connection carries one request at a time. What follows at once may be served in its turn, be taken for a body that the application reads, or be refused.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "fcgikit=first")), forward(get(t, "fcgikit=second")))
				t.Note("the first: %s", c.soon().fate())
				t.Note("the second: %s", c.soon().fate())
			},
		},
	)
}

// malformed are headers that make a Forward Request one that can't be served.
func malformed() []ajp.Header {
	return []ajp.Header{{Code: 0xA0FF, Value: []byte("x")}, coded("content-length", "abc")}
}

// discarded is a connection after an End Response with reuse 0.
func discarded(t *suite.T) *conn {
	for _, bad := range malformed() {
		c := dial(t)
		c.Send(forward(get(t, "", bad)))
		if a := c.answer(); len(a.end) == 2 && a.end[1] == 0 {
			return c
		}
		c.Close()
	}
	t.Untested("no malformed request was answered with reuse 0")
	return nil
}
