package scgi

import (
	"net/textproto"
	"strings"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// rfc leads to a section of CGI/1.1, whose answers SCGI's servers give: its own
// text leaves their format open (2).
func rfc(section string) string {
	return "https://www.rfc-editor.org/rfc/rfc3875#section-" + section
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/cgi/status", Level: suite.Should, Section: "RFC 3875 6.3.3", Link: rfc("6.3.3"), Rows: []string{"SCGI-RSP-1", "SCGI-RSP-2"},
			Title: "the status is a header, and no HTTP status line",
			Rule:  "A CGI answer is header fields, Status among them, an empty line and the body. HTTP's status line is the web server's.",
			Run: func(t *suite.T) {
				a := plain(t)
				if head, _, _ := a.page(); head.StatusLine {
					t.Fail("the answer begins with a header field\nit begins with an HTTP status line: %.40q", a.bytes)
				}
				if n := headLen(a); strings.Count(string(a.bytes[:n]), "\r\n") < strings.Count(string(a.bytes[:n]), "\n") {
					t.Note("lines of the header end with LF alone")
				}
			},
		},
		suite.Case{
			ID: "scgi/cgi/content-type", Level: suite.Must, Section: "RFC 3875 6.3.1", Link: rfc("6.3.1"), Rows: []string{"CGI-17"},
			Title: "an answer with a body has a Content-Type",
			Rule:  "If a body is returned, Content-Type is there.",
			Run: func(t *suite.T) {
				head, body, _ := plain(t).page()
				if len(body) > 0 && head.Header.Get("Content-Type") == "" {
					t.Fail("an answer with a body has a Content-Type\n%d bytes of body came without one", len(body))
				}
			},
		},
		suite.Case{
			ID: "scgi/cgi/fields-once", Level: suite.Must, Section: "RFC 3875 6.3", Link: rfc("6.3"), Rows: []string{"CGI-21"},
			Title: "CGI's own fields come once",
			Rule:  "Content-Type, Location and Status appear once at most; no field is continued on the next line or has a space before its colon.",
			Run: func(t *suite.T) {
				const check = "Content-Type, Location and Status come once, each on a line"
				a := plain(t)
				times := map[string]int{}
				for line := range strings.Lines(string(a.bytes[:headLen(a)])) {
					name, _, found := strings.Cut(line, ":")
					if found && name != strings.TrimSpace(name) {
						t.Fail("%s\n%q is continued, or has a space around its name", check, line)
					}
					times[textproto.CanonicalMIMEHeaderKey(name)]++
				}
				for _, name := range []string{"Content-Type", "Location", "Status"} {
					if times[name] > 1 {
						t.Fail("%s\n%s came %d times", check, name, times[name])
					}
				}
			},
		},
		suite.Case{
			ID: "scgi/cgi/head", Level: suite.Must, Section: "RFC 3875 4.3.3", Link: rfc("4.3.3"), Rows: []string{"CGI-15"},
			Title: "an answer to HEAD has no body", Needs: needsProbe,
			Rule: "To HEAD the header fields are the answer, without a body.",
			Run: func(t *suite.T) {
				const check = "an answer to HEAD has no body"
				c := dial(t)
				c.Send(request(headers(t, "HEAD", "size=26", 0), "")...)
				c.untilClose(patience)
				_, body, err := answer{bytes: c.Buffered()}.page()
				if err != nil {
					t.Untested("HEAD was not answered: %v", err)
				}
				if len(body) > 0 {
					t.Fail("%s\nit had %d bytes: %.40q", check, len(body), body)
				}
			},
		},
		suite.Case{
			ID: "scgi/cgi/variables", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-1"},
			Title: "the headers are the application's CGI variables", Needs: needsProbe,
			Rule: "CGI's variables are sent as headers, so that the application finds there what it would in its environment.",
			Run: func(t *suite.T) {
				const check = "every header that was sent reaches the application"
				sent := headers(t, "GET", "", 0, "HTTP_X_FCGIKIT", "yes", "FCGIKIT_OWN", "a value")
				c := dial(t)
				c.Send(request(sent, "")...)
				p := served(t, c.answer(), check)
				for _, h := range sent {
					if got, ok := p.Params[string(h.Name)]; !ok || got != string(h.Value) {
						t.Fail("%s\nexpected %s=%q, got %q (there: %v)", check, h.Name, h.Value, got, ok)
					}
				}
			},
		},
	)
}

// plain is the answer to an ordinary request, of which one is there, as the very
// first request has shown.
func plain(t *suite.T) answer {
	c := dial(t)
	c.Send(get(t, "")...)
	a := c.answer()
	if _, _, err := a.page(); err != nil {
		t.Untested("no answer came to a plain request: %v", err)
	}
	return a
}

func headLen(a answer) int {
	_, n, _ := cgi.ParseAnswer(a.bytes)
	return n
}
