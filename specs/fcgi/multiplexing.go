package fcgi

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/multiplexing/second-request", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-MPX-1"},
			Title: "a second request on a connection is served or rejected",
			Rule:  "An application that processes one request at a time on a connection rejects another one with CANT_MPX_CONN.",
			Run: func(t *suite.T) {
				const check = "a second request on a connection is served, or ended with CANT_MPX_CONN"
				c := dial(t)
				c.Send(twoRequests(t)...)
				_, b := c.answers()
				switch {
				case b.end != nil && b.end.ProtocolStatus == fcgi.CantMpxConn:
				case b.end != nil && b.end.ProtocolStatus == fcgi.Overloaded:
					t.Note("it was ended with OVERLOADED")
				case b.end != nil && b.end.ProtocolStatus != fcgi.RequestComplete:
					t.Fail("%s\nit was ended with %v", check, b.end.ProtocolStatus)
				case b.end != nil && len(b.stdout) == 0:
					t.Fail("%s\nit was ended with %v and without an answer", check, b.end.ProtocolStatus)
				case b.end == nil && b.ended == suite.Nothing:
					t.Hang("%s\nno END_REQUEST of it came: %s", check, b.why())
				case b.end == nil:
					t.Fail("%s\nno END_REQUEST of it came: %s", check, b.why())
				}
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/first-request", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-MPX-2"},
			Title: "a second request does not disturb the first", Needs: needsProbe,
			Rule: "A request is served whole, of its own records, whether another one on its connection is served or rejected.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(twoRequests(t)...)
				a, _ := c.answers()
				own(t, a, 1, "a request is served whole with another one within it")
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/interleaved", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-MPX-3"},
			Title: "interleaved requests are served apart", Needs: needsProbe, Cut: true, Budget: suite.Several,
			Rule: "An application that declares FCGI_MPXS_CONNS=1 takes the records of several requests in any order, and keeps their streams apart.",
			Run: func(t *suite.T) {
				const check = "each of two interleaved requests is served with what was sent for it"
				multiplexes(t)
				bodies := [][]string{{"first ", "of ", "one"}, {"the ", "other ", "request's"}}
				c := dial(t)
				c.Send(interleaved(t, bodies)...)
				a, b := c.answers()
				for i, got := range []answer{a, b} {
					p := own(t, got, i+1, check)
					probeapp.BodyArrived(t, p, bodies[i][0]+bodies[i][1]+bodies[i][2], check)
				}
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/overtakes", Level: suite.Must, Section: "FastCGI B", Link: link("B"), Rows: []string{"FCGI-MPX-4"},
			Title: "a quick request overtakes a slow one", Needs: needsProbe, Budget: suite.Several,
			Rule: "Multiplexed requests are processed at the same time: their answers come in the order in which they are ready.",
			Run: func(t *suite.T) {
				const check = "a quick request is ended before a slow one on its connection"
				multiplexes(t)
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "delay=4000"))...)
				c.Send(request(2, fcgi.KeepConn, get(t, ""))...)
				b := completed(t, c.answer(2), check)
				if len(b.of(fcgi.TypeEndRequest, 1)) > 0 {
					t.Fail("%s\nEND_REQUEST of the slow one came first", check)
				}
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/whole-records", Level: suite.Must, Section: "FastCGI 3.3", Link: "https://github.com/artyom-beilis/cppcms/issues/24", Rows: []string{"FCGI-MPX-5"},
			Title: "records of concurrent answers are not torn", Needs: needsProbe, Budget: suite.Several,
			Rule: "A record is written in one piece, whatever other requests' answers are written at the same time.",
			Run: func(t *suite.T) {
				const check = "each of twenty concurrent answers comes whole"
				multiplexes(t)
				const size = 100_000
				var all [][]byte
				for i := uint16(1); i <= concurrent; i++ {
					all = append(all, request(i, fcgi.KeepConn, get(t, fmt.Sprintf("size=%d&chunk=9000&pause=2", size)))...)
				}
				c := dial(t)
				c.SendAside(all...)
				for i, a := range c.answersOf(concurrent)[1:] {
					if a.end != nil && a.end.ProtocolStatus == fcgi.Overloaded {
						t.Note("a connection carries less than %d requests at once", concurrent)
						continue
					}
					if err := letters(completed(t, a, check), size); err != nil {
						t.Fail("%s\nof request %d: %v", check, i+1, err)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/keep-conn-of-one", Level: suite.May, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-MPX-6"},
			Title: "KEEP_CONN is clear on one of two requests", Needs: needsProbe, Budget: suite.Several,
			Rule: "Whether a connection is kept whose requests do not agree is left open. Closed before the last one is ended it loses an answer.",
			Run: func(t *suite.T) {
				multiplexes(t)
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "delay=150"))...)
				c.Send(request(2, 0, get(t, ""))...)
				a, b := c.answers()
				if a.end == nil || b.end == nil {
					t.Note("not both requests were ended: %s", a.why())
					return
				}
				end, _ := c.More(nothingFollows)
				t.Note("the request without KEEP_CONN was ended first, the other one too; then: %s", end)
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/unread-body", Level: suite.May, Section: "FastCGI 3.3", Link: "https://github.com/golang/go/issues/43901", Rows: []string{"FCGI-MPX-7"},
			Title: "a body that is not read does not keep others waiting", Needs: needsProbe, Budget: suite.Several,
			Rule: "FastCGI has no flow control for a stream: an application that leaves a body unread should not keep the connection's other requests waiting.",
			Run: func(t *suite.T) {
				multiplexes(t)
				body := string(bytes.Repeat([]byte("u"), 1<<20))
				c := dial(t)
				c.SendAside(append(upload(1, fcgi.KeepConn, post(t, "read=no", len(body)), body), request(2, fcgi.KeepConn, get(t, ""))...)...)
				if b := c.answer(2); b.end == nil {
					t.Note("a request was not served behind a body that is not read: %s", b.why())
				}
			},
		},
		suite.Case{
			ID: "fcgi/multiplexing/abort-of-one", Level: suite.Must, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-MPX-8"},
			Title: "ABORT_REQUEST of one request does not disturb another", Needs: needsProbe, Budget: suite.Several,
			Rule: "ABORT_REQUEST is about the request of its id alone.",
			Run: func(t *suite.T) {
				multiplexes(t)
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "delay=4000"))...)
				two := numbered(t, 2, fcgi.KeepConn)
				c.Send(two[:2]...)
				c.Send(abort(1))
				c.Send(two[2:]...)
				own(t, c.answer(2), 2, "a request is served whole beside one that is aborted")
			},
		},
		suite.Case{
			ID: "fcgi/3.3/many-ids", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-MPX-9"},
			Title: "a connection may use any number of ids", Budget: suite.Several,
			Rule: "A web server is free in its choice of request ids. An id that is not active any more takes no room.",
			Run: func(t *suite.T) {
				const many = 1000
				oneAfterTheOther(t, many, func(i int) uint16 { return uint16(1 + i*(1<<16-2)/(many-1)) },
					"each of 1000 requests on a connection is ended, whatever its id")
			},
		},
		suite.Case{
			ID: "fcgi/3.3/same-id-at-once", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-MPX-10"},
			Title: "an id is free as soon as END_REQUEST has come", Budget: suite.Several,
			Rule: "END_REQUEST makes a request id inactive, so that the web server may use it again at once.",
			Run: func(t *suite.T) {
				oneAfterTheOther(t, 500, func(int) uint16 { return 1 },
					"a request is served whose id has just become inactive")
			},
		},
	)
}

