package scgi

import (
	"net/http"

	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/3/body", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-3"},
			Title: "a body arrives whole", Needs: needsProbe, Cut: true, Budget: suite.Several,
			Rule: "The body is as many bytes behind the headers as CONTENT_LENGTH says, of any value.",
			Run:  func(t *suite.T) { sends(t, 300, "a body arrives") },
		},
		suite.Case{
			ID: "scgi/3/body-sizes", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-3"},
			Title: "a body of any size arrives whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "The body may be empty, and of any length that CONTENT_LENGTH tells.",
			Run: func(t *suite.T) {
				for _, n := range []int{0, 1, 4096, 8191, 8193, 65536, 70000} {
					sends(t, n, "a body of any size arrives")
				}
			},
		},
		suite.Case{
			ID: "scgi/3/large-body", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-3"},
			Title: "a large body arrives whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "The text sets no limit to a body. A server that has one says so by its status.",
			Run: func(t *suite.T) {
				const check = "a body of ten million bytes arrives"
				body := binary(large)
				c := dial(t)
				a := c.upload(post(t, "", body)...)
				if head, _, err := a.page(); err == nil && head.Status >= http.StatusBadRequest {
					t.Untested("a body of %d bytes is refused, with status %d", large, head.Status)
				}
				probeapp.BodyArrived(t, served(t, a, check), body, check)
			},
		},
		suite.Case{
			ID: "scgi/3/body-ends", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-5"},
			Title: "what follows the body is no part of it", Needs: needsProbe, Budget: suite.Several,
			Rule: "The body has as many bytes as CONTENT_LENGTH says, though more may come.",
			Run: func(t *suite.T) {
				const check = "bytes behind the body are not delivered"
				c := dial(t)
				c.Send(append(post(t, "", "abc"), []byte("EXTRA"))...)
				probeapp.BodyArrived(t, served(t, c.answer(), check), "abc", check)
			},
		},
		suite.Case{
			ID: "scgi/3/short-body", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-8"},
			Title: "a body that breaks off ends the request", Needs: needsProbe, Hurts: true, Budget: suite.Several,
			Rule: "A client may go at any time. The rest of its body will not come, so waiting for it is over, and nothing stands in for it.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 10)
				control(t, request(all, "0123456789"))
				c := dial(t)
				c.Send(request(all, "abc")...)
				c.CloseWrite()
				a := c.read(suite.AnswerLimit)
				if a.silent() {
					t.Hang("a request whose body breaks off is ended\n3 of 10 bytes were sent, and this side closed: %s", a.why())
				}
				switch p, err := a.probe(); {
				case err != nil:
					t.Note("it is not served: %v", err)
				case p.Body.Length > 3:
					t.Fail("a body that breaks off is not filled up\nof 10 bytes 3 were sent, and the application got %d", p.Body.Length)
				default:
					t.Note("the application got %d bytes of the 3 that were sent, of 10", p.Body.Length)
				}
			},
		},
	)
}

// sends sends a body of n bytes, which has to arrive.
func sends(t *suite.T, n int, check string) {
	body := binary(n)
	c := dial(t)
	c.Send(post(t, "", body)...)
	probeapp.BodyArrived(t, served(t, c.answer(), check), body, check)
	c.Close()
}

// binary is a body of all byte values.
func binary(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i + i/256)
	}
	return string(b)
}
