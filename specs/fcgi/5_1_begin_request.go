package fcgi

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// noRole is a role that no specification has.
const noRole fcgi.Role = 9

// requestAs is the records of a whole request with this role.
func requestAs(role fcgi.Role, id uint16, flags fcgi.Flags, pairs []byte) [][]byte {
	return append([][]byte{begin(id, role, flags)}, request(id, flags, pairs)[1:]...)
}

// rejected ends the case unless the server ends a request with an unknown role
// by UNKNOWN_ROLE, which is another case's affair.
func (c *conn) rejected(id uint16) {
	if a := c.answer(id); a.end == nil || a.end.ProtocolStatus != fcgi.UnknownRole {
		c.t.Untested("a request with an unknown role is not ended with UNKNOWN_ROLE: %s", a.ending())
	}
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.5/unknown-role", Level: suite.Must, Section: "FastCGI 5.5", Link: link("5.5"), Rows: []string{"FCGI-5.1-2"},
			Title: "an unknown role is rejected", Budget: 12 * time.Second,
			Rule: "A request with a role that is unknown to the application is ended with UNKNOWN_ROLE, and nothing runs for it.",
			Run: func(t *suite.T) {
				for _, role := range []fcgi.Role{noRole, 0} {
					check := fmt.Sprintf("a request with role %d is ended with UNKNOWN_ROLE", role)
					c := dial(t)
					c.Send(requestAs(role, 1, 0, get(t, ""))...)
					a := completed(t, c.answer(1), check)
					switch {
					case a.end.ProtocolStatus != fcgi.UnknownRole:
						t.Fail("%s\ngot %v", check, a.end.ProtocolStatus)
					case len(a.stdout) > 0:
						t.Fail("%s\n%d bytes of STDOUT came before it", check, len(a.stdout))
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/role-has-16-bits", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-5.1-3"},
			Title: "a role's high byte counts", Budget: 15 * time.Second,
			Rule: "The role has two bytes: 0x0101 is not that of a Responder.",
			Run: func(t *suite.T) {
				const check = "a request with role 0x0101 is ended with UNKNOWN_ROLE"
				c := dial(t)
				c.Send(requestAs(noRole, 1, 0, get(t, ""))...)
				c.rejected(1)
				c.Close()
				c = dial(t)
				c.Send(requestAs(0x0101, 1, 0, get(t, ""))...)
				if a := completed(t, c.answer(1), check); a.end.ProtocolStatus != fcgi.UnknownRole {
					t.Fail("%s\ngot %v", check, a.end.ProtocolStatus)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/close-after-unknown-role", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-5.1-4"},
			Title: "without KEEP_CONN the application closes after UNKNOWN_ROLE", Budget: 15 * time.Second,
			Rule: "If KEEP_CONN is clear, the application closes the connection after it has responded, with a rejection too.",
			Run: func(t *suite.T) {
				closes(t)
				c := dial(t)
				c.Send(requestAs(noRole, 1, 0, get(t, ""))...)
				c.rejected(1)
				if end := c.UntilClose(closeLimit); end == suite.Nothing {
					t.Hang("the application closes the connection after UNKNOWN_ROLE\n%v after it the connection was open", closeLimit)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/close-after-abort", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-1"},
			Title: "without KEEP_CONN the application closes after an aborted request", Budget: 15 * time.Second,
			Rule: "If KEEP_CONN is clear, the application closes the connection after it has responded, to ABORT_REQUEST too.",
			Run: func(t *suite.T) {
				closes(t)
				c := dial(t)
				c.Send(halfAnUpload(t, 1, 0)...)
				c.Send(abort(1))
				if a := c.answer(1); a.end == nil {
					t.Untested("the aborted request did not come to its END_REQUEST: %s", a.why())
				}
				if end := c.UntilClose(closeLimit); end == suite.Nothing {
					t.Hang("the application closes the connection after an aborted request\n%v after END_REQUEST the connection was open", closeLimit)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/close-after-a-slow-answer", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-1"},
			Title: "without KEEP_CONN the application closes after an answer that took long", Needs: needsProbe, Budget: 20 * time.Second,
			Rule: "If KEEP_CONN is clear, the application closes the connection after it has responded: an application that reads on while it works on the answer, too.",
			Run: func(t *suite.T) {
				const slow = 30 * time.Millisecond // as delay says
				closes(t)
				c := dial(t)
				sent := time.Now()
				c.Send(request(1, 0, get(t, "delay=30"))...)
				if _, err := c.answer(1).probe(); err != nil {
					t.Untested("a request whose answer takes %v is not served: %v", slow, err)
				}
				if took := time.Since(sent); took < slow {
					t.Untested("the answer came after %v though the application was to wait for %v", took, slow)
				}
				if end := c.UntilClose(closeLimit); end == suite.Nothing {
					t.Hang("the application closes the connection after an answer that took 30 ms\n%v after END_REQUEST the connection was open", closeLimit)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/keep-after-unknown-role", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-5.1-5"},
			Title: "with KEEP_CONN the connection serves on after UNKNOWN_ROLE", Budget: 25 * time.Second,
			Rule: "A rejected request ends itself, and not a kept connection: its further records are ignored, and the next request is served.",
			Run: func(t *suite.T) {
				keeps(t)
				c := dial(t)
				c.Send(requestAs(noRole, 1, fcgi.KeepConn, get(t, ""))...)
				c.rejected(1)
				c.Send(request(2, 0, get(t, ""))...)
				completed(t, c.answer(2), "a kept connection serves a request after UNKNOWN_ROLE")
			},
		},
		suite.Case{
			ID: "fcgi/5.1/twice", Level: suite.May, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-5.1-7"},
			Title: "a second BEGIN_REQUEST for an active id", Hurts: true,
			Rule: "A web server must not use an id again while it is active, and the text does not say what the application does then.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(append([][]byte{begin(1, fcgi.Responder, 0)}, request(1, 0, get(t, ""))...)...)
				var ended []fcgi.ProtocolStatus
				r, ok := c.record()
				for ; ok; r, ok = c.record() {
					if r.Type == fcgi.TypeEndRequest && r.RequestID == 1 {
						ended = append(ended, endRequest(r.Content).ProtocolStatus)
					}
				}
				t.Note("a second BEGIN_REQUEST for an active id: %d END_REQUEST %v, and then %s", len(ended), ended, c.ended)
			},
		},
	)
}