// concurrent is how many requests run at once where records could be torn.
const concurrent = 20

// nothingFollows is how long a server has that would send something more.
const nothingFollows = 300 * time.Millisecond

// mayWait is for what a server may leave undone: nobody is judged by it.
const mayWait = 2 * time.Second

// multiplexes ends the case unless the application declares that it takes
// several requests at once (4.1). An ordinary request goes behind the question,
// so that a server that does not answer it need not be waited for.
func multiplexes(t *suite.T) {
	c := dial(t)
	c.Send(append([][]byte{query(fcgi.FCGI_MPXS_CONNS)}, request(1, 0, get(t, ""))...)...)
	for _, r := range c.answer(1).records {
		if r.Type != fcgi.TypeGetValuesResult {
			continue
		}
		pairs, _ := fcgi.ParseValues(r.Content)
		for _, p := range pairs {
			switch {
			case string(p.Name) != fcgi.FCGI_MPXS_CONNS:
			case string(p.Value) == "1":
				c.Close()
				return
			default:
				t.NA("it declares %s=%s: % x", p.Name, p.Value, r.Content)
			}
		}
	}
	t.Untested("it does not say whether it multiplexes")
}

// numbered is the records of a request whose last parameter tells of which; it
// comes in a record of its own.
func numbered(t *suite.T, id uint16, flags fcgi.Flags) [][]byte {
	own := fcgi.AppendPair(nil, fmt.Sprintf("FCGIKIT_REQUEST_%d", id), "yes")
	return [][]byte{begin(id, fcgi.Responder, flags), params(id, get(t, "")), params(id, own), endOf(fcgi.TypeParams, id), endOf(fcgi.TypeStdin, id)}
}

