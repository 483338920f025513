package fcgi

import (
	"bytes"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// reservedCase is that a record's reserved bytes, which are its last ones, are
// zero. The text does not say so, but what else is sent there is memory.
func reservedCase(id, section, row, name string, typ fcgi.Type, from int, records func(t *suite.T) [][]byte) suite.Case {
	return suite.Case{
		ID: id, Level: suite.Should, Section: "FastCGI " + section, Link: link(section), Rows: []string{row},
		Title: "the reserved bytes of " + name + " are zero",
		Rule:  "Reserved bytes mean nothing yet. An application that does not zero them sends what was in its memory, and a later meaning by mistake.",
		Run: func(t *suite.T) {
			c := dial(t)
			c.Send(records(t)...)
			r, ok := c.record()
			for ; ok && r.Type != typ; r, ok = c.record() {
			}
			if !ok || len(r.Content) < from {
				t.Untested("no %s came that has reserved bytes", name)
			}
			if len(bytes.Trim(r.Content[from:], "\x00")) > 0 {
				c.about(r)
				t.Fail("the reserved bytes of %s are zero\ngot % x", name, r.Content)
			}
		},
	}
}

// overloadLimit is the shortest after which a server may be called silent.
const overloadLimit = 2 * time.Second

var needsExit = suite.Needs{Probe: true, Can: []string{"exit"}}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.5/end-request", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-1", "FCGI-5.1-1"},
			Title: "END_REQUEST has its eight bytes", Over: []suite.Axis{keeping},
			Rule: "The content of END_REQUEST is four bytes of appStatus, one of protocolStatus and three reserved ones; the ordinary end of a Responder's request is REQUEST_COMPLETE.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, kept(t), get(t, ""))...)
				a := c.answer(1)
				if a.end == nil {
					t.Untested("the request did not come to its END_REQUEST: %s", a.why())
				}
				r := a.records[len(a.records)-1]
				c.about(r)
				switch {
				case len(r.Content) != fcgi.EndRequestLen:
					t.Fail("the content of END_REQUEST has 8 bytes\ngot %d: % x", len(r.Content), r.Content)
				case a.end.ProtocolStatus != fcgi.RequestComplete:
					t.Fail("an ordinary request ends with REQUEST_COMPLETE\ngot %v", a.end.ProtocolStatus)
				}
			},
		},
		reservedCase("fcgi/5.5/reserved-bytes", "5.5", "FCGI-5.5-1", "END_REQUEST", fcgi.TypeEndRequest, 5,
			func(t *suite.T) [][]byte { return request(1, 0, get(t, "")) }),
		suite.Case{
			ID: "fcgi/5.5/end-comes-last", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-2"},
			Title: "END_REQUEST comes after all output", Needs: needsProbe, Budget: 12 * time.Second,
			Rule: "END_REQUEST terminates a request: all of STDOUT and STDERR comes before it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=100000&stderr=fcgikit"))...)
				c.first(1)
				for {
					r, ok := c.recordWithin(closeLimit)
					if !ok {
						return
					}
					if r.RequestID == 1 && (r.Type == fcgi.TypeStdout || r.Type == fcgi.TypeStderr) {
						c.about(r)
						t.Fail("all of STDOUT and STDERR comes before END_REQUEST\n%v came after it", r.Header)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.5/one-end", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-5"},
			Title: "a request is ended once", Budget: 20 * time.Second,
			Rule: "A request ends with one END_REQUEST, on a kept connection too: a second one would end the next request with its id.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				c.first(1)
				c.Send(request(2, 0, get(t, ""))...)
				ended := map[uint16]int{1: 1}
				for {
					r, ok := c.recordWithin(closeLimit)
					if !ok {
						return
					}
					if r.Type != fcgi.TypeEndRequest {
						continue
					}
					if ended[r.RequestID]++; ended[r.RequestID] > 1 {
						c.about(r)
						t.Fail("a request is ended by one END_REQUEST\na second one came for request %d", r.RequestID)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.5/app-status", Was: []string{"fcgi/6.2/app-status"}, Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-3"},
			Title: "appStatus is the application's exit status", Needs: needsExit,
			Rule: "appStatus is what the program would have returned by exit, its high byte first.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "exit=938"))...)
				a := completed(t, c.answer(1), "the request is served")
				if a.end.AppStatus != 938 {
					t.Fail("appStatus is the application's exit status\nexpected 938, got %d", a.end.AppStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.5/app-status-of-the-next", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-4"},
			Title: "appStatus is each request's own", Needs: needsExit, Budget: 12 * time.Second,
			Rule: "appStatus is that of the request that ends: the next one's does not depend on it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "exit=7", "FCGIKIT_FIRST", "yes"))...)
				if a := c.first(1); a.end.AppStatus != 7 {
					t.Untested("the appStatus of a request with exit=7 is %d", a.end.AppStatus)
				}
				c.Send(request(2, 0, get(t, ""))...)
				a := c.answer(2)
				if a.end == nil {
					t.Untested("the connection did not serve a second request: %s", a.why())
				}
				if p, err := a.probe(); err == nil {
					ownParameters(t, p)
				}
				if a.end.AppStatus != 0 {
					t.Fail("appStatus is 0 after a request with another one\ngot %d", a.end.AppStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.5/overloaded", Level: suite.May, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-6"},
			Title: "more requests than the application takes", Hurts: true,
			Rule: "An application that is out of some resource may reject a request with OVERLOADED. Most let it wait.",
			Run: func(t *suite.T) {
				others := t.Server.Concurrent + 1 // few enough for a short queue of connections
				for range others {
					dial(t).Send(begin(1, fcgi.Responder, 0))
				}
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				switch r, ok := c.recordWithin(overloadLimit); {
				case !ok:
					t.Note("beside %d requests that have begun another one gets no answer within %v: %s", others, overloadLimit, c.ended)
				case r.Type == fcgi.TypeEndRequest:
					t.Note("beside %d requests that have begun another one is ended with %v", others, endRequest(r.Content).ProtocolStatus)
				default:
					t.Note("beside %d requests that have begun another one is answered", others)
				}
			},
		},
	)
}
