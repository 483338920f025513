package fcgi

import (
	"strings"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/3.4/lengths", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-1", "FCGI-3.4-2"},
			Title: "values of any length arrive", Needs: needsProbe, Cut: true,
			Rule: "A length up to 127 takes one byte, a longer one four.",
			Run: func(t *suite.T) {
				for _, n := range []int{1, 126, 127, 128, 255, 256, 1500} {
					value := strings.Repeat("x", n)
					c := dial(t)
					c.Send(request(1, 0, get(t, "", "FCGIKIT_VALUE", value))...)
					p := served(t, c.answer(1), "a value of any length arrives")
					if p.Params["FCGIKIT_VALUE"] != value {
						t.Fail("a value of any length arrives\nof %d bytes the application got %d", n, len(p.Params["FCGIKIT_VALUE"]))
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.4/empty-value", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-5"},
			Title: "an empty value arrives as one", Needs: needsProbe,
			Rule: "A value may have no bytes: its variable is there all the same.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "", "FCGIKIT_EMPTY", ""))...)
				p := served(t, c.answer(1), "a variable with an empty value arrives")
				if value, ok := p.Params["FCGIKIT_EMPTY"]; !ok || value != "" {
					t.Fail("a variable with an empty value arrives\nFCGIKIT_EMPTY is not among the %d parameters that the application got", len(p.Params))
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.4/bytes", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-7"},
			Title: "values are bytes", Needs: needsProbe,
			Rule: "Names and values are sent without encoding: every byte but NUL arrives as it is.",
			Run: func(t *suite.T) {
				const check = "a value of any bytes arrives unchanged"
				for first := 1; first < 256; first += 51 {
					var sent []byte
					var want []rune // the probe application gives each byte as a code point
					for b := first; b < first+51; b++ {
						sent, want = append(sent, byte(b)), append(want, rune(b))
					}
					c := dial(t)
					c.Send(request(1, 0, get(t, "", "FCGIKIT_BYTES", string(sent)))...)
					if got := served(t, c.answer(1), check).Params["FCGIKIT_BYTES"]; got != string(want) {
						t.Fail("%s\nexpected the bytes %d to %d, the application got %q", check, first, first+50, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.4/long-form-of-short-length", Level: suite.May, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-3"},
			Title: "a short length in the long form", Needs: needsProbe,
			Rule: "The text does not say whether a length up to 127 may take four bytes. Every library that was tried takes it.",
			Run: func(t *suite.T) {
				pairs := get(t, "")
				pairs = fcgi.Pair{Name: []byte("FCGIKIT_LONG"), Value: []byte("v"), NameForm: 4, ValueForm: 4}.Append(pairs)
				c := dial(t)
				c.Send(request(1, 0, pairs)...)
				p, err := c.answer(1).probe()
				if err != nil || p.Params["FCGIKIT_LONG"] != "v" {
					t.Note("a short length in the long form is not taken")
				}
			},
		},
	)
}
