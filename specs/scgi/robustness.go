package scgi

import (
	"bytes"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/robustness/half-a-request", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-R-6"},
			Title: "a connection that ends within a request does no harm", Hurts: true, Budget: several,
			Rule: "A web server may go at any time: the next one is served.",
			Run: func(t *suite.T) {
				all := bytes.Join(get(t, ""), nil)
				for _, n := range []int{0, 2, bytes.IndexByte(all, ':') + 1, len(all) / 2, len(all) - 1} {
					c := dial(t)
					c.Send(all[:n])
					c.leave()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/other-protocols", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-R-5"},
			Title: "another protocol's bytes do no harm", Hurts: true, Budget: several,
			Rule: "Who speaks another protocol to the socket gets no service, and takes none from others.",
			Run: func(t *suite.T) {
				for _, sent := range []string{
					"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
					"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", // FastCGI's BEGIN_REQUEST
					"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",                         // a TLS handshake
					"\x12\x34\x00\x01\x0a",                                             // AJP's CPing
				} {
					c := dial(t)
					c.Send([]byte(sent))
					c.leave()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/large-headers", Level: suite.Robustness, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-HDR-12", "SCGI-R-2"},
			Title: "large headers are served or refused", Hurts: true, Budget: several,
			Rule: "A server may have a limit: headers beyond it cost their own connection, and no other.",
			Run: func(t *suite.T) {
				const check = "a request with large headers is answered, or its connection ended"
				for _, size := range []int{3000, 9000, 20000, 70000, 200000} {
					c := dial(t)
					c.Send(get(t, "", many(size)...)...)
					a := c.answer()
					if !a.serves() {
						t.Note("headers of %d bytes are not served: %s", size, a.why())
					}
					if len(a.bytes) == 0 && a.ended == suite.Nothing {
						t.Hang("%s\n%d bytes: %s", check, size, a.why())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/endless-length", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-NS-12"},
			Title: "a length without an end does no harm", Hurts: true,
			Rule: "Digits without a colon are no request, however many come.",
			Run: func(t *suite.T) {
				c := dial(t)
				for range 16 {
					c.Send([]byte(strings.Repeat("1", 64<<10)))
				}
				if a := c.read(time.Second); a.ended == suite.Nothing {
					t.Note("after 1 MiB of digits the connection was open")
				}
				c.leave()
			},
		},
		suite.Case{
			ID: "scgi/robustness/nul-headers", Level: suite.Robustness, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-R-4"},
			Title: "headers of NUL bytes do no harm", Hurts: true, Budget: several,
			Rule: "What has no names is no headers, however long it is.",
			Run: func(t *suite.T) {
				for _, n := range []int{1, 1000, 64 << 10} {
					c := dial(t)
					c.Send(framed(string(make([]byte, n)), "")...)
					c.leave()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/leaves-early", Level: suite.Robustness, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-R-10"},
			Title: "a client that does not wait for its answer does no harm", Hurts: true, Needs: needsProbe,
			Rule: "A web server may go while an answer is sent: the next one is served.",
			Run: func(t *suite.T) {
				for range 3 {
					c := dial(t)
					c.Send(get(t, "size=4000000")...)
					c.More(patience)
					c.Close()
				}
				time.Sleep(100 * time.Millisecond) // the server notices when it writes
			},
		},
		suite.Case{
			ID: "scgi/robustness/throw", Level: suite.Robustness, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-RSP-4"},
			Title: "an application that fails does no harm", Hurts: true, Needs: suite.Needs{Probe: true, Can: []string{"throw"}},
			Rule: "An exception of the application ends its request, by an answer with status 500 or the connection's end.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(get(t, "throw=early")...)
				a := c.answer()
				if len(a.bytes) == 0 && a.ended == suite.Nothing {
					t.Hang("a request whose application fails is ended\n%s", a.why())
				}
				if head, _, err := a.page(); err == nil {
					t.Note("it is answered with status %d", head.Status)
				} else {
					t.Note("%v", err)
				}
			},
		},
	)
}

// leave ends the connection, and lets the server notice before the canary asks.
func (c *conn) leave() {
	c.CloseWrite()
	c.untilClose(leaveLimit)
	c.Close()
}

// leaveLimit is more than a busy server takes to notice; one that notices closes,
// and is waited for no longer.
const leaveLimit = 1500 * time.Millisecond
