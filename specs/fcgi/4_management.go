package fcgi

import (
	"fmt"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// query is a GET_VALUES record. Its padding is a byte that comes after it:
// libfcgi waits for one, which is another case's affair.
func query(names ...string) []byte { return fcgi.AppendGetValues(nil, 8, names...) }

// values asks and takes the result; without one the case is untested, but for
// the one that is about that.
func values(t *suite.T, names ...string) []fcgi.Pair {
	c := dial(t)
	c.Send(query(names...))
	r, ok := c.record()
	if !ok || r.Type != fcgi.TypeGetValuesResult {
		t.Untested("GET_VALUES was not answered")
	}
	pairs, err := fcgi.ParseValues(r.Content)
	if err != nil {
		t.Fail("the result holds whole pairs\n%v", err)
	}
	return pairs
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/4.1/answered", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-1"},
			Title: "GET_VALUES is answered",
			Rule:  "A GET_VALUES record is answered with GET_VALUES_RESULT, both with request id 0.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(query(fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS))
				r, ok := c.record()
				if !ok {
					if c.ended == suite.Nothing {
						t.Hang("GET_VALUES is answered\n%s", c.ended)
					}
					t.Fail("GET_VALUES is answered\n%s", c.ended)
				}
				if r.Type != fcgi.TypeGetValuesResult || r.RequestID != 0 {
					t.Fail("GET_VALUES is answered with GET_VALUES_RESULT of id 0\ngot %v", r.Header)
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/only-what-was-asked", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-3", "FCGI-4.1-4"},
			Title: "the result has only names that were asked for",
			Rule:  "The result supplies values for the query's names and leaves out those that are not understood.",
			Run: func(t *suite.T) {
				for _, p := range values(t, fcgi.FCGI_MAX_CONNS, "FCGIKIT_NO_SUCH_NAME") {
					if string(p.Name) != fcgi.FCGI_MAX_CONNS {
						t.Fail("the result has only names that were asked for and exist\ngot %s=%s", p.Name, p.Value)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/within-a-request", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-9"},
			Title: "GET_VALUES may come within a request", Needs: needsProbe,
			Rule: "An application may receive GET_VALUES at any time: a request goes on as if it had not come.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), query(fcgi.FCGI_MPXS_CONNS), params(1, get(t, "", "FCGIKIT_AFTER", "yes")),
					endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				p := served(t, c.answer(1), "a request is served whole with GET_VALUES within it")
				if p.Params["FCGIKIT_AFTER"] != "yes" {
					t.Fail("a request is served whole with GET_VALUES within it\nthe parameters after it are lost: the application got %d", len(p.Params))
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.2/answered", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-1"},
			Title: "an unknown management type is answered",
			Rule:  "A management record of a type that the application does not know is answered with UNKNOWN_TYPE and that type.",
			Run: func(t *suite.T) {
				for _, typ := range []fcgi.Type{12, 100, 255} {
					c := dial(t)
					c.Send(record(typ, 0, "", 8))
					check := fmt.Sprintf("a management record of type %d is answered with UNKNOWN_TYPE", typ)
					r, ok := c.record()
					if !ok && c.ended == suite.Nothing {
						t.Hang("%s\n%s", check, c.ended)
					} else if !ok {
						t.Fail("%s\n%s", check, c.ended)
					}
					body, err := fcgi.ParseUnknownType(r.Content)
					if r.Type != fcgi.TypeUnknownType || r.RequestID != 0 || err != nil || body.Type != typ {
						t.Fail("%s\ngot %v, % x", check, r.Header, r.Content)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.2/no-parameters", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-3"},
			Title: "an unknown management record's content is skipped", Needs: needsProbe,
			Rule: "What an unknown management record holds belongs to no request's streams.",
			Run: func(t *suite.T) {
				c := dial(t)
				leak := string(fcgi.AppendPair(nil, "FCGIKIT_LEAKED", "yes"))
				c.Send(begin(1, fcgi.Responder, 0), record(200, 0, leak, 0), params(1, get(t, "")), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				p := served(t, c.answer(1), "an unknown management record adds no parameters")
				if _, ok := p.Params["FCGIKIT_LEAKED"]; ok {
					t.Fail("an unknown management record adds no parameters\nFCGIKIT_LEAKED, its content, reached the application")
				}
			},
		},
	)
}
