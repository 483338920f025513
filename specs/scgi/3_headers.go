package scgi

import (
	"fmt"
	"slices"

	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/3/duplicate-names", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-6", "SCGI-R-8"},
			Title: "a name comes once",
			Rule:  "Duplicate names are not allowed: of two lengths of one body each party could take another.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 5)
				refused(t, "a request with a name twice is refused", request(all, "abcde"),
					broken{what: "CONTENT_LENGTH 5, and 2 at the end", pieces: request(append(slices.Clone(all), header("CONTENT_LENGTH", "2")), "abcde")},
					broken{what: "REMOTE_ADDR twice", pieces: request(append(slices.Clone(all), header("REMOTE_ADDR", "10.0.0.1")), "abcde")})
			},
			Budget: suite.Several,
		},
		suite.Case{
			ID: "scgi/3/scgi-header", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-7"},
			Title: "SCGI is 1",
			Rule:  "There is always a header SCGI with the value 1: without it these are not this protocol's headers.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				requests := []broken{{what: "a request without SCGI", pieces: request(without(all, "SCGI"), "")}}
				for _, value := range []string{"2", "", " 1"} {
					requests = append(requests, broken{what: fmt.Sprintf("SCGI %q", value), pieces: request(with(all, "SCGI", value), "")})
				}
				refused(t, "a request without SCGI=1 is refused", request(all, ""), requests...)
			},
			Budget: suite.Several,
		},
		suite.Case{
			ID: "scgi/3/any-order", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-13"},
			Title: "behind CONTENT_LENGTH the order is free",
			Rule:  "Only the first header has its place: the others, SCGI with them, come in any order.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				slices.Reverse(all[1:])
				c := dial(t)
				c.Send(request(all, "")...)
				if a := c.answer(); !a.serves() {
					a.fails(t, "a request is served whose headers come in another order", fmt.Errorf("SCGI was the last of %d: %s", len(all), a.why()))
				}
			},
		},
		suite.Case{
			ID: "scgi/3/empty-value", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-8"},
			Title: "an empty value arrives as one", Needs: needsProbe, Budget: suite.Several,
			Rule: "A value may have no bytes: its variable is there all the same, at the headers' end too.",
			Run: func(t *suite.T) {
				const check = "variables with an empty value arrive"
				c := dial(t)
				c.Send(get(t, "", "FCGIKIT_EMPTY", "", "FCGIKIT_NEXT", "next", "FCGIKIT_LAST", "")...)
				sent := []cgi.Variable{{Name: "FCGIKIT_EMPTY"}, {Name: "FCGIKIT_NEXT", Value: "next"}, {Name: "FCGIKIT_LAST"}}
				cgi.Arrived(t, sent, served(t, c.answer(), check).Params, check)
			},
		},
		suite.Case{
			ID: "scgi/3/empty-name", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-9"},
			Title: "a name has at least one byte",
			Rule:  "A header's name is not empty.",
			Run: func(t *suite.T) {
				refused(t, "a request with an empty name is refused", get(t, "", "FCGIKIT_NAME", "value"),
					broken{what: "a header without a name", pieces: get(t, "", "", "value")})
			},
		},
		suite.Case{
			ID: "scgi/3/name-with-equals", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-R-9"},
			Title: "a name with = becomes no other variable", Needs: needsProbe, Budget: suite.Several,
			Rule: "NUL parts a name from its value, and nothing else does. FCGIKIT_A=B with the value C is not FCGIKIT_A with the value B=C.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(get(t, "", "FCGIKIT_A=B", "C")...)
				p, err := c.answer().probe()
				if err != nil {
					control(t, get(t, "", "FCGIKIT_A", "B"))
					t.Note("a request with such a name is not served: %v", err)
				}
				cgi.EqualsInName(t, p.Params)
			},
		},
		suite.Case{
			ID: "scgi/3/last-nul", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-10"},
			Title: "every name and value ends with NUL",
			Rule:  "A header is a name, NUL, a value, NUL: the last one, too.",
			Run: func(t *suite.T) {
				all := block(headers(t, "GET", "", 0))
				refused(t, "headers that break off are refused", framed(all+"FCGIKIT_LAST\x00value\x00", ""),
					broken{what: "a last value without its NUL", pieces: framed(all+"FCGIKIT_LAST\x00value", "")},
					broken{what: "a last name without a value", pieces: framed(all+"FCGIKIT_LAST\x00", "")})
			},
			Budget: suite.Several,
		},
		suite.Case{
			ID: "scgi/3/bytes", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-11"},
			Title: "values are bytes", Needs: needsProbe, Budget: suite.Several,
			Rule: "A value holds any byte but NUL, and arrives as it is.",
			Run: func(t *suite.T) {
				cgi.Bytes(t, func(name, value, check string) map[string]string {
					c := dial(t)
					defer c.Close()
					c.Send(get(t, "", name, value)...)
					return served(t, c.answer(), check).Params
				})
			},
		},
		suite.Case{
			ID: "scgi/3/httpoxy", Level: suite.May, Section: "RFC 3875 4.1.18", Link: "https://httpoxy.org", Rows: []string{"SCGI-R-7"},
			Title: "HTTP_PROXY", Needs: needsProbe,
			Rule: "HTTP_PROXY is the request's header Proxy, and to many programs the name of a proxy that they must trust.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(get(t, "", "HTTP_PROXY", "http://127.0.0.1:9")...)
				if p, err := c.answer().probe(); err == nil && p.Params["HTTP_PROXY"] != "" {
					t.Note("HTTP_PROXY reaches the application")
				}
			},
		},
	)
}
