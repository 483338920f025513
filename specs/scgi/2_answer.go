package scgi

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/2/answer-sizes", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-RSP-3"},
			Title: "an answer of any size comes whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "The answer is what the application wrote, of no bytes and of more than any buffer holds.",
			Run: func(t *suite.T) {
				for _, n := range []int{0, 1, 4096, 8191, 8192, 65535, 65536, 1_000_000} {
					c := dial(t)
					c.Send(get(t, fmt.Sprintf("size=%d", n))...)
					letters(t, c.answer(), n, "an answer of any size comes whole")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "scgi/2/large-answer", Level: suite.Must, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-6", "SCGI-RSP-3"},
			Title: "a large answer comes whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "The connection is closed behind the answer, and not before all of it was sent: to a slow client, too.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(get(t, fmt.Sprintf("size=%d", large))...)
				c.More(suite.SilentLimit)
				time.Sleep(200 * time.Millisecond) // buffers fill, so that the server has to wait
				letters(t, c.answer(), large, "a large answer to a slow client comes whole")
			},
		},
		suite.Case{
			ID: "scgi/2/unread-body", Level: suite.May, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-REQ-10"},
			Title: "an answer before the body is read", Needs: needsProbe, Budget: suite.Several,
			Rule: "The text does not say whether the server may answer before it has read the body. Many do, and reset the connection.",
			Run: func(t *suite.T) {
				c := dial(t)
				a := c.upload(post(t, "read=no", string(make([]byte, 1<<20)))...)
				if _, _, err := a.page(); err != nil {
					t.Note("a body of 1 MiB that is not read costs the answer: %v", err)
				} else if end := c.UntilClose(suite.SilentLimit); end == suite.RST {
					t.Note("behind the answer to a request whose body it did not read %s", end)
				}
			},
		},
	)
}

// large is more bytes than the buffers of any socket hold.
const large = 10_000_000
