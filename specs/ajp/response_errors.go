package ajp

import (
	"net/http"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/response/errors-told", Level: suite.Should, Section: "AJPv13 Send Headers", Link: "https://nvd.nist.gov/vuln/detail/CVE-2009-0033", Rows: []string{"AJP-RSP-11", "AJP-R-4"},
			Title: "a malformed request is answered with an error",
			Rule:  "A request that can't be served is answered with a status: a web server that finds the connection closed takes the container for dead.",
			Run: func(t *suite.T) {
				for _, bad := range malformed() {
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
			ID: "ajp/response/error-once", Level: suite.Must, Section: "AJPv13 End Response", Link: "https://nvd.nist.gov/vuln/detail/CVE-2022-1319", Rows: []string{"AJP-RSP-10"},
			Title: "an error is told once",
			Rule:  "An error's End Response is the last of its answer, and its reuse means what it says: a web server that goes on with the connection must not find a second answer there.",
			Run: func(t *suite.T) {
				told := false
				for _, bad := range malformed() {
					c := dial(t)
					c.Send(forward(get(t, "", bad)))
					a := c.answer()
					if a.ok() || len(a.end) < 2 {
						continue
					}
					told = true
					const check = "after the error that a malformed request is answered with comes nothing more of it"
					if p, more := c.packet(quietLimit); more {
						code, _ := p.PrefixCode()
						c.about(p)
						t.Fail("%s\n%v came", check, code)
					}
					if a.reusable() && c.ended != suite.Nothing {
						t.Fail("%s\nEnd Response has reuse 1, and %s", check, c.ended)
					}
					c.Close()
				}
				if !told {
					t.Untested("no malformed request is answered with an error")
				}
			},
		},
		suite.Case{
			ID: "ajp/response/error-reuse", Level: suite.Should, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-10"},
			Title: "a connection on which packets are out of step is not used again", Needs: needsProbe,
			Rule: "Where a packet of a body was due and another came, nobody knows what the next one is: reuse is 0, or the connection is closed.",
			Run: func(t *suite.T) {
				control(t, post(t, "", 10), "0123456789")
				c := dial(t)
				c.Send(forward(post(t, "", 10)), forward(get(t, "")))
				a := c.answer()
				if a.ok() {
					t.Untested("a Forward Request in a body's place makes no error: %s", a.fate())
				}
				if a.reusable() && c.UntilClose(suite.SilentLimit) == suite.Nothing {
					t.Fail("after a Forward Request in a body's place reuse is 0, or the connection is closed\n%s, with reuse 1, and the connection stayed open", a.fate())
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
		suite.Case{
			ID: "ajp/response/exception-late", Level: suite.Must, Section: "AJPv13 End Response", Link: link, Rows: []string{"AJP-RSP-12"},
			Title: "an application that fails within its answer keeps nobody waiting", Needs: suite.Needs{Probe: true, Can: []string{"throw"}},
			Rule: "What was sent can't be taken back, but the answer is ended, or the connection closed.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "throw=late&size=5000&chunk=1000")))
				a := c.answer()
				const check = "an answer that breaks off is ended, or its connection is"
				if a.end == nil && a.ended == suite.Nothing {
					t.Hang("%s\n%s", check, a.why())
				} else if len(a.packets) == 0 {
					t.Fail("%s\nnothing of it came: %s", check, a.why())
				}
				t.Note("%s, with %d bytes; %s", a.fate(), len(a.body), a.why())
			},
		},
	)
}
