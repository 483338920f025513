package scgi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/3/body", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-3"},
			Title: "a body arrives whole", Needs: needsProbe, Budget: several,
			Rule: "The body is as many bytes behind the headers as CONTENT_LENGTH says, of any value.",
			Run: func(t *suite.T) {
				const check = "a body of any size arrives"
				for _, n := range []int{0, 1, 8191, 8193, 70000} {
					c := dial(t)
					body := binary(n)
					c.Send(post(t, "", body)...)
					bodyArrived(t, served(t, c.answer(), check), body, check)
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "scgi/3/body-ends", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-5"},
			Title: "what follows the body is no part of it", Needs: needsProbe,
			Rule: "The body has as many bytes as CONTENT_LENGTH says, though more may come.",
			Run: func(t *suite.T) {
				const check = "bytes behind the body are not delivered"
				c := dial(t)
				c.Send(append(post(t, "", "abc"), []byte("EXTRA"))...)
				bodyArrived(t, served(t, c.answer(), check), "abc", check)
			},
		},
		suite.Case{
			ID: "scgi/3/short-body", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-8"},
			Title: "a body that breaks off ends the request", Needs: needsProbe, Hurts: true,
			Rule: "A client may go at any time. The rest of its body will not come, so waiting for it is over, and nothing stands in for it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(headers(t, "POST", "", 10), "abc")...)
				c.CloseWrite()
				a := c.answer()
				if len(a.bytes) == 0 && a.ended == suite.Nothing {
					t.Hang("a request whose body breaks off is ended\n3 of 10 bytes were sent, and this side closed: %s", a.why())
				}
				if p, err := a.probe(); err == nil && p.Body.Length > 3 {
					t.Fail("a body that breaks off is not filled up\nof 10 bytes 3 were sent, and the application got %d", p.Body.Length)
				}
			},
		},
		suite.Case{
			ID: "scgi/3/content-length-first", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-1"},
			Title: "CONTENT_LENGTH comes first",
			Rule:  "The first header is CONTENT_LENGTH: a request where it comes later is none.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				refused(t, "a request where CONTENT_LENGTH is not first is refused", request(all, ""),
					broken{"CONTENT_LENGTH as the second header", request(slices.Concat(all[1:2], all[:1], all[2:]), "")},
					broken{"CONTENT_LENGTH as the last header", request(slices.Concat(all[1:], all[:1]), "")})
			},
			Budget: several,
		},
		suite.Case{
			ID: "scgi/3/content-length-missing", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-2", "SCGI-NS-10"},
			Title: "CONTENT_LENGTH is always there",
			Rule:  "CONTENT_LENGTH must be present, also where there is no body.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				refused(t, "a request without CONTENT_LENGTH is refused", request(all, ""),
					broken{"a request without CONTENT_LENGTH", request(without(all, "CONTENT_LENGTH"), "")},
					broken{"a request without any header", framed("", "")})
			},
			Budget: several,
		},
		suite.Case{
			ID: "scgi/3/content-length-digits", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-3", "SCGI-HDR-4"},
			Title: "CONTENT_LENGTH is digits",
			Rule:  "The value of CONTENT_LENGTH is one or more ASCII digits, and nothing else.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 5)
				var requests []broken
				for _, value := range []string{"+5", "5 ", "-1", "five", ""} {
					requests = append(requests, broken{fmt.Sprintf("CONTENT_LENGTH %q", value), request(with(all, "CONTENT_LENGTH", value), "abcde")})
				}
				refused(t, "a CONTENT_LENGTH that is not digits is refused", request(all, "abcde"), requests...)
			},
			Budget: several,
		},
		suite.Case{
			ID: "scgi/3/content-length-huge", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-14"},
			Title: "a huge CONTENT_LENGTH is not taken for a small one", Needs: needsProbe,
			Rule: "The value is the body's length, however many digits it has: what a server can't count to it refuses, or waits for.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 3)
				control(t, request(all, "abc"))
				for _, value := range []string{"4294967299", "18446744073709551619"} { // 3 more than 2^32 and 2^64
					c := dial(t)
					c.Send(request(with(all, "CONTENT_LENGTH", value), "abc")...)
					if p, err := c.read(time.Second).probe(); err == nil && p.Body.Length > 0 {
						t.Fail("a huge CONTENT_LENGTH is not taken for a small one\n%s was served with a body of %d bytes, when 3 had come", value, p.Body.Length)
					} else if err == nil {
						t.Note("CONTENT_LENGTH %s is taken for no body", value)
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
		suite.Case{
			ID: "scgi/3/duplicate-names", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-6", "SCGI-R-8"},
			Title: "a name comes once",
			Rule:  "Duplicate names are not allowed: of two lengths of one body each party could take another.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 5)
				refused(t, "a request with a name twice is refused", request(all, "abcde"),
					broken{"CONTENT_LENGTH 5, and 2 at the end", request(append(slices.Clone(all), header("CONTENT_LENGTH", "2")), "abcde")},
					broken{"REMOTE_ADDR twice", request(append(slices.Clone(all), header("REMOTE_ADDR", "10.0.0.1")), "abcde")})
			},
			Budget: several,
		},
		suite.Case{
			ID: "scgi/3/scgi-header", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-7"},
			Title: "SCGI is 1",
			Rule:  "There is always a header SCGI with the value 1: without it these are not this protocol's headers.",
			Run: func(t *suite.T) {
				all := headers(t, "GET", "", 0)
				requests := []broken{{"a request without SCGI", request(without(all, "SCGI"), "")}}
				for _, value := range []string{"2", "", " 1"} {
					requests = append(requests, broken{fmt.Sprintf("SCGI %q", value), request(with(all, "SCGI", value), "")})
				}
				refused(t, "a request without SCGI=1 is refused", request(all, ""), requests...)
			},
			Budget: several,
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
			Title: "an empty value arrives as one", Needs: needsProbe,
			Rule: "A value may have no bytes: its variable is there all the same, at the headers' end too.",
			Run: func(t *suite.T) {
				const check = "variables with an empty value arrive"
				c := dial(t)
				c.Send(get(t, "", "FCGIKIT_EMPTY", "", "FCGIKIT_NEXT", "next", "FCGIKIT_LAST", "")...)
				p := served(t, c.answer(), check)
				for name, want := range map[string]string{"FCGIKIT_EMPTY": "", "FCGIKIT_NEXT": "next", "FCGIKIT_LAST": ""} {
					if got, ok := p.Params[name]; !ok || got != want {
						t.Fail("%s\nexpected %s=%q, got %q (there: %v)", check, name, want, got, ok)
					}
				}
			},
		},
		suite.Case{
			ID: "scgi/3/empty-name", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-9"},
			Title: "a name has at least one byte",
			Rule:  "A header's name is not empty.",
			Run: func(t *suite.T) {
				refused(t, "a request with an empty name is refused", get(t, "", "FCGIKIT_NAME", "value"),
					broken{"a header without a name", get(t, "", "", "value")})
			},
		},
		suite.Case{
			ID: "scgi/3/last-nul", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-10"},
			Title: "every name and value ends with NUL",
			Rule:  "A header is a name, NUL, a value, NUL: the last one, too.",
			Run: func(t *suite.T) {
				all := block(headers(t, "GET", "", 0))
				refused(t, "headers that break off are refused", framed(all+"FCGIKIT_LAST\x00value\x00", ""),
					broken{"a last value without its NUL", framed(all+"FCGIKIT_LAST\x00value", "")},
					broken{"a last name without a value", framed(all+"FCGIKIT_LAST\x00", "")})
			},
			Budget: several,
		},
		suite.Case{
			ID: "scgi/3/bytes", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-11"},
			Title: "values are bytes", Needs: needsProbe, Budget: several,
			Rule: "A value holds any byte but NUL, and arrives as it is.",
			Run: func(t *suite.T) {
				const check = "a value of any bytes arrives unchanged"
				for first := 1; first < 256; first += 51 {
					var sent []byte
					var want []rune // the probe application gives each byte as a code point
					for b := first; b < first+51; b++ {
						sent, want = append(sent, byte(b)), append(want, rune(b))
					}
					c := dial(t)
					c.Send(get(t, "", "FCGIKIT_BYTES", string(sent))...)
					if got := served(t, c.answer(), check).Params["FCGIKIT_BYTES"]; got != string(want) {
						t.Fail("%s\nexpected the bytes %d to %d, the application got %q", check, first, first+50, got)
					}
					c.Close()
				}
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

// binary is a body of all byte values.
func binary(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i + i/256)
	}
	return string(b)
}

// many are so many bytes of headers, of usual ones.
func many(size int) []string {
	var list []string
	for i := 0; size > 0; i++ {
		n := min(size, 500)
		list = append(list, fmt.Sprintf("HTTP_X_FCGIKIT_%d", i), strings.Repeat("v", n))
		size -= n
	}
	return list
}
