package fcgi

import (
	"fmt"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
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
				cgi.Bytes(t, func(name, value, check string) map[string]string {
					c := dial(t)
					defer c.Close()
					c.Send(request(1, 0, get(t, "", name, value))...)
					return served(t, c.answer(1), check).Params
				})
			},
		},
		suite.Case{
			ID: "fcgi/3.4/order", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-10"},
			Title: "pairs come in any order", Needs: needsProbe,
			Rule: "PARAMS is a set of pairs: the order in which they come means nothing.",
			Run: func(t *suite.T) {
				const check = "parameters in another order are the same"
				list := eachPair(post(t, "", 3))
				ordered := func() map[string]string {
					c := dial(t)
					defer c.Close()
					c.Send(upload(1, 0, joined(list), "abc")...)
					p := served(t, c.answer(1), check)
					probeapp.BodyArrived(t, p, "abc", check)
					return p.Params
				}
				want := ordered()
				for range 4 {
					t.Random().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
					got := ordered()
					for _, p := range list {
						if name := string(p.Name); got[name] != want[name] {
							t.Fail("%s\nwith %s first %s is %q, else %q", check, list[0].Name, name, got[name], want[name])
						}
					}
				}
			},
		},
		optionCase("long-form-of-short-length", "FCGI-3.4-3", "a short length in the long form",
			"The text does not say whether a length up to 127 may take four bytes. Every library that was tried takes it.",
			func(block []byte) [][]byte {
				var long []byte
				for _, p := range append(eachPair(block), option("v")) {
					long = fcgi.Pair{Name: p.Name, Value: p.Value, NameForm: 4, ValueForm: 4}.Append(long)
				}
				return [][]byte{long}
			}),
		optionCase("empty-name", "FCGI-3.4-6", "a pair whose name is empty",
			"The text does not say whether a name may have no bytes, nor what becomes of such a pair.",
			func(block []byte) [][]byte {
				nameless, block := fcgi.AppendPair(nil, "", "v"), option("v").Append(block)
				return [][]byte{append(nameless, block...), append(block, nameless...)}
			}),
		optionCase("nul", "FCGI-3.4-8", "a NUL in a value",
			"CGI's variables hold no NUL. Some applications see the value up to it, others all.",
			func(block []byte) [][]byte { return [][]byte{option("a\x00b").Append(block)} }),
		optionCase("repeated-name", "FCGI-3.4-9", "a name that comes twice",
			"The text does not say which value counts if a name comes twice.",
			func(block []byte) [][]byte { return [][]byte{option("second").Append(option("first").Append(block))} }),
	)
}

// optionCase notes what becomes of a request with pairs of which the text does
// not say what they mean: of the variable FCGIKIT_OPTION.
func optionCase(name, row, title, rule string, blocks func(block []byte) [][]byte) suite.Case {
	return suite.Case{
		ID: "fcgi/3.4/" + name, Level: suite.May, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{row},
		Title: title, Rule: rule, Needs: needsProbe, Budget: twoAnswers,
		Run: func(t *suite.T) {
			for _, block := range blocks(get(t, "")) {
				c := dial(t)
				c.Send(request(1, 0, block)...)
				a := c.answer(1)
				if p, err := a.probe(); err != nil {
					t.Note("such a request is not served: %s", a.ending())
				} else if value, ok := p.Params["FCGIKIT_OPTION"]; ok {
					t.Note("the application got the value %q", value)
				} else {
					t.Note("the application got %d parameters without it", len(p.Params))
				}
				c.Close()
			}
		},
	}
}

func option(value string) fcgi.Pair {
	return fcgi.Pair{Name: []byte("FCGIKIT_OPTION"), Value: []byte(value)}
}

// joined is the block of these pairs.
func joined(pairs []fcgi.Pair) []byte {
	var block []byte
	for _, p := range pairs {
		block = p.Append(block)
	}
	return block
}

// filler is the name of the i-th of many pairs.
func filler(i int) string { return fmt.Sprintf("FCGIKIT_%05d", i) }
