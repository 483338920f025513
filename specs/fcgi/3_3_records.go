package fcgi

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// link leads to a section of the specification.
func link(section string) string {
	return "https://fastcgi-archives.github.io/FastCGI_Specification.html#S" + section
}

var needsProbe = suite.Needs{Probe: true}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/3.3/version", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-1"},
			Title: "every record has version 1",
			Rule:  "The version of each record that the application sends is 1.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				for _, r := range c.answer(1).records {
					if r.Version != fcgi.Version {
						t.Fail("every record has version 1\nexpected version 1 in %v, got %d", r.Header, r.Version)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/request-id", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-2"},
			Title: "an answer's records have the request's id",
			Rule:  "The records of an answer carry the request id of its request, both bytes of it.",
			Run: func(t *suite.T) {
				for _, id := range []uint16{1, 255, 256, 0x0102, 65535} {
					c := dial(t)
					c.Send(request(id, 0, get(t, ""))...)
					r, ok := c.record()
					if !ok {
						t.Fail("an answer's records have the request's id\nno record came for request %d: %s", id, c.ended)
					}
					if r.RequestID != id {
						t.Fail("an answer's records have the request's id\nexpected request id %d, got %v", id, r.Header)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/nothing-left-over", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-3"},
			Title: "all that is sent is whole records",
			Rule:  "ContentLength and PaddingLength are those of the bytes that follow, so that the connection ends where a record does.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				for {
					if _, ok := c.record(); !ok {
						break
					}
				}
				if c.broken != nil {
					t.Fail("all that is sent is whole records\n%v: % x", c.broken, c.Buffered()[:min(16, len(c.Buffered()))])
				}
			},
		},
		paddingCase("params", "PARAMS", "FCGI-3.3-4", func(t *suite.T, pad int) [][]byte {
			return [][]byte{begin(1, fcgi.Responder, 0), record(fcgi.TypeParams, 1, string(get(t, "")), pad),
				endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1)}
		}),
		paddingCase("begin", "BEGIN_REQUEST", "FCGI-3.3-6", func(t *suite.T, pad int) [][]byte {
			role := fcgi.BeginRequestBody{Role: fcgi.Responder}
			return [][]byte{record(fcgi.TypeBeginRequest, 1, string(role.Append(nil)), pad), params(1, get(t, "")),
				endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1)}
		}),
		suite.Case{
			ID: "fcgi/3.3/padding-stdin", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-5"},
			Title: "the padding of STDIN is skipped", Needs: needsProbe, Cut: true,
			Rule: "Padding is no part of a stream: a body is the same whatever pads its records.",
			Run: func(t *suite.T) {
				const body = "the first half, the second half"
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "", len(body))), endOf(fcgi.TypeParams, 1),
					record(fcgi.TypeStdin, 1, body[:15], 255), record(fcgi.TypeStdin, 1, body[15:], 7), endOf(fcgi.TypeStdin, 1))
				const check = "a body in padded records arrives unchanged"
				bodyArrived(t, served(t, c.answer(1), check), body, check)
			},
		},
		suite.Case{
			ID: "fcgi/3.3/pair-straddles-records", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-14", "FCGI-3.3-16"},
			Title: "a pair may straddle PARAMS records", Needs: needsProbe,
			Rule: "The value of a stream does not depend on how its bytes are divided among records: a pair may be cut anywhere, within a length too.",
			Run: func(t *suite.T) {
				value := strings.Repeat("v", 200)
				last := fcgi.AppendPair(nil, "FCGIKIT_LAST", value)
				for _, at := range []int{1, 2, 3, 4, 5, 8, 17, 100, len(last) - 1} {
					pairs := get(t, "", "FCGIKIT_LAST", value)
					cut := len(pairs) - len(last) + at
					c := dial(t)
					c.Send(begin(1, fcgi.Responder, 0), params(1, pairs[:cut]), params(1, pairs[cut:]),
						endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
					p := served(t, c.answer(1), "a pair that straddles two records arrives")
					if p.Params["FCGIKIT_LAST"] != value {
						t.Fail("a pair that straddles two records arrives\ncut after byte %d of it: expected a value of 200 bytes, the application got %d", at, len(p.Params["FCGIKIT_LAST"]))
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/end-of-stdout", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-19"},
			Title: "STDOUT ends with one empty record",
			Rule:  "A stream is ended by one empty record of its type, and STDOUT is always sent, if only as that.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				a := c.answer(1)
				empty := 0
				for _, r := range a.of(fcgi.TypeStdout, 1) {
					if empty > 0 {
						t.Fail("nothing of STDOUT follows its end\n%v came after the empty record", r.Header)
					}
					if r.ContentLength == 0 {
						empty++
					}
				}
				if empty != 1 {
					t.Fail("STDOUT ends with one empty record\nexpected one, got %d before END_REQUEST", empty)
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/nothing-after-end", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-21"},
			Title: "nothing follows END_REQUEST for its id",
			Rule:  "END_REQUEST makes a request id inactive: no record of it follows.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				if a := c.answer(1); a.end == nil {
					t.Untested("the request did not come to its END_REQUEST")
				}
				end, more := suite.Open, len(c.Buffered()) > 0
				if !more {
					end, more = c.More(500 * time.Millisecond)
				}
				if more {
					t.Fail("nothing follows END_REQUEST\n%d bytes came after it: % x", len(c.Buffered()), c.Buffered()[:min(16, len(c.Buffered()))])
				} else if end == suite.FIN || end == suite.RST {
					t.Note("%s after END_REQUEST", end)
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/types", Level: suite.Must, Section: "FastCGI A", Link: link("A"), Rows: []string{"FCGI-3.3-22"},
			Title: "only an application's types are sent",
			Rule:  "An application sends STDOUT, STDERR and END_REQUEST for a request, GET_VALUES_RESULT and UNKNOWN_TYPE without one, and nothing else.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				for _, r := range c.answer(1).records {
					if r.Type.FromServer() || r.Type == 0 || r.Type > fcgi.MaxType || r.Type.IsManagement() != (r.RequestID == 0) {
						t.Fail("only an application's types are sent\n%v is none that an application sends", r.Header)
					}
				}
			},
		},
		strayCase("fcgi/3.3/inactive-id", "3.3", "FCGI-3.3-24", "stream records", func(t *suite.T) [][]byte {
			return [][]byte{params(9, get(t, "")), endOf(fcgi.TypeParams, 9), stdin(9, "x")}
		}),
		strayCase("fcgi/5.4/abort-of-inactive-id", "5.4", "FCGI-3.3-25", "ABORT_REQUEST", func(*suite.T) [][]byte {
			return [][]byte{fcgi.AppendAbortRequest(nil, 9)}
		}),
		suite.Case{
			ID: "fcgi/3.3/foreign-params", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-27"},
			Title: "another id's parameters are not mixed in", Needs: needsProbe,
			Rule: "A record belongs to the request of its id and to no other.",
			Run: func(t *suite.T) {
				c := dial(t)
				evil := fcgi.AppendPair(nil, "FCGIKIT_EVIL", "yes")
				c.Send(begin(1, fcgi.Responder, 0), params(7, evil), params(1, get(t, "")), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				p, err := c.answer(1).probe()
				if err != nil {
					t.Untested("a request with another id's records in it was not served: %v", err)
				}
				if _, ok := p.Params["FCGIKIT_EVIL"]; ok {
					t.Fail("the request is served without the other id's parameters\nFCGIKIT_EVIL, sent with id 7, reached the application of request 1")
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
				c.Send(append([][]byte{stray}, request(1, 0, get(t, ""))...)...)
				h, _ := fcgi.ParseHeader(stray)
				a := completed(t, c.answer(1), fmt.Sprintf("a request is served after %s of an inactive id\nit came after %v", what, h))
				for _, r := range a.records {
					if r.RequestID == 9 {
						t.Fail("%s of an inactive id: not answered\n%v came", what, r.Header)
					}
				}
				c.Close()
			}
		},
	}
}

// paddingCase is that the padding of a record is skipped, of any size.
func paddingCase(name, typ, row string, records func(t *suite.T, pad int) [][]byte) suite.Case {
	return suite.Case{
		ID: "fcgi/3.3/padding-" + name, Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{row},
		Title: "the padding of " + typ + " is skipped", Needs: needsProbe, Cut: true,
		Rule: fmt.Sprintf("The receiver skips as many bytes after a record's content as PaddingLength says: those of %s too.", typ),
		Run: func(t *suite.T) {
			for _, pad := range []int{1, 7, 8, 255} {
				c := dial(t)
				c.Send(records(t, pad)...)
				p := served(t, c.answer(1), "a request with padding in "+typ+" is served whole")
				if p.Params["REQUEST_METHOD"] != "GET" || p.Params["HTTP_HOST"] != "localhost" {
					t.Fail("a request with padding in %s is served whole\nwith %d bytes of it the application got %d parameters, REQUEST_METHOD=%q", typ, pad, len(p.Params), p.Params["REQUEST_METHOD"])
				}
				if len(p.Params) > 0 {
					for name := range p.Params {
						if strings.ContainsRune(name, 0) || name == "" {
							t.Fail("a request with padding in %s is served whole\nits padding became the parameter %q", typ, name)
						}
					}
				}
				c.Close()
			}
		},
	}
}
