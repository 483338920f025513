package fcgi

import (
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.5/unknown-role", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.1-1"},
			Title: "an unknown role is rejected",
			Rule:  "A request with a role that is unknown to the application is ended with UNKNOWN_ROLE.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, 99, 0), params(1, get(t, "")), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				a := completed(t, c.answer(1), "a request with role 99 is ended")
				if a.end.ProtocolStatus != fcgi.UnknownRole {
					t.Fail("a request with role 99 is ended with UNKNOWN_ROLE\ngot %v", a.end.ProtocolStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.4/abort", Level: suite.Should, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-ABT-1"},
			Title: "ABORT_REQUEST ends a running request", Needs: needsProbe,
			Rule: "After ABORT_REQUEST the application responds with END_REQUEST as soon as it can.",
			Run: func(t *suite.T) {
				const runs = 3 * time.Second
				c := dial(t)
				c.Send(request(1, 0, get(t, "delay=3000"))...)
				time.Sleep(50 * time.Millisecond)
				start := time.Now()
				c.Send(fcgi.AppendAbortRequest(nil, 1))
				a := completed(t, c.answer(1), "an aborted request is ended")
				if took := time.Since(start); took > runs/2 {
					t.Fail("an aborted request is ended before its application would have ended it\nEND_REQUEST came %v after ABORT_REQUEST, with %v", took.Round(time.Millisecond), a.end.ProtocolStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.5/end-request", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.5-1", "FCGI-5.5-2"},
			Title: "END_REQUEST has its eight bytes",
			Rule:  "The content of END_REQUEST is four bytes of appStatus, one of protocolStatus and three reserved ones; an ordinary end is REQUEST_COMPLETE.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				a := c.answer(1)
				ends := a.of(fcgi.TypeEndRequest, 1)
				switch {
				case len(ends) != 1:
					t.Fail("a request ends with one END_REQUEST\ngot %d", len(ends))
				case len(ends[0].Content) != fcgi.EndRequestLen:
					t.Fail("the content of END_REQUEST has 8 bytes\ngot %d: % x", len(ends[0].Content), ends[0].Content)
				case a.end.ProtocolStatus != fcgi.RequestComplete:
					t.Fail("an ordinary request ends with REQUEST_COMPLETE\ngot %v", a.end.ProtocolStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/app-status", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-5.5-4"},
			Title: "appStatus is the application's exit status", Needs: suite.Needs{Probe: true, Can: []string{"exit"}},
			Rule: "appStatus is what the program would have returned by exit.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "exit=938"))...)
				a := completed(t, c.answer(1), "the request is served")
				if a.end.AppStatus != 938 {
					t.Fail("appStatus is the application's exit status\nexpected 938, got %d", a.end.AppStatus)
				}
			},
		},
	)
}
