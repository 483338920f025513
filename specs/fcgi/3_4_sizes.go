package fcgi

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		lengthsCase("lengths", "values of any length arrive", []string{"FCGI-3.4-1", "FCGI-3.4-2"},
			"a value of any length arrives", func(n int) (string, string) { return "FCGIKIT_VALUE", pattern(n) },
			1, 126, 127, 128, 255, 256, 1500),
		lengthsCase("name-lengths", "names of any length arrive", []string{"FCGI-3.4-1", "FCGI-3.4-2"},
			"a name of any length arrives", func(n int) (string, string) { return strings.Repeat("N", n), "yes" },
			1, 126, 127, 128, 255, 256),
		lengthsCase("long-values", "values of many KiB arrive", []string{"FCGI-3.4-2"},
			"a value of many KiB arrives", func(n int) (string, string) { return "FCGIKIT_VALUE", pattern(n) },
			16383, 16384, 65000),
		suite.Case{
			ID: "fcgi/3.4/value-over-records", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-4"},
			Title: "a value may be longer than a record", Needs: needsProbe,
			Rule: "A length has 31 bits: a value that one record can't hold goes on in the next.",
			Run: func(t *suite.T) {
				const check = "a value of 100000 bytes over several records arrives"
				value := pattern(100000)
				c := dial(t)
				c.Send(request(1, 0, get(t, "", "FCGIKIT_VALUE", value))...)
				if got := served(t, fitting(t, c.answer(1), len(value)), check).Params["FCGIKIT_VALUE"]; got != value {
					t.Fail("%s\nthe application got %d bytes, %s", check, len(got), unlike(got, value))
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.4/many-pairs", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-11"},
			Title: "thousands of pairs are served or refused", Needs: needsProbe, Budget: manyAnswers,
			Rule: "The text sets no bound to the number of pairs. An application that has one ends the request or the connection; it neither leaves pairs out nor the web server waiting.",
			Run: func(t *suite.T) {
				heldOrRefused(t, "thousands of pairs arrive, or the request is refused", "pairs",
					func(n int) [][]byte { return recordForEachPair(fillers(t, n, 3), 0) }, 10, 3000, 10000)
			},
		},
		suite.Case{
			ID: "fcgi/3.4/large-params", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-3.4-12"},
			Title: "much of parameters is served or refused", Needs: needsProbe, Budget: manyAnswers,
			Rule: "The text sets no bound to the parameters. An application that has one ends the request or the connection; it neither leaves pairs out nor the web server waiting.",
			Run: func(t *suite.T) {
				heldOrRefused(t, "nearly 1 MiB of parameters arrives whole, or the request is refused", "pairs of 8 KiB",
					func(n int) [][]byte { return recordForEachPair(fillers(t, n, 8<<10), 0) }, 1, 32, 127)
			},
		},
	)
}

// lengthsCase is that a pair arrives whose name or value has one of these lengths.
func lengthsCase(id, title string, rows []string, check string, pair func(n int) (name, value string), lengths ...int) suite.Case {
	return suite.Case{
		ID: "fcgi/3.4/" + id, Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: rows,
		Title: title, Rule: "A length up to 127 takes one byte, a longer one four.", Needs: needsProbe,
		Run: func(t *suite.T) {
			for _, n := range lengths {
				name, value := pair(n)
				c := dial(t)
				c.Send(request(1, 0, get(t, "", name, value))...)
				p := served(t, fitting(t, c.answer(1), n), check)
				if got, ok := p.Params[name]; !ok || got != value {
					t.Fail("%s\nof one of %d bytes the application got %d of the value, %s", check, n, len(got), unlike(got, value))
				}
				c.Close()
			}
		},
	}
}

// fitting ends the case where a request with n bytes of a pair is refused, and so is
// one that has as many in short pairs, each in a record of its own: then the server
// has a bound, of which the text says nothing.
func fitting(t *suite.T, a answer, n int) answer {
	if a.end == nil && a.ended == suite.Nothing || len(a.stdout) > 0 {
		return a
	}
	const size, lengths = 120, 2 // lengths in one byte, whose long form may be the trouble
	c := dial(t)
	defer c.Close()
	c.SendAside(recordForEachPair(fillers(t, n/(size+lengths+len(filler(0))), size), 0)...)
	if b := c.answer(1); probed(b) != nil {
		t.Untested("%d bytes of parameters in short pairs are refused, too: %s", n, b.ending())
	}
	return a
}

// unlike says where a value differs from the one that was sent.
func unlike(got, sent string) string {
	at := 0
	for at < len(got) && at < len(sent) && got[at] == sent[at] {
		at++
	}
	if at == len(sent) && at == len(got) {
		return "all of them right"
	}
	return fmt.Sprintf("the first %d right", at)
}

// manyAnswers is the budget of a case that may have to wait for three answers.
const manyAnswers = 3*suite.AnswerLimit + time.Second

// fillers is a block with n pairs beside the ordinary ones, each with a value of
// so many bytes.
func fillers(t *suite.T, n, size int) []byte {
	block, value := get(t, ""), pattern(size)
	for i := range n {
		block = fcgi.AppendPair(block, filler(i), value)
	}
	return block
}

// heldOrRefused ends the case unless requests with so many pairs are served with
// all of them, or refused: with an error, END_REQUEST or the connection's end. The
// first number is one that every application serves: the control.
func heldOrRefused(t *suite.T, check, what string, records func(n int) [][]byte, numbers ...int) {
	for i, n := range numbers {
		c := dial(t)
		c.SendAside(records(n)...)
		a := c.answer(1)
		c.Close()
		p, err := a.probe()
		switch {
		case err == nil:
			for i := range n {
				if _, ok := p.Params[filler(i)]; !ok {
					t.Fail("%s\nof %d %s the application got %d parameters, without %s", check, n, what, len(p.Params), filler(i))
				}
			}
		case i == 0:
			t.Untested("not even %d %s are served: %v", n, what, err)
		case a.end == nil && a.ended == suite.Nothing:
			t.Hang("%s\nof %d %s: %s", check, n, what, a.why())
		default:
			t.Note("%d %s are refused: %s", n, what, a.ending())
			return
		}
	}
}
