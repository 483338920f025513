package fcgi

import (
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.1/close", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-1"},
			Title: "without KEEP_CONN the application closes",
			Rule:  "If KEEP_CONN is clear, the application closes the connection after it has responded.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				if a := c.answer(1); a.end == nil {
					t.Untested("the request did not come to its END_REQUEST")
				}
				if end, _ := c.untilClose(3 * time.Second); end == suite.Nothing {
					t.Hang("the application closes the connection after END_REQUEST\n3 s after it the connection was open")
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/keep", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-2", "FCGI-3.3-28"},
			Title: "with KEEP_CONN the connection serves the next request",
			Rule:  "If KEEP_CONN is set, the application leaves the connection open, and the request id may be used again.",
			Run: func(t *suite.T) {
				c := dial(t)
				for i := range 3 {
					c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
					if a := c.answer(1); a.end == nil && i == 0 {
						t.Untested("the first request did not come to its END_REQUEST")
					} else if a.end == nil {
						t.Fail("a kept connection serves the next request\nrequest %d on it got no END_REQUEST: %s", i+1, a.why())
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/fresh-parameters", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-3"},
			Title: "the next request begins without the last one's parameters", Needs: needsProbe,
			Rule: "A request's parameters are those that were sent for it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "", "FCGIKIT_FIRST", "yes"))...)
				if a := c.answer(1); a.end == nil {
					t.Untested("the first request did not come to its END_REQUEST")
				}
				c.Send(request(1, 0, get(t, "", "FCGIKIT_SECOND", "yes"))...)
				p, err := c.answer(1).probe()
				if err != nil {
					t.Untested("the connection did not serve a second request: %v", err)
				}
				if _, ok := p.Params["FCGIKIT_FIRST"]; ok || p.Params["FCGIKIT_SECOND"] != "yes" {
					t.Fail("the second request has its own parameters alone\nFCGIKIT_FIRST there: %v, FCGIKIT_SECOND=%q", ok, p.Params["FCGIKIT_SECOND"])
				}
			},
		},
	)
}
