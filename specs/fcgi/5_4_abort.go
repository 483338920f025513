package fcgi

import (
	"net/http"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// abort is ABORT_REQUEST.
func abort(id uint16) []byte { return fcgi.AppendAbortRequest(nil, id) }

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.4/abort", Level: suite.Should, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-5.4-1"},
			Title: "ABORT_REQUEST ends a running request", Needs: needsProbe, Budget: twoAnswers,
			Rule: "After ABORT_REQUEST the application responds with END_REQUEST as soon as it can.",
			Run: func(t *suite.T) {
				const runs = 3 * time.Second // as delay says: long after any good server has ended it
				start := time.Now()
				control(t)
				plain := time.Since(start)
				c := dial(t)
				c.Send(request(1, 0, get(t, "delay=3000"))...)
				time.Sleep(untilRunning)
				start = time.Now()
				c.Send(abort(1))
				a := completed(t, c.answer(1), "an aborted request is ended")
				if took := time.Since(start); took > plain+runs-time.Second {
					t.Fail("an aborted request is ended before its application would have ended it\nEND_REQUEST came %v after ABORT_REQUEST, with %v", took.Round(time.Millisecond), a.end.ProtocolStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.4/nothing-after-abort", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-21"},
			Title: "nothing follows END_REQUEST of an aborted request", Needs: needsProbe, Budget: twoAnswers,
			Rule: "END_REQUEST makes a request id inactive, also where its application runs on after ABORT_REQUEST: what it writes then is not sent.",
			Run: func(t *suite.T) {
				const runs = 300 * time.Millisecond // as delay says
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "delay=300"))...)
				time.Sleep(untilRunning)
				c.Send(abort(1))
				if a := c.answer(1); a.end == nil {
					t.Untested("the aborted request did not come to its END_REQUEST: %s", a.why())
				}
				for r, ok := c.recordWithin(runs + quietLimit); ok; r, ok = c.recordWithin(runs + quietLimit) {
					if r.RequestID == 1 {
						c.about(r)
						t.Fail("nothing follows END_REQUEST of an aborted request\n%v came after it", r.Header)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.4/abort-within-stdin", Level: suite.Must, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-5.4-2"},
			Title: "ABORT_REQUEST ends a request whose body is coming",
			Rule:  "ABORT_REQUEST is answered with END_REQUEST, whatever of the request has come.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(halfAnUpload(t, 1, 0)...)
				c.Send(abort(1))
				ended(t, c.answer(1), "a request is ended that was aborted within STDIN")
			},
		},
		suite.Case{
			ID: "fcgi/5.4/abort-within-params", Level: suite.Must, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-5.4-3"},
			Title: "ABORT_REQUEST ends a request whose parameters are coming",
			Rule:  "ABORT_REQUEST is answered with END_REQUEST. An application does not run whose parameters were never complete.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, get(t, "")), abort(1))
				a := c.answer(1)
				if head, _, err := a.page(); err == nil && head.Status < http.StatusBadRequest {
					t.Fail("the application is not started whose request was aborted within PARAMS\nit answered with status %d", head.Status)
				}
				ended(t, a, "a request is ended that was aborted within PARAMS")
			},
		},
		suite.Case{
			ID: "fcgi/5.4/abort-after-begin", Level: suite.Must, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-5.4-4"},
			Title: "ABORT_REQUEST ends a request that has just begun",
			Rule:  "ABORT_REQUEST is answered with END_REQUEST, whatever of the request has come.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), abort(1))
				ended(t, c.answer(1), "a request is ended that was aborted after BEGIN_REQUEST")
			},
		},
		suite.Case{
			ID: "fcgi/5.4/abort-and-go-on", Level: suite.Must, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-5.4-5"},
			Title: "a kept connection is of use after an aborted request", Budget: suite.Several,
			Rule: "ABORT_REQUEST ends its request, and not the connection where KEEP_CONN is set.",
			Run: func(t *suite.T) {
				const check = "a kept connection serves a request after an aborted one"
				keeps(t)
				c := dial(t)
				c.Send(halfAnUpload(t, 1, fcgi.KeepConn)...)
				c.Send(abort(1))
				if a := c.answer(1); a.end == nil {
					t.Untested("the aborted request did not come to its END_REQUEST: %s", a.why())
				}
				c.Send(request(2, 0, get(t, ""))...)
				completed(t, c.answer(2), check)
			},
		},
		suite.Case{
			ID: "fcgi/5.4/late-abort", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-5.4-6"},
			Title: "ABORT_REQUEST of a request that has just ended is ignored", Budget: suite.Several,
			Rule: "A web server can't know that END_REQUEST is on its way when it aborts: the record is of an inactive id then, and ignored.",
			Run: func(t *suite.T) {
				const check = "a request is served after ABORT_REQUEST of one that has just ended"
				keeps(t)
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				if a := c.answer(1); a.end == nil {
					t.Untested("the first request did not come to its END_REQUEST: %s", a.why())
				}
				c.Send(abort(1))
				c.Send(request(2, 0, get(t, ""))...)
				completed(t, c.answer(2), check)
			},
		},
		suite.Case{
			ID: "fcgi/5.4/aborted-body", Level: suite.Should, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-5.4-7"},
			Title: "an aborted body is not taken for a whole one", Needs: needsProbe, Budget: suite.Several,
			Rule: "The body of an aborted request breaks off: the application does not run, or sees an error, or gets fewer bytes than CONTENT_LENGTH.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(upload(1, 0, post(t, "", len(wholeBody)), wholeBody)...)
				if _, err := c.answer(1).probe(); err != nil {
					t.Untested("the request that is not aborted is not served: %v", err)
				}
				c = dial(t)
				c.Send(halfAnUpload(t, 1, 0)...)
				c.Send(abort(1))
				p, err := c.answer(1).probe()
				switch {
				case err != nil:
				case p.Body.Length >= int64(len(wholeBody)):
					t.Fail("an aborted body is not taken for a whole one\nof a body of %d bytes %d were sent, the application got %d", len(wholeBody), len(sentBody), p.Body.Length)
				default:
					t.Note("the application ran, with a body of %d bytes of %d", p.Body.Length, len(wholeBody))
				}
			},
		},
	)
}

// untilRunning is more than a server takes to start an application. Where it
// does not suffice the request is aborted before, which is no less of a test.
const untilRunning = 50 * time.Millisecond

// What of a body is sent before it is aborted, and all that was announced.
const (
	sentBody  = "the first half"
	wholeBody = sentBody + ", the second half"
)

// halfAnUpload is a request up to the middle of its body.
func halfAnUpload(t *suite.T, id uint16, flags fcgi.Flags) [][]byte {
	return [][]byte{begin(id, fcgi.Responder, flags), params(id, post(t, "", len(wholeBody))), endOf(fcgi.TypeParams, id), stdin(id, sentBody)}
}
