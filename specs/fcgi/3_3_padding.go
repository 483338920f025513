package fcgi

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		paddingCase("begin", "BEGIN_REQUEST", "FCGI-3.3-6", func(t *suite.T) [][]byte {
			role := fcgi.BeginRequestBody{Role: fcgi.Responder}
			return [][]byte{padded(fcgi.TypeBeginRequest, 1, string(role.Append(nil)), somePad(t)), params(1, get(t, "")),
				endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1)}
		}),
		paddingCase("params", "PARAMS", "FCGI-3.3-4", func(t *suite.T) [][]byte {
			return [][]byte{begin(1, fcgi.Responder, 0), padded(fcgi.TypeParams, 1, string(get(t, "")), somePad(t)),
				endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1)}
		}),
		suite.Case{
			ID: "fcgi/3.3/padding-end-of-params", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-7"},
			Title: "the padding of the empty PARAMS record is skipped", Needs: needsProbe, Over: []suite.Axis{padding},
			Rule: "A record without content may have padding: that of the end of PARAMS is no part of what follows.",
			Run: func(t *suite.T) {
				const body = "abc"
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "", len(body))), padded(fcgi.TypeParams, 1, "", somePad(t)),
					stdin(1, body), endOf(fcgi.TypeStdin, 1))
				const check = "a body arrives after a padded end of PARAMS"
				probeapp.BodyArrived(t, served(t, c.answer(1), check), body, check)
			},
		},
		suite.Case{
			ID: "fcgi/3.3/padding-stdin", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-5"},
			Title: "the padding of STDIN is skipped", Needs: needsProbe, Cut: true, Over: []suite.Axis{padding},
			Rule: "Padding is no part of a stream: a body is the same whatever pads its records.",
			Run: func(t *suite.T) {
				const body = "the first half, the second half"
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "", len(body))), endOf(fcgi.TypeParams, 1),
					padded(fcgi.TypeStdin, 1, body[:15], somePad(t)), padded(fcgi.TypeStdin, 1, body[15:], somePad(t)), endOf(fcgi.TypeStdin, 1))
				const check = "a body in padded records arrives unchanged"
				probeapp.BodyArrived(t, served(t, c.answer(1), check), body, check)
			},
		},
		suite.Case{
			ID: "fcgi/3.3/padding-end-of-stdin", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-8"},
			Title: "the padding of the empty STDIN record is skipped", Over: []suite.Axis{padding}, Budget: twoAnswers,
			Rule: "A record without content may have padding: the next request begins after that of the end of STDIN.",
			Run: func(t *suite.T) {
				n, a := twice(t, somePad(t))
				switch {
				case n == 2:
					return
				case n == 0:
					t.Untested("the first request did not come to its END_REQUEST")
				}
				if m, _ := twice(t, 0); m < 2 {
					t.Untested("a connection does not serve a second request without padding, either")
				}
				completed(t, a, "a kept connection serves the next request after a padded end of STDIN")
			},
		},
		managementPaddingCase("get-values", "GET_VALUES", func(pad int) []byte {
			return padded(fcgi.TypeGetValues, fcgi.NullRequestID, string(fcgi.AppendPair(nil, fcgi.FCGI_MPXS_CONNS, "")), pad)
		}),
		managementPaddingCase("unknown-type", "an unknown management record", func(pad int) []byte {
			return padded(200, fcgi.NullRequestID, "", pad)
		}),
		managementPaddingCase("abort", "a stray ABORT_REQUEST", func(pad int) []byte {
			return padded(fcgi.TypeAbortRequest, 9, "", pad)
		}),
		suite.Case{
			ID: "fcgi/3.3/padding-like-records", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-10"},
			Title: "padding that looks like records is none", Needs: needsProbe,
			Rule: "The bytes of padding mean nothing, whatever they are: those of ABORT_REQUEST, too.",
			Run: func(t *suite.T) {
				const check = "a request is served whose padding looks like ABORT_REQUEST"
				c := dial(t)
				abort := fcgi.AppendAbortRequest(nil, 1)
				r := fcgi.Record{Content: get(t, "", "FCGIKIT_PADDED", "yes"), Padding: bytes.Repeat(abort, 2)}
				r.Header = fcgi.Header{Version: fcgi.Version, Type: fcgi.TypeParams, RequestID: 1, ContentLength: uint16(len(r.Content)), PaddingLength: uint8(len(r.Padding))}
				c.Send(begin(1, fcgi.Responder, 0), r.Append(nil), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				if p := served(t, c.answer(1), check); p.Params["FCGIKIT_PADDED"] != "yes" {
					t.Fail("%s\nits parameters are lost: the application got %d", check, len(p.Params))
				}
			},
		},
	)
}

