package scgi

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/scgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/robustness/nul-headers", Level: suite.Robustness, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-R-4"},
			Title: "headers that are none do no harm", Hurts: true, Budget: suite.Several,
			Rule: "NUL bytes alone are no headers, nor is what has no NUL, however long it is.",
			Run: func(t *suite.T) {
				control(t, get(t, ""))
				for _, block := range []string{
					"\x00", strings.Repeat("\x00", 1000), strings.Repeat("\x00", 1<<20),
					"CONTENT_LENGTH", "CONTENT_LENGTH\x00", strings.Repeat("name", 1000),
				} {
					c := dial(t)
					c.Send(framed(block, "")...)
					c.Leave()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/odd-names", Level: suite.Robustness, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-R-9"},
			Title: "names that mean something elsewhere do no harm", Hurts: true, Budget: suite.Several,
			Rule: "Names are bytes that a client may choose: the process's own environment is another.",
			Run: func(t *suite.T) {
				control(t, get(t, ""))
				for _, name := range []string{"FCGIKIT\nLINE", "FCGIKIT=", "=", "PATH", "LD_PRELOAD", "IFS"} {
					c := dial(t)
					c.Send(get(t, "", name, "fcgikit")...)
					a := c.answer()
					noHang(t, a, "a request with an odd name is answered or refused")
					if p, err := a.probe(); err == nil && p.Params[name] != "fcgikit" {
						t.Note("%q does not arrive", name)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/mutated", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-R-12"},
			Title: "requests with errors of any kind do no harm", Hurts: true, Budget: 2 * time.Minute,
			Rule: survives,
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 4)
				control(t, request(all, "body"))
				t.Mutations(60, func() []byte { return mutated(t, all, "body") }, func() {
					beside(t, "a plain request between those with errors is answered")
				})
			},
		},
	)
}

// mutated is a request with a few errors, in its headers or anywhere: bits that
// are turned, bytes that lack, and bytes that come twice.
func mutated(t *suite.T, headers []scgi.Header, body string) []byte {
	r := t.Random()
	b := []byte(block(headers))
	inHeaders := r.IntN(2) == 0
	if !inHeaders {
		b = bytes.Join(request(headers, body), nil)
	}
	for range 1 + r.IntN(4) {
		at := r.IntN(len(b))
		end := min(len(b), at+1+r.IntN(8))
		switch r.IntN(4) {
		case 0:
			b = slices.Delete(b, at, end)
		case 1:
			b = slices.Insert(b, at, bytes.Clone(b[at:end])...)
		default:
			b[at] ^= 1 << r.IntN(8)
		}
	}
	if inHeaders { // so that they are read
		return bytes.Join(framed(string(b), body), nil)
	}
	return b
}
