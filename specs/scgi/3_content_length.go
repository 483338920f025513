package scgi

import (
	"fmt"
	"slices"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/3/content-length-first", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-1"},
			Title: "CONTENT_LENGTH comes first",
			Rule:  "The first header is CONTENT_LENGTH: a request where it comes later is none.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				refused(t, "a request where CONTENT_LENGTH is not first is refused", request(all, ""),
					broken{what: "CONTENT_LENGTH as the second header", pieces: request(slices.Concat(all[1:2], all[:1], all[2:]), "")},
					broken{what: "CONTENT_LENGTH as the last header", pieces: request(slices.Concat(all[1:], all[:1]), "")})
			},
			Budget: suite.Several,
		},
		suite.Case{
			ID: "scgi/3/content-length-missing", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-2", "SCGI-NS-10"},
			Title: "CONTENT_LENGTH is always there",
			Rule:  "CONTENT_LENGTH must be present, also where there is no body.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				refused(t, "a request without CONTENT_LENGTH is refused", request(all, ""),
					broken{what: "a request without CONTENT_LENGTH", pieces: request(without(all, "CONTENT_LENGTH"), "")},
					broken{what: "a request without any header", pieces: framed("", "")})
			},
			Budget: suite.Several,
		},
		suite.Case{
			ID: "scgi/3/content-length-digits", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-3", "SCGI-HDR-4"},
			Title: "CONTENT_LENGTH is digits",
			Rule:  "The value of CONTENT_LENGTH is one or more ASCII digits, and nothing else.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 5)
				var requests []broken
				for _, value := range []string{"+5", "5 ", "-1", "five", ""} {
					requests = append(requests, broken{what: fmt.Sprintf("CONTENT_LENGTH %q", value), pieces: request(with(all, "CONTENT_LENGTH", value), "abcde")})
				}
				refused(t, "a CONTENT_LENGTH that is not digits is refused", request(all, "abcde"), requests...)
			},
			Budget: suite.Several,
		},
		suite.Case{
			ID: "scgi/3/content-length-huge", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-14"},
			Title: "a huge CONTENT_LENGTH is not taken for a small one", Needs: needsProbe, Budget: suite.Several,
			Rule: "The value is the body's length, however many digits it has: what a server can't count to it refuses, or waits for.",
			Run: func(t *suite.T) {
				const check = "a huge CONTENT_LENGTH is not taken for a small one"
				all := headers(t, "POST", "", 5)
				control(t, request(all, "abcde"))
				for _, value := range []string{"4294967299", "18446744073709551619"} { // 3 more than 2^32 and 2^64
					c := dial(t)
					c.Send(request(with(all, "CONTENT_LENGTH", value), "abcde")...)
					switch p, err := c.soon().probe(); {
					case err != nil: // refused, or waited for
					case p.Body.Length == 3:
						t.Fail("%s\nof 5 bytes that came with CONTENT_LENGTH %s the application got 3", check, value)
					default:
						t.Note("of 5 bytes that came with CONTENT_LENGTH %s the application got %d", value, p.Body.Length)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "scgi/3/content-length-zeros", Level: suite.May, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-5"},
			Title: "leading zeros of CONTENT_LENGTH", Needs: needsProbe,
			Rule: "The text forbids leading zeros to the netstring's length, and says nothing of CONTENT_LENGTH's.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(with(headers(t, "POST", "", 5), "CONTENT_LENGTH", "0005"), "abcde")...)
				if p, err := c.answer().probe(); err != nil {
					t.Note("CONTENT_LENGTH 0005 is refused")
				} else if p.Body.Length != 5 {
					t.Note("CONTENT_LENGTH 0005 is taken for %d", p.Body.Length)
				}
			},
		},
	)
}