// twoRequests is a whole one within another one's parameters.
func twoRequests(t *suite.T) [][]byte {
	one, two := numbered(t, 1, fcgi.KeepConn), numbered(t, 2, fcgi.KeepConn)
	return slices.Concat(one[:2], two, one[2:])
}

// interleaved is two requests with bodies of which each record is followed by
// one of the other's.
func interleaved(t *suite.T, bodies [][]string) [][]byte {
	var both [2][][]byte
	for i, pieces := range bodies {
		id := uint16(i + 1)
		own := fcgi.AppendPair(nil, fmt.Sprintf("FCGIKIT_REQUEST_%d", id), "yes")
		both[i] = [][]byte{begin(id, fcgi.Responder, fcgi.KeepConn), params(id, post(t, "", len(pieces[0]+pieces[1]+pieces[2]))), params(id, own),
			endOf(fcgi.TypeParams, id), stdin(id, pieces[0]), stdin(id, pieces[1]), stdin(id, pieces[2]), endOf(fcgi.TypeStdin, id)}
	}
	var all [][]byte
	for i := range both[0] {
		all = append(all, both[0][i], both[1][i])
	}
	return all
}

// own ends the case unless a request was served with its own parameters, and
// without the other one's. That records are whole is the affair of other cases.
func own(t *suite.T, a answer, number int, check string) probeapp.Answer {
	if a.broken != nil {
		t.Untested("what came is no records: %v", a.broken)
	}
	p := served(t, a, check)
	mine, others := fmt.Sprintf("FCGIKIT_REQUEST_%d", number), fmt.Sprintf("FCGIKIT_REQUEST_%d", 3-number)
	if _, ok := p.Params[others]; ok {
		t.Fail("%s\n%s, sent with id %d, reached the application of request %d", check, others, 3-number, number)
	}
	if p.Params[mine] != "yes" {
		t.Fail("%s\n%s, sent with id %d, did not reach its application", check, mine, number)
	}
	return p
}

// answers are those of the requests 1 and 2.
func (c *conn) answers() (one, two answer) {
	all := c.answersOf(2)
	return all[1], all[2]
}

// answersOf reads until all requests from 1 to n are ended, in whatever order;
// answer i is request i's.
func (c *conn) answersOf(n int) []answer {
	all := make([]answer, n+1)
	for open := n; open > 0; {
		r, ok := c.record()
		if !ok {
			break
		}
		if int(r.RequestID) > n {
			continue
		}
		a := &all[r.RequestID]
		if a.end != nil {
			continue
		}
		a.take(r, r.RequestID)
		if a.end != nil {
			open--
		}
	}
	for i := range all {
		if all[i].end == nil {
			all[i].ended, all[i].broken = c.ended, c.broken
		}
	}
	return all
}

// oneAfterTheOther makes n requests on a kept connection. A server may close it
// after any of them; then the next one goes over another.
func oneAfterTheOther(t *suite.T, n int, id func(i int) uint16, check string) {
	keeps(t)
	c, connections, on := dial(t), 1, 0
	for i := 0; i < n; i++ {
		c.Send(request(id(i), fcgi.KeepConn, get(t, ""))...)
		a := c.answer(id(i))
		switch {
		case a.end != nil && a.end.ProtocolStatus == fcgi.RequestComplete:
			on++
		case a.end != nil:
			t.Fail("%s\nrequest %d on its connection, with id %d, was ended with %v", check, on+1, id(i), a.end.ProtocolStatus)
		case a.answersOther(id(i)):
			t.Untested("request %d on its connection is answered with another id, %d", on+1, a.records[0].RequestID)
		case a.ended == suite.Nothing:
			t.Hang("%s\nrequest %d on its connection, with id %d, got no END_REQUEST: %s", check, on+1, id(i), a.why())
		case len(a.records) > 0:
			t.Fail("%s\nrequest %d on its connection, with id %d, got no END_REQUEST: %s", check, on+1, id(i), a.why())
		case connections == connectionsAtMost || on == 0:
			t.Untested("the server closed %d connections within %d requests", connections, i)
		default:
			c.Close()
			c, connections, on, i = dial(t), connections+1, 0, i-1
		}
	}
	if connections > 1 {
		t.Note("they went over %d connections, which the server closed", connections)
	}
}

// answersOther is whether an answer came, with another id than this one.
func (a answer) answersOther(id uint16) bool {
	return len(a.records) > 0 && !a.records[0].Type.IsManagement() && a.records[0].RequestID != id
}

// connectionsAtMost are enough for a server that closes after a hundred requests.
const connectionsAtMost = 12
