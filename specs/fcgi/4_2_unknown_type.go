package fcgi

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// unknown is a management record of a type that the specification does not have.
func unknown(content string, padding int) []byte { return record(200, 0, content, padding) }

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/4.2/answered", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-1"},
			Title: "an unknown management type is answered", Budget: 20 * time.Second,
			Rule: "A management record of a type that the application does not know is answered with UNKNOWN_TYPE and that type.",
			Run: func(t *suite.T) {
				for _, typ := range []fcgi.Type{12, 100, 255} {
					c := dial(t)
					c.Send(record(typ, 0, "", 8))
					check := fmt.Sprintf("a management record of type %d is answered with UNKNOWN_TYPE", typ)
					r, ok := c.record()
					if !ok {
						nothing(t, c, check)
					}
					if r.Type != fcgi.TypeUnknownType || r.RequestID != 0 || len(r.Content) == 0 || fcgi.Type(r.Content[0]) != typ {
						c.about(r)
						t.Fail("%s\ngot %v, % x", check, r.Header, r.Content)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.2/body", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-1"},
			Title: "UNKNOWN_TYPE has its eight bytes",
			Rule:  "The content of UNKNOWN_TYPE is the type and seven reserved bytes.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(unknown("", 8))
				r, ok := c.record()
				if !ok || r.Type != fcgi.TypeUnknownType {
					t.Untested("an unknown management record was not answered with UNKNOWN_TYPE")
				}
				if len(r.Content) != fcgi.UnknownTypeLen {
					c.about(r)
					t.Fail("the content of UNKNOWN_TYPE has 8 bytes\ngot %d: % x", len(r.Content), r.Content)
				}
			},
		},
		reservedCase("fcgi/4.2/reserved-bytes", "4.2", "FCGI-4.2-1", "UNKNOWN_TYPE", fcgi.TypeUnknownType, 1,
			func(*suite.T) [][]byte { return [][]byte{unknown("", 8)} }),
		suite.Case{
			ID: "fcgi/4.2/content-skipped", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-2"},
			Title: "an unknown management record is skipped whole", Needs: needsProbe, Cut: true,
			Rule: "An unknown record ends where its lengths say: the request after it is served.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(append([][]byte{unknown(strings.Repeat("skip", 25), 0)}, request(1, 0, get(t, ""))...)...)
				served(t, c.answer(1), "a request is served after an unknown management record of 100 bytes")
			},
		},
		suite.Case{
			ID: "fcgi/4.2/no-parameters", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-3"},
			Title: "an unknown management record adds no parameters", Needs: needsProbe,
			Rule: "What an unknown management record holds belongs to no request's streams: not to its parameters.",
			Run: func(t *suite.T) {
				const check = "an unknown management record adds no parameters"
				c := dial(t)
				leak := string(fcgi.AppendPair(nil, "FCGIKIT_LEAKED", "yes"))
				c.Send(begin(1, fcgi.Responder, 0), unknown(leak, 0), params(1, get(t, "")), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				if _, ok := served(t, c.answer(1), check).Params["FCGIKIT_LEAKED"]; ok {
					t.Fail("%s\nFCGIKIT_LEAKED, its content, reached the application", check)
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.2/no-body", Level: suite.Must, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-4"},
			Title: "an unknown management record adds nothing to a body", Needs: needsProbe,
			Rule: "What an unknown management record holds belongs to no request's streams: not to its body.",
			Run: func(t *suite.T) {
				const check = "a body arrives unchanged with an unknown management record within it"
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "", 6)), endOf(fcgi.TypeParams, 1),
					stdin(1, "abc"), unknown("this is no body byte", 0), stdin(1, "def"), endOf(fcgi.TypeStdin, 1))
				probeapp.BodyArrived(t, served(t, c.answer(1), check), "abcdef", check)
			},
		},
		suite.Case{
			ID: "fcgi/4.2/types-of-applications", Level: suite.May, Section: "FastCGI 4.2", Link: link("4.2"), Rows: []string{"FCGI-4.2-5"},
			Title: "management types that only an application sends", Hurts: true, Budget: 15 * time.Second,
			Rule: "The text does not say what an application does with GET_VALUES_RESULT and UNKNOWN_TYPE, which are its own.",
			Run: func(t *suite.T) {
				for _, typ := range []fcgi.Type{fcgi.TypeGetValuesResult, fcgi.TypeUnknownType} {
					c := dial(t)
					c.Send(append([][]byte{record(typ, 0, "", 8)}, request(1, 0, get(t, ""))...)...)
					if a := c.answer(1); a.end == nil {
						t.Note("a request is not served after %v: %s", typ, a.why())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/4.2/unknown-type-of-request", Level: suite.May, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-4.2-6"},
			Title: "an unknown type with an active id", Needs: needsProbe,
			Rule: "The text has UNKNOWN_TYPE for management records alone, and is silent about an unknown type that has a request's id.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, get(t, "")), record(100, 1, "x", 0),
					params(1, fcgi.AppendPair(nil, "FCGIKIT_AFTER", "yes")), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				a := c.answer(1)
				for _, r := range a.records {
					if r.Type == fcgi.TypeUnknownType {
						t.Note("an unknown type with an active id is answered with %v", r.Header)
					}
				}
				if p, err := a.probe(); err != nil {
					t.Note("a request is not served with a record of unknown type within it: %s", a.ending())
				} else if p.Params["FCGIKIT_AFTER"] != "yes" {
					t.Note("a request is served without the parameters that follow a record of unknown type")
				}
			},
		},
	)
}