// paddingCase is that the padding of a record is skipped, of any size.
func paddingCase(name, typ, row string, records func(t *suite.T) [][]byte) suite.Case {
	check := "a request with padding in " + typ + " is served whole"
	return suite.Case{
		ID: "fcgi/3.3/padding-" + name, Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{row},
		Title: "the padding of " + typ + " is skipped", Needs: needsProbe, Cut: true, Over: []suite.Axis{padding},
		Rule: fmt.Sprintf("The receiver skips as many bytes after a record's content as PaddingLength says: those of %s too.", typ),
		Run: func(t *suite.T) {
			c := dial(t)
			c.Send(records(t)...)
			p := served(t, c.answer(1), check)
			if p.Params["REQUEST_METHOD"] != "GET" || p.Params["HTTP_HOST"] != "localhost" {
				t.Fail("%s\nwith %d bytes of it the application got %d parameters, REQUEST_METHOD=%q", check, somePad(t), len(p.Params), p.Params["REQUEST_METHOD"])
			}
			for name := range p.Params {
				if strings.ContainsAny(name, "\x00\u00ff") || name == "" {
					t.Fail("%s\nits padding became the parameter %q", check, name)
				}
			}
		},
	}
}

// managementPaddingCase is that the padding of a record is skipped that comes
// before a request: where the record without padding is let pass.
func managementPaddingCase(name, what string, record func(pad int) []byte) suite.Case {
	return suite.Case{
		ID: "fcgi/3.3/padding-" + name, Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-9"},
		Title: "the padding of " + what + " is skipped", Over: []suite.Axis{padding}, Budget: twoAnswers,
		Rule: "The receiver skips as many bytes after a record's content as PaddingLength says, whatever the record is.",
		Run: func(t *suite.T) {
			after := func(pad int) [][]byte { return append([][]byte{record(pad)}, request(someID, 0, get(t, ""))...) }
			likePlain(t, paged, after(somePad(t)), after(0), "a request is served after the padding of "+what)
		},
	}
}

// padded is a record with padding that no receiver takes for an empty one.
func padded(typ fcgi.Type, id uint16, content string, pad int) []byte {
	h := fcgi.Header{Version: fcgi.Version, Type: typ, RequestID: id, ContentLength: uint16(len(content)), PaddingLength: uint8(pad)}
	return fcgi.Record{Header: h, Content: []byte(content), Padding: bytes.Repeat([]byte{0xff}, pad)}.Append(nil)
}

// somePad is the size of padding of this run, of eight bytes where the axis has
// its default, none.
func somePad(t *suite.T) int {
	if n := pad(t); n > 0 {
		return n
	}
	return 8
}

// twice sends two requests on one connection, the first with so much padding at
// its end. It is how many came to their END_REQUEST, and the last answer.
func twice(t *suite.T, pad int) (n int, a answer) {
	c := dial(t)
	defer c.Close()
	first := request(1, fcgi.KeepConn, get(t, ""))
	first[3] = padded(fcgi.TypeStdin, 1, "", pad)
	c.Send(first...)
	if a = c.answer(1); a.end == nil {
		return 0, a
	}
	c.Send(request(2, 0, get(t, ""))...)
	if a = c.answer(2); a.end == nil {
		return 1, a
	}
	return 2, a
}
