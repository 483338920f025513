package scgi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// pauses keep two sends apart, so that they are two reads of the server's: the
// second one where a busy machine has let the first pass for none.
var pauses = []time.Duration{20 * time.Millisecond, 200 * time.Millisecond}

func init() {
	Cases.Add(
		splitCase("split-length", "SCGI-NS-2", "at the length's end", func(length, head int) []int { return []int{length, length + 1} }),
		splitCase("split-headers", "SCGI-NS-1", "within the headers", func(length, head int) []int { return []int{length + 9, head / 2} }),
		splitCase("split-comma", "SCGI-NS-3", "before the comma", func(_, head int) []int { return []int{head - 2, head - 1} }),
		suite.Case{
			ID: "scgi/4/body-apart", Level: suite.Must, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-NS-4"},
			Title: "the body may come in segments of its own", Needs: needsProbe, Budget: suite.Several,
			Rule: "The body follows the comma on a stream: with it, or later, and in any segments.",
			Run: func(t *suite.T) {
				const body, check = "the body of it", "a body that comes behind its headers arrives"
				pieces := post(t, "", body)
				last := len(pieces) - 1
				for _, at := range []int{0, 5} {
					for _, pause := range pauses {
						c := dial(t)
						c.Send(bytes.Join(pieces[:last], nil), []byte(body[:at]))
						time.Sleep(pause)
						c.Send([]byte(body[at:]))
						probeapp.BodyArrived(t, served(t, c.answer(), check), body, check)
						c.Close()
					}
				}
			},
		},
		lengthCase("leading-zeros", []string{"SCGI-NS-7"}, "a length with leading zeros is refused",
			"[len] begins with 0 exactly where the string is empty.", func(n int) []string {
				return []string{fmt.Sprintf("0%d", n), fmt.Sprintf("000%d", n)}
			}),
		lengthCase("length-digits", []string{"SCGI-NS-8", "SCGI-NS-9"}, "a length that is not digits is refused",
			"[len] is ASCII digits: no sign, no space and no other base.", func(n int) []string {
				return []string{fmt.Sprintf("+%d", n), fmt.Sprintf(" %d", n), fmt.Sprintf("%d ", n), fmt.Sprintf("%#x", n), fmt.Sprintf("-%d", n), ""}
			}),
		lengthCase("length-exact", []string{"SCGI-NS-6"}, "a length that is not the headers' is refused",
			"[len] is the length of the string: the comma stands there and nowhere else.", func(n int) []string {
				return []string{strconv.Itoa(n - 1), strconv.Itoa(n + 1)}
			}),
		lengthCase("length-huge", []string{"SCGI-NS-11"}, "a huge length is not taken for a small one",
			"[len] is the length, however many digits it has: what a server can't count to it refuses, or waits for.", func(n int) []string {
				return []string{strconv.Itoa(1<<32 + n), "1844674407370" + strconv.Itoa(9551616+n)} // n more than 2^32 and 2^64
			}),
		suite.Case{
			ID: "scgi/4/terminator", Level: suite.Must, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-NS-5"},
			Title: "a netstring ends with a comma", Budget: suite.Several,
			Rule: "Behind the string there is a comma, or it is no netstring.",
			Run: func(t *suite.T) {
				all := block(headers(t, "GET", "", 0))
				var requests []broken
				for _, end := range []string{";", "\n", "\x00"} {
					requests = append(requests, broken{what: fmt.Sprintf("a netstring that ends with %q", end), pieces: netstring(strconv.Itoa(len(all)), all, end)})
				}
				refused(t, "a netstring that does not end with a comma is refused", get(t, ""), requests...)
			},
		},
		suite.Case{
			ID: "scgi/4/refusal-closes", Level: suite.Should, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-NS-9", "SCGI-R-5"},
			Title: "what can't become a request is refused at once", Budget: suite.Several,
			Rule: "After a first byte that is no digit nothing can follow that makes it a request, so the connection need not be kept.",
			Run: func(t *suite.T) {
				const check = "the connection is closed where a length can't begin so"
				control(t, get(t, ""))
				for _, sent := range []string{"-5:,", ":,", strings.Repeat("x", 120), "GET / HTTP/1.0\r\n\r\n"} {
					c := dial(t)
					c.Send([]byte(sent))
					switch a := c.read(suite.SilentLimit); {
					case a.serves():
						t.Fail("%s\n%.20q is served: %s", check, sent, a.why())
					case a.ended == suite.Nothing:
						t.Fail("%s\n%v after %.20q it was open", check, suite.SilentLimit, sent)
					}
					c.Close()
				}
			},
		},
	)
}

// splitCase is that a request is served whole though it comes in two segments,
// with a pause between them, cut at certain places: of a length of so many digits
// and a head of so many bytes.
func splitCase(name, row, where string, cuts func(length, head int) []int) suite.Case {
	check := "a request that is cut " + where + " is served whole"
	return suite.Case{
		ID: "scgi/4/" + name, Level: suite.Must, Section: "SCGI 4", Link: link, Rows: []string{row},
		Title: "a segment may end " + where, Needs: needsProbe, Budget: suite.Several,
		Rule: "A netstring is a string of bytes on a stream, which may be cut anywhere: " + where + ", too.",
		Run: func(t *suite.T) {
			const body = "the body of it"
			pieces := post(t, "", body, "FCGIKIT_LAST", "yes")
			all := bytes.Join(pieces, nil)
			for _, at := range cuts(len(pieces[0]), len(all)-len(body)) {
				for _, pause := range pauses {
					c := dial(t)
					c.Send(all[:at])
					time.Sleep(pause)
					c.Send(all[at:])
					p := served(t, c.answer(), check)
					if p.Params["FCGIKIT_LAST"] != "yes" {
						t.Fail("%s\ncut behind byte %d: of its headers the application got %d, without the last", check, at, len(p.Params))
					}
					if p.Body.Length == int64(len(body)) { // that it comes at all is another case's affair
						probeapp.BodyArrived(t, p, body, check)
					}
					c.Close()
				}
			}
		},
	}
}

// lengthCase is that a request is refused whose netstring has a wrong length.
func lengthCase(name string, rows []string, check, rule string, lengths func(n int) []string) suite.Case {
	return suite.Case{
		ID: "scgi/4/" + name, Level: suite.Must, Section: "SCGI 4", Link: link, Rows: rows,
		Title: check, Rule: rule, Budget: suite.Several,
		Run: func(t *suite.T) {
			all := block(headers(t, "GET", "", 0))
			var requests []broken
			for _, length := range lengths(len(all)) {
				says, err := strconv.ParseInt(length, 10, 64)
				requests = append(requests, broken{
					what:   fmt.Sprintf("the length %q of %d bytes", length, len(all)),
					pieces: netstring(length, all, ","),
					short:  err == nil && says > int64(len(all)),
				})
			}
			refused(t, check, get(t, ""), requests...)
		},
	}
}
