package fcgi

import (
	"regexp"
	"strconv"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// query is a GET_VALUES record. Its padding is bytes that come after it: libfcgi
// waits for one, which is another case's affair.
func query(names ...string) []byte { return fcgi.AppendGetValues(nil, 8, names...) }

var everyName = []string{fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS}

// values asks and takes the result; without one the case is untested, but for
// those that are about that.
func values(t *suite.T, names ...string) []fcgi.Pair {
	pairs, err := result(t, names...)
	if err != nil {
		t.Untested("the result of GET_VALUES does not hold whole pairs: %v", err)
	}
	return pairs
}

func result(t *suite.T, names ...string) ([]fcgi.Pair, error) {
	c := dial(t)
	defer c.Close()
	c.Send(query(names...))
	r, ok := c.record()
	if !ok || r.Type != fcgi.TypeGetValuesResult {
		t.Untested("GET_VALUES was not answered")
	}
	return fcgi.ParseValues(r.Content)
}

// valueForms are what a value may be, by its name.
var valueForms = map[string]*regexp.Regexp{
	fcgi.FCGI_MAX_CONNS:  regexp.MustCompile(`^0*[1-9][0-9]*$`),
	fcgi.FCGI_MAX_REQS:   regexp.MustCompile(`^0*[1-9][0-9]*$`),
	fcgi.FCGI_MPXS_CONNS: regexp.MustCompile(`^[01]$`),
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/4.1/answered", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-1"},
			Title: "GET_VALUES is answered", Cut: true,
			Rule: "A GET_VALUES record is answered with GET_VALUES_RESULT, both with request id 0.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(query(everyName...))
				r, ok := c.record()
				if !ok {
					nothing(t, c, "GET_VALUES is answered")
				}
				if r.Type != fcgi.TypeGetValuesResult || r.RequestID != 0 {
					c.about(r)
					t.Fail("GET_VALUES is answered with GET_VALUES_RESULT of id 0\ngot %v", r.Header)
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/at-once", Level: suite.Must, Section: "FastCGI 4.1", Link: "https://github.com/facebook/hhvm/issues/4951", Rows: []string{"FCGI-4.1-2"},
			Title: "GET_VALUES is answered without further bytes", Budget: 15 * time.Second,
			Rule: "A record is complete with its last byte: an application that waits for a further one leaves a web server waiting that asks before its first request.",
			Run: func(t *suite.T) {
				values(t, everyName...)
				c := dial(t)
				c.Send(fcgi.AppendGetValues(nil, 0, everyName...))
				if _, ok := c.record(); !ok {
					nothing(t, c, "a GET_VALUES without padding and with nothing after it is answered")
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/only-what-was-asked", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-3"},
			Title: "the result has only names that were asked for",
			Rule:  "The result supplies values for names of the query, and for no other.",
			Run: func(t *suite.T) {
				for _, p := range values(t, fcgi.FCGI_MAX_CONNS) {
					if string(p.Name) != fcgi.FCGI_MAX_CONNS {
						t.Fail("the result has only names that were asked for\nasked for FCGI_MAX_CONNS, got %s=%s", p.Name, p.Value)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/unknown-names", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-4"},
			Title: "the result leaves unknown names out",
			Rule:  "The application leaves out of the result what it does not understand.",
			Run: func(t *suite.T) {
				for _, p := range values(t, "FCGIKIT_NO_SUCH_NAME", fcgi.FCGI_MPXS_CONNS) {
					if string(p.Name) == "FCGIKIT_NO_SUCH_NAME" {
						t.Fail("the result leaves unknown names out\ngot %s=%q", p.Name, p.Value)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/known-names", Level: suite.Should, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-5"},
			Title: "the three names of the specification are known",
			Rule:  "FCGI_MAX_CONNS, FCGI_MAX_REQS and FCGI_MPXS_CONNS are what a web server needs to know to use the application well.",
			Run: func(t *suite.T) {
				got := map[string]bool{}
				for _, p := range values(t, everyName...) {
					got[string(p.Name)] = true
				}
				for _, name := range everyName {
					if !got[name] {
						t.Fail("the result has each of the specification's names that was asked for\n%s is not among its %d values", name, len(got))
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/values", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-6"},
			Title: "values have their form",
			Rule:  "The result is name-value pairs. FCGI_MAX_CONNS and FCGI_MAX_REQS are decimal numbers, from 1 on; FCGI_MPXS_CONNS is 0 or 1.",
			Run: func(t *suite.T) {
				pairs, err := result(t, everyName...)
				if err != nil {
					t.Fail("the result holds whole pairs\n%v", err)
				}
				for _, p := range pairs {
					if form := valueForms[string(p.Name)]; form != nil && !form.Match(p.Value) {
						t.Fail("values are decimal numbers, that of FCGI_MPXS_CONNS 0 or 1\ngot %s=%q", p.Name, p.Value)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/one-result", Level: suite.May, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-7"},
			Title: "one result for each GET_VALUES",
			Rule:  "The text gives a GET_VALUES one result, but forbids no second one.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(query(everyName...))
				if r, ok := c.record(); !ok || r.Type != fcgi.TypeGetValuesResult {
					t.Untested("GET_VALUES was not answered")
				}
				if c.UntilClose(quietLimit); len(c.Buffered()) > 0 {
					h, _ := fcgi.ParseHeader(c.Buffered())
					t.Note("%v follows the result", h)
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/empty-query", Level: suite.Should, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-8"},
			Title: "a query for nothing is answered", Budget: 15 * time.Second,
			Rule: "A GET_VALUES without a name has a result, too: an empty one.",
			Run: func(t *suite.T) {
				values(t, everyName...)
				c := dial(t)
				c.Send(query())
				r, ok := c.record()
				if !ok {
					nothing(t, c, "a GET_VALUES without names is answered")
				}
				if len(r.Content) > 0 {
					t.Note("the result of a query for nothing is %q", r.Content)
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/within-a-request", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-9"},
			Title: "GET_VALUES may come before the parameters", Needs: needsProbe, Cut: true,
			Rule: "An application may receive GET_VALUES at any time: a request goes on as if it had not come.",
			Run: func(t *suite.T) {
				const check = "a request is served whole with GET_VALUES within it"
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), query(fcgi.FCGI_MPXS_CONNS), params(1, get(t, "", "FCGIKIT_AFTER", "yes")),
					endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				p := served(t, c.answer(1), check)
				if p.Params["FCGIKIT_AFTER"] != "yes" {
					t.Fail("%s\nthe parameters after it are lost: the application got %d", check, len(p.Params))
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/within-a-body", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-10"},
			Title: "GET_VALUES may come within a body", Needs: needsProbe, Cut: true,
			Rule: "An application may receive GET_VALUES at any time: a body goes on as if it had not come.",
			Run: func(t *suite.T) {
				const check = "a body arrives unchanged with GET_VALUES within it"
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "", 6)), endOf(fcgi.TypeParams, 1),
					stdin(1, "abc"), query(fcgi.FCGI_MPXS_CONNS), stdin(1, "def"), endOf(fcgi.TypeStdin, 1))
				probeapp.BodyArrived(t, served(t, c.answer(1), check), "abcdef", check)
			},
		},
		suite.Case{
			ID: "fcgi/4.1/between-requests", Level: suite.Must, Section: "FastCGI 4.1", Link: "https://github.com/php/php-src/pull/12387", Rows: []string{"FCGI-4.1-11"},
			Title: "GET_VALUES leaves a kept connection open", Budget: 30 * time.Second,
			Rule: "A management record begins and ends no request: the connection serves the next one.",
			Run: func(t *suite.T) {
				keeps(t)
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				c.first(1)
				c.Send(query(fcgi.FCGI_MPXS_CONNS))
				if _, ok := c.record(); !ok && c.ended == suite.Nothing {
					t.Untested("GET_VALUES was not answered")
				}
				c.Send(request(2, 0, get(t, ""))...)
				completed(t, c.answer(2), "a kept connection serves a request after GET_VALUES")
			},
		},
		suite.Case{
			ID: "fcgi/4.1/twice", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-12"},
			Title: "two GET_VALUES have two results", Budget: 12 * time.Second,
			Rule: "An application may receive GET_VALUES at any time: after another one, too.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(query(fcgi.FCGI_MAX_CONNS), query(fcgi.FCGI_MPXS_CONNS))
				if r, ok := c.record(); !ok || r.Type != fcgi.TypeGetValuesResult {
					t.Untested("GET_VALUES was not answered")
				}
				if _, ok := c.record(); !ok {
					t.Fail("a second GET_VALUES is answered\n%s", c.ended)
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/query-with-value", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-13"},
			Title: "a query's values do not matter", Budget: 15 * time.Second,
			Rule: "The query is name-value pairs of which the names count: a value that is not empty does no harm.",
			Run: func(t *suite.T) {
				values(t, everyName...)
				c := dial(t)
				pair := fcgi.AppendPair(nil, fcgi.FCGI_MPXS_CONNS, "x")
				c.Send(record(fcgi.TypeGetValues, 0, string(pair), 8))
				if _, ok := c.record(); !ok {
					nothing(t, c, "a GET_VALUES whose value is not empty is answered")
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/declared-multiplexing", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-14"},
			Title: "FCGI_MPXS_CONNS is true", Budget: 20 * time.Second,
			Rule: "An application that declares FCGI_MPXS_CONNS=1 does not reject a second request on a connection as one that can't multiplex.",
			Run: func(t *suite.T) {
				switch declared(t, fcgi.FCGI_MPXS_CONNS) {
				case "":
					t.Untested("the server does not declare FCGI_MPXS_CONNS")
				case "0":
					t.NA("it declares FCGI_MPXS_CONNS=0")
				}
				c := dial(t)
				one, two := request(1, fcgi.KeepConn, get(t, "")), request(2, fcgi.KeepConn, get(t, ""))
				for i := range one {
					c.Send(one[i], two[i])
				}
				for ended := 0; ended < 2; {
					r, ok := c.record()
					if !ok {
						t.Untested("of two interleaved requests %d came to their END_REQUEST, which is the affair of fcgi/multiplexing", ended)
					}
					if r.Type != fcgi.TypeEndRequest {
						continue
					}
					if status := endRequest(r.Content).ProtocolStatus; status == fcgi.CantMpxConn {
						c.about(r)
						t.Fail("a second request is not rejected with CANT_MPX_CONN where FCGI_MPXS_CONNS=1 is declared\nrequest %d was", r.RequestID)
					}
					ended++
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.1/declared-connections", Level: suite.May, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-4.1-15"},
			Title: "FCGI_MAX_CONNS is true", Hurts: true, Budget: 20 * time.Second,
			Rule: "An application accepts as many connections at a time as it declares by FCGI_MAX_CONNS.",
			Run: func(t *suite.T) {
				n, err := strconv.Atoi(declared(t, fcgi.FCGI_MAX_CONNS))
				if err != nil {
					t.Untested("the server does not declare FCGI_MAX_CONNS")
				}
				const enough = 20 // of a server's worth of descriptors
				for i := range min(n, enough) {
					c := dial(t)
					c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
					if a := c.answer(1); a.end == nil {
						t.Note("it declares FCGI_MAX_CONNS=%d, and connection %d was not served beside the others: %s", n, i+1, a.why())
						return
					}
				}
				t.Note("it declares FCGI_MAX_CONNS=%d, and served %d at a time", n, min(n, enough))
			},
		},
	)
}

// declared is the value of a name; "" if the server declares none.
func declared(t *suite.T, name string) string {
	for _, p := range values(t, name) {
		if string(p.Name) == name {
			return string(p.Value)
		}
	}
	return ""
}
