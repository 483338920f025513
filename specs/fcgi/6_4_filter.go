package fcgi

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/6.4/streams", Level: suite.Must, Section: "FastCGI 6.4", Link: link("6.4"), Rows: []string{"FCGI-6.4-1"},
			Title: "a filter gets STDIN and DATA", Budget: suite.Several,
			Rule: "A filter gets a responder's input and then DATA, the file; FCGI_DATA_LENGTH and FCGI_DATA_LAST_MOD are among its parameters.",
			Run: func(t *suite.T) {
				const check = "a filter gets its body, its file and the parameters about that"
				offers(t, fcgi.Filter)
				file := strings.Repeat("data", 25_000)
				c := dial(t)
				c.Send(filtering(t, "the body", len(file))...)
				c.Send(endOf(fcgi.TypeStdin, 1), stream(fcgi.TypeData, 1, []byte(file)), endOf(fcgi.TypeData, 1))
				p := served(t, c.answer(1), check)
				probeapp.BodyArrived(t, p, "the body", check)
				if err := p.Data.Of(file); err != nil {
					t.Fail("%s\nof DATA: %v", check, err)
				}
				if p.Params["FCGI_DATA_LENGTH"] != fmt.Sprint(len(file)) || p.Params["FCGI_DATA_LAST_MOD"] != lastModified {
					t.Fail("%s\ngot FCGI_DATA_LENGTH=%q, FCGI_DATA_LAST_MOD=%q", check, p.Params["FCGI_DATA_LENGTH"], p.Params["FCGI_DATA_LAST_MOD"])
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.4/nothing-before-stdin-end", Level: suite.Should, Section: "FastCGI 6.4", Link: link("6.4"), Rows: []string{"FCGI-6.4-2"},
			Title: "a filter answers after the end of STDIN", Budget: suite.Several,
			Rule: "A filter reads all of STDIN before it begins its answer.",
			Run: func(t *suite.T) {
				offers(t, fcgi.Filter)
				c := dial(t)
				c.Send(filtering(t, "the body", 4)...)
				if a, came := c.untilStdout(1, nothingFollows); came {
					t.Fail("a filter sends nothing before the end of STDIN\nwithout it came: %.60q", a.stdout)
				}
				c.Send(endOf(fcgi.TypeStdin, 1), record(fcgi.TypeData, 1, "data", 4), endOf(fcgi.TypeData, 1))
				if _, err := c.answer(1).probe(); err != nil {
					t.Untested("a filter whose streams are whole was not served, either: %v", err)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.4/short-data", Level: suite.Should, Section: "FastCGI 6.4", Link: link("6.4"), Rows: []string{"FCGI-6.4-3"},
			Title: "a file that breaks off is reported", Budget: suite.Several,
			Rule: "A filter that gets fewer bytes of DATA than FCGI_DATA_LENGTH reports it, by its answer, its status or STDERR.",
			Run: func(t *suite.T) {
				offers(t, fcgi.Filter)
				c := dial(t)
				c.Send(filtering(t, "", 100)...)
				c.Send(endOf(fcgi.TypeStdin, 1), record(fcgi.TypeData, 1, "only this", 7), endOf(fcgi.TypeData, 1))
				a := completed(t, c.answer(1), "a request is ended whose DATA breaks off")
				head, _, err := a.page()
				if err == nil && head.Status < http.StatusBadRequest && a.end.AppStatus == 0 && len(a.stderr) == 0 {
					t.Fail("DATA that breaks off is reported\nof 100 bytes 9 were sent, and it was served with status %d, appStatus 0 and nothing on STDERR", head.Status)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.4/odd-data", Level: suite.Robustness, Section: "FastCGI 6.4", Link: link("6.4"), Rows: []string{"FCGI-6.4-4"},
			Title: "DATA out of its place does no harm", Hurts: true,
			Rule: "DATA before the end of STDIN, and DATA of a responder: whatever an application does with it, it serves the next request.",
			Run: func(t *suite.T) {
				data := record(fcgi.TypeData, 1, "out of place", 4)
				for _, role := range []fcgi.Role{fcgi.Responder, fcgi.Filter} {
					c := dial(t)
					c.Send(begin(1, role, 0), params(1, get(t, "", "FCGI_DATA_LENGTH", "12", "FCGI_DATA_LAST_MOD", "0")), endOf(fcgi.TypeParams, 1),
						data, endOf(fcgi.TypeData, 1), endOf(fcgi.TypeStdin, 1))
					c.Leave()
				}
			},
		},
	)
}

// lastModified is what FCGI_DATA_LAST_MOD says: seconds since 1970.
const lastModified = "1000000000"

// filtering is a filter's request up to the end of its body, before the empty
// record; so many bytes of DATA are announced.
func filtering(t *suite.T, body string, data int) [][]byte {
	pairs := post(t, "", len(body), "FCGI_DATA_LENGTH", fmt.Sprint(data), "FCGI_DATA_LAST_MOD", lastModified)
	return [][]byte{begin(1, fcgi.Filter, 0), params(1, pairs), endOf(fcgi.TypeParams, 1), stdin(1, body)}
}
