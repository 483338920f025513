package fcgi

import (
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/4.1/repeated-name", Level: suite.Must, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-R-20"},
			Title: "a name asked for twice gets a well-formed result", Hurts: true, Budget: 15 * time.Second,
			Rule: "A result is whole pairs, however often its names were asked for.",
			Run: func(t *suite.T) {
				for n := 2; n <= 3; n++ {
					if _, err := result(t, slices.Repeat([]string{fcgi.FCGI_MPXS_CONNS}, n)...); err != nil {
						t.Fail("the result of a name that is asked for twice holds whole pairs\nasked for %d times: %v", n, err)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/name-many-times", Level: suite.Robustness, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-R-20"},
			Title: "a name asked for many times does no harm", Hurts: true, Hostile: true,
			Rule: "A result may be longer than one of each known name.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(query(slices.Repeat([]string{fcgi.FCGI_MPXS_CONNS}, 100)...))
				c.Leave()
			},
		},
		suite.Case{
			ID: "fcgi/robustness/malformed-values", Level: suite.Robustness, Section: "FastCGI 4.1", Link: "https://github.com/php/php-src/pull/883", Rows: []string{"FCGI-R-21"},
			Title: "a malformed GET_VALUES does no harm", Hurts: true, Budget: 20 * time.Second,
			Rule: "After a GET_VALUES of whatever content the application goes on with the connection, or closes it.",
			Run: func(t *suite.T) {
				for _, content := range []string{
					string(fcgi.AppendPair(nil, strings.Repeat("N", 60000), "")),
					"\x0f\x7fFCGI_MPXS_CONNS",
					"\x80\x00",
				} {
					c := dial(t)
					c.Send(append([][]byte{record(fcgi.TypeGetValues, 0, content, 0)}, request(1, 0, get(t, ""))...)...)
					noHang(t, c.answer(1), "a malformed GET_VALUES is survived by its connection, or ends it")
					c.Close()
				}
			},
		},
	)
}
