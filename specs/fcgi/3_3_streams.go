package fcgi

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/3.3/stdin-in-single-bytes", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-13"},
			Title: "STDIN may come in any records", Needs: needsProbe,
			Rule: "The value of a stream does not depend on how its bytes are divided among records: each may have one of its own.",
			Run: func(t *suite.T) {
				const check = "a body in records of one byte arrives"
				body := pattern(300)
				records := upload(1, 0, post(t, "", len(body)), "")
				for i := range body {
					records = amid(records, len(records)-1, stdin(1, body[i:i+1]))
				}
				c := dial(t)
				c.Send(records...)
				probeapp.BodyArrived(t, served(t, c.answer(1), check), body, check)
			},
		},
		suite.Case{
			ID: "fcgi/3.3/params-in-many-records", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-15"},
			Title: "each pair may come in a record of its own", Needs: needsProbe,
			Rule: "The value of a stream does not depend on how its bytes are divided among records, nor on their padding.",
			Run: func(t *suite.T) {
				const check = "parameters in many padded records arrive"
				block := get(t, "")
				for i := range 20 {
					block = fcgi.AppendPair(block, fmt.Sprintf("FCGIKIT_%d", i), "yes")
				}
				c := dial(t)
				c.Send(recordForEachPair(block, 7)...)
				p := served(t, c.answer(1), check)
				for i := range 20 {
					if name := fmt.Sprintf("FCGIKIT_%d", i); p.Params[name] != "yes" {
						t.Fail("%s\nof %d the application got %d, without %s", check, len(eachPair(block)), len(p.Params), name)
					}
				}
			},
		},
		straddleCase("pair", "FCGI-3.3-14", "within a name or a value", straddlingLengths, straddlingLengths+1, straddlingLengths+64,
			straddlingLengths+129, straddlingLengths+130, straddlingLengths+131, straddlingLengths+230, straddlingLengths+329),
		straddleCase("length", "FCGI-3.3-16", "within its lengths", 1, 2, 3, 4, 5, 6, 7),
		suite.Case{
			ID: "fcgi/3.3/end-of-stdout", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-19"},
			Title: "STDOUT ends with one empty record",
			Rule:  "A stream is ended by one empty record of its type, and STDOUT is always sent, if only as that.",
			Run: func(t *suite.T) {
				for _, query := range []string{"", "size=100000", "size=65536&chunk=8192"} {
					c := dial(t)
					c.Send(request(1, 0, get(t, query))...)
					a := someAnswer(t, c, 1, "STDOUT ends with one empty record")
					noneAfterEnd(t, c, a)
					if out := a.of(fcgi.TypeStdout, 1); len(out) == 0 || out[len(out)-1].ContentLength > 0 {
						t.Fail("STDOUT ends with one empty record\nexpected one, got none before END_REQUEST")
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/write-of-nothing", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-20"},
			Title: "a write of no bytes does not end STDOUT", Needs: suite.Needs{Probe: true, Can: []string{"write"}},
			Rule: "An empty record is the end of its stream: what an application writes of no bytes must not become one.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "write=zero&size=10&chunk=3"))...)
				noneAfterEnd(t, c, someAnswer(t, c, 1, "nothing of STDOUT follows its end"))
			},
		},
		suite.Case{
			ID: "fcgi/3.3/nothing-after-end", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-21"},
			Title: "nothing follows END_REQUEST for its id",
			Rule:  "END_REQUEST makes a request id inactive: no record of it follows.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				if a := c.answer(1); a.end == nil {
					t.Untested("the request did not come to its END_REQUEST")
				}
				end, more := suite.Open, len(c.Buffered()) > 0
				if !more {
					end, more = c.More(500 * time.Millisecond)
				}
				if more {
					c.Mark(c.Taken(), len(c.Buffered()))
					t.Fail("nothing follows END_REQUEST\n%d bytes came after it: % x", len(c.Buffered()), c.Buffered()[:min(16, len(c.Buffered()))])
				} else if end == suite.FIN || end == suite.RST {
					t.Note("%s after END_REQUEST", end)
				}
			},
		},
	)
}

// noneAfterEnd ends the case where STDOUT goes on behind an empty record.
func noneAfterEnd(t *suite.T, c *conn, a answer) {
	ended := false
	for _, r := range a.of(fcgi.TypeStdout, 1) {
		if ended {
			c.about(r)
			t.Fail("nothing of STDOUT follows its end\n%v came after the empty record", r.Header)
		}
		ended = r.ContentLength == 0
	}
}

// straddlingLengths is how many bytes the lengths of straddleCase's pair take.
const straddlingLengths = 8

// straddleCase is that a pair arrives which is divided among two records, at
// certain places in it: its name has 130 bytes, its value 200.
func straddleCase(name, row, where string, cuts ...int) suite.Case {
	check := "a pair arrives that is cut " + where
	return suite.Case{
		ID: "fcgi/3.3/" + name + "-straddles-records", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{row},
		Title: "a record may end " + strings.Replace(where, "its", "a pair's", 1), Needs: needsProbe,
		Rule: "The value of a stream does not depend on how its bytes are divided among records: a pair may be cut " + where + ".",
		Run: func(t *suite.T) {
			last, value := "FCGIKIT_LAST"+strings.Repeat("_", 118), pattern(200)
			before, pair := get(t, ""), fcgi.AppendPair(nil, last, value)
			for _, at := range cuts {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, append(before[:len(before):len(before)], pair[:at]...)), params(1, pair[at:]),
					endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				if got := served(t, c.answer(1), check).Params[last]; got != value {
					t.Fail("%s\ncut behind byte %d of it: expected a value of 200 bytes, the application got %d", check, at, len(got))
				}
				c.Close()
			}
		},
	}
}

// eachPair is a block of pairs taken apart.
func eachPair(block []byte) []fcgi.Pair {
	pairs, _ := fcgi.ParseValues(block)
	return pairs
}

// recordForEachPair is the records of a request without a body, with as many of
// PARAMS as it has pairs, padded.
func recordForEachPair(block []byte, pad int) [][]byte {
	records := [][]byte{begin(1, fcgi.Responder, 0)}
	for _, p := range eachPair(block) {
		records = append(records, padded(fcgi.TypeParams, 1, string(p.Append(nil)), pad))
	}
	return append(records, endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
}
