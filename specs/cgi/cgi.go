// Package cgi is the conformance cases of CGI/1.1 (RFC 3875) that the protocols
// share which carry its answers: each is written once, and becomes a case of
// each of them.
package cgi

import (
	"net/textproto"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Carrier is a protocol whose answers are CGI's.
type Carrier struct {
	Protocol client.Protocol
	// Status is how much it matters to the protocol that the status is a header,
	// and StatusRows and HeadRows are its own requirements beside CGI's.
	Status               suite.Level
	StatusRows, HeadRows []string
	// Ask makes a request of this method and query, and is all that came of its
	// answer. A case without an answer is ended as untested.
	Ask func(t *suite.T, method, query string) []byte
}

// rfc leads to a section of CGI/1.1.
func rfc(section string) string {
	return "https://www.rfc-editor.org/rfc/rfc3875#section-" + section
}

// Cases are those of a protocol.
func (c Carrier) Cases() []suite.Case {
	id := func(name string) string { return string(c.Protocol) + "/cgi/" + name }
	return []suite.Case{
		{
			ID: id("status"), Level: c.Status, Section: "RFC 3875 6.3.3", Link: rfc("6.3.3"), Rows: c.StatusRows,
			Title: "the status is a header, and no HTTP status line",
			Rule:  "A CGI answer is header fields, Status among them, an empty line and the body. HTTP's status line is the web server's.",
			Run:   func(t *suite.T) { status(t, c.Ask(t, "GET", "")) },
		},
		{
			ID: id("content-type"), Level: suite.Must, Section: "RFC 3875 6.3.1", Link: rfc("6.3.1"), Rows: []string{"CGI-17"},
			Title: "an answer with a body has a Content-Type",
			Rule:  "If a body is returned, Content-Type is there.",
			Run:   func(t *suite.T) { contentType(t, c.Ask(t, "GET", "")) },
		},
		{
			ID: id("fields-once"), Level: suite.Must, Section: "RFC 3875 6.3", Link: rfc("6.3"), Rows: []string{"CGI-21"},
			Title: "CGI's own fields come once",
			Rule:  "Content-Type, Location and Status appear once at most; no field is continued on the next line or has a space before its colon.",
			Run:   func(t *suite.T) { fieldsOnce(t, c.Ask(t, "GET", "")) },
		},
		{
			ID: id("head"), Level: suite.Must, Section: "RFC 3875 4.3.3", Link: rfc("4.3.3"), Rows: append([]string{"CGI-15"}, c.HeadRows...),
			Title: "an answer to HEAD has no body", Needs: suite.Needs{Probe: true},
			Rule: "To HEAD the header fields are the answer, without a body.",
			Run:  func(t *suite.T) { headHasNoBody(t, c.Ask(t, "HEAD", "size=26")) },
		},
	}
}

func status(t *suite.T, answer []byte) {
	head, n, _ := cgi.ParseAnswer(answer)
	if head.StatusLine {
		t.Fail("the answer begins with a header field\nit begins with an HTTP status line: %.40q", answer)
	}
	if header := string(answer[:n]); strings.Count(header, "\r\n") < strings.Count(header, "\n") {
		t.Note("lines of the header end with LF alone")
	}
}

func contentType(t *suite.T, answer []byte) {
	head, n, _ := cgi.ParseAnswer(answer)
	if len(answer) > n && head.Header.Get("Content-Type") == "" {
		t.Fail("an answer with a body has a Content-Type\n%d bytes of body came without one", len(answer)-n)
	}
}

func fieldsOnce(t *suite.T, answer []byte) {
	const check = "Content-Type, Location and Status come once, each on a line"
	_, n, _ := cgi.ParseAnswer(answer)
	times := map[string]int{}
	for line := range strings.Lines(string(answer[:n])) {
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
}

func headHasNoBody(t *suite.T, answer []byte) {
	if _, n, _ := cgi.ParseAnswer(answer); len(answer) > n {
		t.Fail("an answer to HEAD has no body\nit had %d bytes: %.40q", len(answer)-n, answer[n:])
	}
}
