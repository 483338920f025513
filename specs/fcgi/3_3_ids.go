package fcgi

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/3.3/request-id", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-2"},
			Title: "an answer's records have the request's id", Over: []suite.Axis{ids},
			Rule: "The records of an answer carry the request id of its request, both bytes of it.",
			Run: func(t *suite.T) {
				const check = "an answer's records have the request's id"
				for _, query := range []string{"", "stderr=" + cry} {
					c := dial(t)
					c.Send(request(id(t), 0, get(t, query))...)
					for _, r := range someAnswer(t, c, id(t), check).records {
						if r.RequestID != id(t) && !r.Type.IsManagement() {
							c.about(r)
							t.Fail("%s\nexpected request id %d, got %v", check, id(t), r.Header)
						}
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/id-reuse", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-28"},
			Title: "an id is free again after END_REQUEST", Budget: twoAnswers,
			Rule: "END_REQUEST makes a request id inactive: the web server may give it to the next request.",
			Run: func(t *suite.T) {
				n, a := inTurn(t, 3, 3, 3)
				switch {
				case n == 3:
					return
				case n == 0:
					t.Untested("the first request did not come to its END_REQUEST")
				}
				if m, _ := inTurn(t, 3, 4, 5); m < 3 {
					t.Untested("a connection does not serve three requests with ids of their own")
				}
				completed(t, a, fmt.Sprintf("a request is served whose id has been used before\nuse %d of it", n+1))
			},
		},
		suite.Case{
			ID: "fcgi/3.3/id-zero", Level: suite.May, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-29"},
			Title: "a request with id 0",
			Rule:  "The null request id is that of management records. The text does not say what an application does with a BEGIN_REQUEST that has it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(fcgi.NullRequestID, 0, get(t, ""))...)
				if r, ok := c.record(); ok {
					t.Note("it is answered with %v", r.Header)
				} else {
					t.Note("it is not answered: %s", c.ended)
				}
			},
		},
		strayCase("fcgi/3.3/inactive-id", "3.3", "FCGI-3.3-24", "stream records", func(t *suite.T) [][]byte {
			return [][]byte{params(9, get(t, "")), endOf(fcgi.TypeParams, 9), stdin(9, "x"), stream(fcgi.TypeData, 9, []byte("x"))}
		}),
		strayCase("fcgi/5.4/abort-of-inactive-id", "5.4", "FCGI-3.3-25", "ABORT_REQUEST", func(*suite.T) [][]byte {
			return [][]byte{fcgi.AppendAbortRequest(nil, 9)}
		}),
		suite.Case{
			ID: "fcgi/3.3/foreign-params", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-27"},
			Title: "another id's parameters are not mixed in", Needs: needsProbe, Budget: twoAnswers,
			Rule: "A record belongs to the request of its id and to no other.",
			Run: func(t *suite.T) {
				own := request(someID, 0, get(t, ""))
				evil := fcgi.AppendPair(nil, "FCGIKIT_EVIL", "yes")
				a := likePlain(t, withoutID7, amid(own, 1, params(7, evil)), own, "a request is served although PARAMS of another id come within it")
				if p, _ := a.probe(); p.Params["FCGIKIT_EVIL"] != "" {
					t.Fail("the request is served without the other id's parameters\nFCGIKIT_EVIL, sent with id 7, reached the application of request %d", someID)
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/foreign-stdin", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-26"},
			Title: "another id's body is not mixed in", Needs: needsProbe, Budget: twoAnswers,
			Rule: "A record belongs to the request of its id and to no other.",
			Run: func(t *suite.T) {
				const body = "abc"
				own := upload(someID, 0, post(t, "", len(body)), body)
				a := likePlain(t, withoutID7, amid(own, 3, stdin(7, "EVIL")), own, "a request is served although STDIN of another id comes within it")
				p, _ := a.probe()
				probeapp.BodyArrived(t, p, body, "the request is served without the other id's body")
			},
		},
		suite.Case{
			ID: "fcgi/3.3/ids-of-each-connection", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.2-4"},
			Title: "an id is that of its connection", Needs: suite.Needs{Probe: true, Concurrent: true}, Budget: twoAnswers,
			Rule: "The state of a request id is kept for each connection: on two of them the same id may be active at once.",
			Run: func(t *suite.T) {
				const check = "two requests with the same id, each on its own connection, are served apart"
				const same = 200 // for which a short array has no room
				bodies := []string{"what the first one sends", "and the other"}
				var conns []*conn
				var records [][][]byte
				for i, body := range bodies {
					c, own := dial(t), fmt.Sprintf("FCGIKIT_REQUEST_%d", i+1)
					all := upload(same, 0, post(t, "", len(body), own, "yes"), body)
					c.Send(all[:2]...)
					conns, records = append(conns, c), append(records, all)
					time.Sleep(untilRunning) // so that the second one begins within the first
				}
				for i, c := range conns {
					c.Send(records[i][2:]...)
					probeapp.BodyArrived(t, own(t, c.answer(same), i+1, check), bodies[i], check)
				}
			},
		},
	)
}

// strayCase is that records of an id which is not active change nothing.
func strayCase(id, section, row, what string, strays func(t *suite.T) [][]byte) suite.Case {
	return suite.Case{
		ID: id, Level: suite.Must, Section: "FastCGI " + section, Link: link(section), Rows: []string{row},
		Title: what + " of an inactive id: ignored",
		Rule:  "While a request id is inactive, its records are ignored, BEGIN_REQUEST excepted.",
		Run: func(t *suite.T) {
			for _, stray := range strays(t) {
				c := dial(t)
				c.Send(append([][]byte{stray}, request(someID, 0, get(t, ""))...)...)
				h, _ := fcgi.ParseHeader(stray)
				a := completed(t, c.answer(someID), fmt.Sprintf("a request is served after %s of an inactive id\nit came after %v", what, h))
				for _, r := range a.records {
					if r.RequestID == 9 {
						c.about(r)
						t.Fail("%s of an inactive id: not answered\n%v came", what, r.Header)
					}
				}
				c.Close()
			}
		},
	}
}

// withoutID7 is how a request is known to have been served in spite of records
// with id 7.
func withoutID7(a answer) error {
	for _, r := range a.records {
		if r.RequestID == 7 {
			return fmt.Errorf("%v came, with the id that never began", r.Header)
		}
	}
	return probed(a)
}

// amid is records with another one before the one at this place.
func amid(records [][]byte, at int, other []byte) [][]byte {
	return append(append(append([][]byte(nil), records[:at]...), other), records[at:]...)
}

// inTurn sends requests with these ids on one connection, each when the one
// before has ended. It is how many came to their END_REQUEST, and the last answer.
func inTurn(t *suite.T, ids ...uint16) (n int, a answer) {
	c := dial(t)
	defer c.Close()
	for n, id := range ids {
		c.Send(request(id, fcgi.KeepConn, get(t, ""))...)
		if a = c.answer(id); a.end == nil {
			return n, a
		}
	}
	return len(ids), a
}
