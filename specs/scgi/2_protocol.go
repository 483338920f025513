package scgi

import (
	"bytes"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/2/closes", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-1"},
			Title: "the server closes after its answer", Budget: suite.Several,
			Rule: "The server sends one answer and closes the connection, while the client's side is open.",
			Run: func(t *suite.T) {
				const check = "the server closes the connection after its answer"
				c := dial(t)
				c.Send(get(t, "")...)
				a := c.answer()
				if _, _, err := a.page(); err != nil || a.urged {
					t.Untested("no answer came while this side of the connection was open: %s", a.why())
				}
				if a.ended != suite.Nothing && c.UntilClose(closeLimit) != suite.Nothing {
					return
				}
				c.CloseWrite()
				t.Hang("%s\n%v after it the connection was open; then this side was closed, and %s", check, closeLimit, c.UntilClose(time.Second))
			},
		},
		suite.Case{
			ID: "scgi/2/answers-while-open", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-4"},
			Title: "the answer follows the body, and waits for nothing else", Budget: suite.Several,
			Rule: "The server answers when it sees the end of the request, which CONTENT_LENGTH tells: neither before its body has come, nor when the client closes its side.",
			Run:  answersWhileOpen,
		},
		suite.Case{
			ID: "scgi/2/nothing-before-the-request", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-RSP-5"},
			Title: "nothing is sent before the headers are there",
			Rule:  "The answer follows the request: while a part of the netstring is missing there is nothing to be answered.",
			Run: func(t *suite.T) {
				all := get(t, "")
				control(t, all)
				c := dial(t)
				c.Send(begunOf(all))
				if _, more := c.More(nothingFollows); more {
					t.Fail("nothing is sent before the headers are whole\n%d bytes came after a part of them: %.60q", len(c.Buffered()), c.Buffered())
				}
			},
		},
		suite.Case{
			ID: "scgi/2/one-request", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-7"},
			Title: "a connection serves one request", Needs: needsProbe,
			Rule: "The server closes the connection after its answer: another request behind the first is not answered.",
			Run: func(t *suite.T) {
				c := dial(t)
				pieces := get(t, "size=26")
				c.Send(append(pieces, pieces...)...)
				if _, _, err := c.answer().page(); err != nil {
					t.Untested("a request with another one behind it is not answered: %v", err)
				}
				c.UntilClose(closeLimit)
				_, n, _ := cgi.ParseAnswer(c.Buffered())
				if body := c.Buffered()[n:]; bytes.Contains(body, []byte("Content-Type")) || len(body) > 26 {
					t.Fail("one request is answered on a connection\nbehind the 26 bytes of the first one's body came %.60q", body[min(26, len(body)):])
				}
			},
		},
		suite.Case{
			ID: "scgi/2/half-close", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-9"},
			Title: "a client that closes its side gets its answer",
			Rule:  "With the end of the request the client has no more to send: that it closes its side takes nothing back.",
			Run: func(t *suite.T) {
				const check = "a request is answered whose client has closed its side behind it"
				c := dial(t)
				c.Send(get(t, "")...)
				c.CloseWrite()
				answered(t, c.answer(), check)
			},
		},
	)
}

const (
	// closeLimit is how long a server may keep a connection after its answer.
	closeLimit = 3 * time.Second
	// nothingFollows is how long nothing has to come: a server that sends what it
	// should not sends it at once.
	nothingFollows = 400 * time.Millisecond
)

// answersWhileOpen sends the head of a request, and its body some time later. It
// tells a server apart that closes early, one that reads no body, and one that
// answers only when the client has closed its side.
func answersWhileOpen(t *suite.T) {
	const body, check = "the body of it", "the answer does not wait for the client's end"
	pieces := post(t, "", body)
	last := len(pieces) - 1
	c := dial(t)
	c.Send(pieces[:last]...)
	if early := c.read(nothingFollows); early.ended != suite.Nothing {
		beforeBody(t, early, len(body))
		return
	}
	c.Send(pieces[last])
	if a := answered(t, c.answer(), check); a.urged {
		t.Hang("%s\n%s", check, waitsForEnd)
	}
}

// beforeBody is about an answer, or an end, that came before the body did: of a
// server that closes early, of one that does not read the body, or of an
// application that does not want it.
func beforeBody(t *suite.T, a answer, length int) {
	const check = "the answer waits for the body"
	if len(a.bytes) == 0 {
		t.Fail("the connection is kept until the body has come\n%s", a.why())
	}
	p, err := a.probe()
	if err == nil {
		t.Fail("%s\nit came before the body, and the application got %d bytes of %d: the server does not read a body, or only what comes with the headers", check, p.Body.Length, length)
	}
	if _, _, broken := a.page(); broken != nil || t.Server.Probe {
		t.Fail("%s\nbefore it came %v", check, err)
	}
	if !a.serves() {
		t.Untested("a request with a body is refused before it has come")
	}
	t.Note("it is answered before its body has come, which an application may not want")
}
