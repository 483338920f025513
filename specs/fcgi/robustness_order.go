package fcgi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// ranWhole ends the case where the application has run without its parameters. A
// request may be refused instead: by an error, or by the connection's end.
func ranWhole(t *suite.T, a answer, check string) {
	head, body, err := a.page()
	if err != nil {
		t.Note("not answered: %s", a.ending())
		return
	}
	p, err := a.probe()
	switch {
	case err == nil && p.Params["REQUEST_METHOD"] == "GET" && p.Params["FCGIKIT_LAST"] == "yes":
	case err == nil:
		t.Fail("%s\nit got %d parameters, REQUEST_METHOD=%q", check, len(p.Params), p.Params["REQUEST_METHOD"])
	case head.Status < 400 || head.Status == http.StatusNotFound:
		t.Fail("%s\nit was answered with status %d, %.60q", check, head.Status, body)
	default:
		t.Note("refused with status %d", head.Status)
	}
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.2/stdin-before-params", Level: suite.Must, Section: "FastCGI 5.2", Link: link("5.2"), Rows: []string{"FCGI-R-12"},
			Title: "STDIN does not end the parameters", Needs: needsProbe, Hurts: true,
			Rule: "The parameters end with the empty PARAMS record: an application does not run before, whatever else has come.",
			Run: func(t *suite.T) {
				control(t)
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), endOf(fcgi.TypeStdin, 1), params(1, get(t, "", "FCGIKIT_LAST", "yes")), endOf(fcgi.TypeParams, 1))
				ranWhole(t, c.soon(1), "an application does not run before its parameters have ended")
			},
		},
		suite.Case{
			ID: "fcgi/5.2/late-params", Level: suite.Must, Section: "FastCGI 5.2", Link: link("5.2"), Rows: []string{"FCGI-R-14"},
			Title: "parameters after their end do not count", Needs: needsProbe,
			Rule: "The empty PARAMS record ends the stream: what follows is no part of it.",
			Run: func(t *suite.T) {
				c := dial(t)
				late := fcgi.AppendPair(nil, "FCGIKIT_LATE", "yes")
				c.Send(begin(1, fcgi.Responder, 0), params(1, get(t, "")), endOf(fcgi.TypeParams, 1), params(1, late), endOf(fcgi.TypeStdin, 1))
				p, err := c.soon(1).probe()
				if err != nil {
					control(t)
					t.Note("the request is not served: %v", err)
				}
				if _, ok := p.Params["FCGIKIT_LATE"]; ok {
					t.Fail("a parameter after the end of PARAMS does not reach the application\nFCGIKIT_LATE, sent after the empty record, does")
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/stdin-after-end", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-15"},
			Title: "STDIN of a request that has ended is ignored", Hurts: true, Budget: 20 * time.Second,
			Rule: "After END_REQUEST a request id is inactive, and its records are ignored: a web server may have sent them before it knew.",
			Run: func(t *suite.T) {
				c := dial(t)
				for range 2 {
					c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
					if a := c.answer(1); a.end == nil {
						t.Untested("the connection is not kept: %s", a.why())
					}
				}
				c.Send(stdin(1, "late"))
				c.Send(request(2, 0, get(t, ""))...)
				completed(t, c.answer(2), "the next request on the connection is served after STDIN of the one that has ended")
			},
		},
		suite.Case{
			ID: "fcgi/3.3/foreign-types", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-16"},
			Title: "records of types that do not belong there leave the parameters alone", Needs: needsProbe, Hurts: true, Budget: 35 * time.Second,
			Rule: "A responder gets no DATA, and a web server sends no STDOUT, STDERR, END_REQUEST or GET_VALUES_RESULT. Where they come, the request is served as it is, or refused.",
			Run: func(t *suite.T) {
				control(t)
				for _, typ := range []fcgi.Type{fcgi.TypeData, fcgi.TypeStdout, fcgi.TypeStderr, fcgi.TypeEndRequest, fcgi.TypeGetValuesResult} {
					c := dial(t)
					c.Send(begin(1, fcgi.Responder, 0), record(typ, 1, "\x00\x00\x00\x00\x00\x00\x00\x00", 0), params(1, get(t, "", "FCGIKIT_LAST", "yes")),
						endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
					a := c.answer(1)
					noHang(t, a, "a request with a record of a type that does not belong there is answered or refused")
					ranWhole(t, a, fmt.Sprintf("a request is served with its parameters, or refused, with a record of %v within them", typ))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/ends-twice", Level: suite.Must, Section: "FastCGI 3.3", Link: "https://github.com/erlyaws/yaws/issues/283", Rows: []string{"FCGI-R-39"},
			Title: "a stream that is ended twice is answered once", Budget: 25 * time.Second,
			Rule: "An empty record after the end of its stream adds nothing: a request gets one answer.",
			Run: func(t *suite.T) {
				flags := fcgi.KeepConn // so that there is time for a second answer
				c := dial(t)
				c.Send(request(1, flags, get(t, ""))...)
				if c.answer(1).end == nil {
					flags = 0
				}
				c.Close()
				for _, twice := range []fcgi.Type{fcgi.TypeParams, fcgi.TypeStdin} {
					c := dial(t)
					c.Send(begin(1, fcgi.Responder, flags), params(1, get(t, "")), endOf(fcgi.TypeParams, 1), endOf(twice, 1), endOf(fcgi.TypeStdin, 1))
					completed(t, c.answer(1), fmt.Sprintf("a request is answered whose %v is ended twice", twice))
					for again, ok := c.recordWithin(secondLimit); ok; again, ok = c.recordWithin(secondLimit) {
						if again.Type == fcgi.TypeEndRequest && again.RequestID == 1 {
							c.about(again)
							t.Fail("a request is answered once whose %v is ended twice\nanother END_REQUEST came", twice)
						}
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/beside-a-request", Level: suite.Must, Section: "FastCGI 4.1", Link: "https://github.com/php/php-src/pull/12387", Rows: []string{"FCGI-R-40"},
			Title: "GET_VALUES and a request in one go are both answered",
			Rule:  "GET_VALUES may come at any time: it is answered, and so is the request that follows it.",
			Run: func(t *suite.T) {
				values(t, fcgi.FCGI_MPXS_CONNS)
				c := dial(t)
				c.Send(append([][]byte{query(fcgi.FCGI_MPXS_CONNS)}, request(1, 0, get(t, ""))...)...)
				time.Sleep(50 * time.Millisecond) // read late
				a := completed(t, c.answer(1), "a request that follows GET_VALUES at once is answered")
				results := a.of(fcgi.TypeGetValuesResult, 0)
				if len(results) == 0 {
					t.Fail("GET_VALUES is answered that a request follows at once\nno GET_VALUES_RESULT came before END_REQUEST")
				}
				if a.records[0].Type != fcgi.TypeGetValuesResult {
					t.Note("the answer to the request begins before GET_VALUES_RESULT")
				}
			},
		},
	)
}

// secondLimit is how long an answer that must not come is waited for, after one
// that came at once.
const secondLimit = 200 * time.Millisecond
