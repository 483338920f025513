package scgi

import (
	"bytes"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// link leads to the specification, which has no anchors.
const link = "https://python.ca/scgi/protocol.txt"

var needsProbe = suite.Needs{Probe: true}

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/2/closes", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-1"},
			Title: "the server closes after its answer",
			Rule:  "The server sends one answer and closes the connection, while the client's side is open.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(get(t, "")...)
				if a := c.answer(); a.urged || len(a.bytes) == 0 {
					t.Untested("no answer came while this side of the connection was open")
				}
				if end := c.untilClose(3 * time.Second); end != suite.Nothing {
					return
				}
				c.CloseWrite()
				t.Hang("the server closes the connection after its answer\n3 s after it the connection was open; then this side was closed, and %s", c.untilClose(time.Second))
			},
		},
		suite.Case{
			ID: "scgi/2/answers-while-open", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-4"},
			Title: "the end of the body is enough for an answer",
			Rule:  "The server answers when it sees the end of the request, which CONTENT_LENGTH tells: it does not wait for the client to close its side.",
			Run: func(t *suite.T) {
				const check = "a request with a body is answered while the client's side is open"
				c := dial(t)
				c.Send(post(t, "", "body")...)
				a := answered(t, c.answer(), check)
				if a.urged {
					t.Hang("%s\nit was answered only after this side was closed", check)
				}
			},
		},
		suite.Case{
			ID: "scgi/2/nothing-before-the-request", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-RSP-5"},
			Title: "nothing is sent before the headers are there",
			Rule:  "The answer follows the request: while half of the netstring is missing there is nothing to be answered.",
			Run: func(t *suite.T) {
				pieces := get(t, "")
				control(t, pieces)
				half := len(pieces[2]) / 2
				c := dial(t)
				c.Send(pieces[0], pieces[1], pieces[2][:half])
				if _, more := c.More(300 * time.Millisecond); more {
					t.Fail("nothing is sent before the headers are whole\n%d bytes came after half of them: %.60q", len(c.Buffered()), c.Buffered())
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
				c.untilClose(3 * time.Second)
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
		suite.Case{
			ID: "scgi/2/large-answer", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-6", "SCGI-RSP-3"},
			Title: "a large answer comes whole", Needs: needsProbe,
			Rule: "The connection is closed behind the answer, and not before all of it was sent: to a slow client, too.",
			Run: func(t *suite.T) {
				const n = 1000000
				const check = "an answer of 1000000 bytes comes whole"
				c := dial(t)
				c.Send(get(t, "size=1000000")...)
				c.More(patience)
				time.Sleep(300 * time.Millisecond) // buffers fill, so that the server has to wait
				a := c.answer()
				_, body, err := a.page()
				if err != nil {
					a.fails(t, check, err)
				}
				for i, b := range body[:min(len(body), n)] {
					if b != 'a'+byte(i%26) {
						t.Fail("%s\nbyte %d is %q", check, i, b)
					}
				}
				if len(body) != n {
					t.Fail("%s\nits body had %d: %s", check, len(body), a.why())
				}
			},
		},
		suite.Case{
			ID: "scgi/2/unread-body", Level: suite.May, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-10"},
			Title: "an answer before the body is read", Needs: needsProbe,
			Rule: "The text does not say whether the server may answer before it has read the body. Many do, and reset the connection.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(post(t, "read=no", string(make([]byte, 1<<20)))...)
				a := c.answer()
				if _, _, err := a.page(); err != nil {
					t.Note("a body of 1 MiB that is not read costs the answer: %v", err)
				} else if end := c.untilClose(patience); end == suite.RST {
					t.Note("behind the answer to a request whose body it did not read %s", end)
				}
			},
		},
	)
}
