package fcgi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/6.3/without-stdin", Level: suite.Must, Section: "FastCGI 6.3", Link: link("6.3"), Rows: []string{"FCGI-6.3-1"},
			Title: "an authorizer needs no STDIN", Budget: suite.Several,
			Rule: "An authorizer gets parameters and no other stream, so that it answers after their end.",
			Run: func(t *suite.T) {
				const check = "an authorizer answers after the end of PARAMS"
				a := authorize(t, "", check)
				if len(a.stdout) == 0 {
					t.Fail("%s\nit was ended with %v and without an answer", check, a.end.ProtocolStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.3/allows", Level: suite.Must, Section: "FastCGI 6.3", Link: link("6.3"), Rows: []string{"FCGI-6.3-2"},
			Title: "an authorizer allows with status 200", Budget: suite.Several,
			Rule: "Status 200 allows the request; headers whose names begin with Variable- are variables for what comes after it.",
			Run: func(t *suite.T) {
				const check = "an authorizer that allows answers with status 200 and its variables"
				status, header := authorized(t, "", check)
				if status != http.StatusOK || header.Get("Variable-PROBE") != "1" {
					t.Fail("%s\ngot status %d, Variable-PROBE: %q", check, status, header.Get("Variable-PROBE"))
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.3/denies", Level: suite.Must, Section: "FastCGI 6.3", Link: link("6.3"), Rows: []string{"FCGI-6.3-3"},
			Title: "an authorizer denies with another status and a whole answer", Budget: suite.Several,
			Rule: "Any status but 200 denies the request. The answer is then the client's: status, headers and body.",
			Run: func(t *suite.T) {
				const check = "an authorizer that denies answers with its status, headers and body"
				a := authorize(t, "status=403&size=26&header=X-Fcgikit:denied", check)
				head, _, err := a.page()
				switch {
				case err != nil:
					t.Fail("%s\n%v", check, err)
				case head.Status != http.StatusForbidden || head.Header.Get("X-Fcgikit") != "denied":
					t.Fail("%s\nexpected status 403 and X-Fcgikit: denied, got %d and %q", check, head.Status, head.Header.Get("X-Fcgikit"))
				}
				if err := letters(a, 26); err != nil {
					t.Fail("%s\n%v", check, err)
				}
			},
		},
	)
}

// authorize is an authorizer's answer, which needs no STDIN.
func authorize(t *suite.T, query, check string) answer {
	offers(t, fcgi.Authorizer)
	c := dial(t)
	c.Send(begin(1, fcgi.Authorizer, 0), params(1, get(t, query)), endOf(fcgi.TypeParams, 1))
	return completed(t, c.answer(1), check)
}

// authorized is the status and headers of an authorizer's answer.
func authorized(t *suite.T, query, check string) (int, http.Header) {
	head, _, err := authorize(t, query, check).page()
	if err != nil {
		t.Fail("%s\n%v", check, err)
	}
	return head.Status, head.Header
}

// offers ends the case unless the application has the role. One that has not may
// say so by UNKNOWN_ROLE; of one that says nothing only the probe application
// tells.
func offers(t *suite.T, role fcgi.Role) {
	if slices.Contains(t.Server.Can, "role") {
		return
	}
	c := dial(t)
	pairs := get(t, "", "FCGI_DATA_LENGTH", "0", "FCGI_DATA_LAST_MOD", "0")
	c.Send(begin(1, role, 0), params(1, pairs), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1), endOf(fcgi.TypeData, 1))
	if a := c.answer(1); a.end != nil && a.end.ProtocolStatus == fcgi.UnknownRole {
		t.NA("it ends a request of role %s with %v", strings.ToLower(role.String()), a.end.ProtocolStatus)
	}
	t.Untested(`it needs the probe application's extra "role", which this one lacks`)
}
