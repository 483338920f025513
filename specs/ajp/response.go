package ajp

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/response/order", Level: suite.Must, Section: "AJPv13 Response Packet Structure", Link: link, Rows: []string{"AJP-RSP-1"},
			Title: "an answer's packets come in order", Over: []suite.Axis{turns},
			Rule: "An answer is one Send Headers, any number of Send Body Chunks, and one End Response; Get Body Chunk may come between them.",
			Run: func(t *suite.T) {
				c := turn(t)
				c.Send(forward(get(t, "size=20000")))
				var order []string
				for _, p := range completed(t, c.answer(), "an answer ends with End Response").packets {
					if code, _ := p.PrefixCode(); code != ajp.TypeGetBodyChunk {
						order = append(order, code.String())
					}
				}
				for i, code := range order {
					if (code == ajp.TypeSendHeaders.String()) != (i == 0) || i > 0 && i < len(order)-1 && code != ajp.TypeSendBodyChunk.String() {
						t.Fail("an answer is Send Headers, Send Body Chunks, End Response\ngot %s", strings.Join(order, ", "))
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/response/send-headers", Level: suite.Must, Section: "AJPv13 Send Headers", Link: link, Rows: []string{"AJP-RSP-2", "AJP-RSP-3"},
			Title: "Send Headers is well-formed", Needs: needsProbe,
			Rule: "Send Headers has the status, the message, num_headers and as many headers, whose codes are those of the table; each string ends with a NUL.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "status=404&header=X-Fcgikit:yes")))
				const check = "Send Headers holds what the application answered"
				found := completed(t, c.answer(), check).of(ajp.TypeSendHeaders)
				if len(found) == 0 {
					t.Fail("%s\nnone came", check)
				}
				c.about(found[0])
				var h ajp.ResponseHeaders
				if err := h.Decode(found[0].Payload); err != nil {
					t.Fail("Send Headers is well-formed\n%v", err)
				} else if len(h.Trailing) > 0 || h.Unterminated.Count > 0 {
					t.Fail("Send Headers is well-formed\n%d bytes follow its last header, %d strings have no NUL", len(h.Trailing), h.Unterminated.Count)
				}
				told := ""
				for _, header := range h.Headers {
					if header.Code != 0 && header.Name == nil {
						t.Fail("Send Headers is well-formed\nheader code %04X is in no table", header.Code)
					}
					if strings.EqualFold(string(header.Name), "X-Fcgikit") {
						told = string(header.Value)
					}
				}
				if h.Status != http.StatusNotFound || told != "yes" {
					t.Fail("%s\nexpected status 404 and X-Fcgikit: yes, got %d and %q", check, h.Status, told)
				}
			},
		},
		suite.Case{
			ID: "ajp/response/no-headers", Level: suite.Must, Section: "AJPv13 Send Headers", Link: "https://github.com/advisories/GHSA-mppv-79ch-vw6q", Rows: []string{"AJP-RSP-15"},
			Title: "an answer without headers has Send Headers", Needs: needsProbe,
			Rule: "num_headers may be 0, and Send Headers comes all the same: a web server that gets none goes by those of the answer before.",
			Run: func(t *suite.T) {
				for _, status := range []int{204, 304} {
					c := dial(t)
					c.Send(forward(get(t, fmt.Sprintf("status=%d", status))))
					const check = "an answer without a body has Send Headers"
					if a := completed(t, c.answer(), check); a.head == nil {
						t.Fail("%s\nof status %d none came", check, status)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/response/long-header", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-RSP-14"},
			Title: "a long header arrives whole, or not at all", Needs: needsProbe,
			Rule: "Send Headers is one packet. A header for which there is no room makes the answer an error, or is left out: no part of it goes for the whole.",
			Run: func(t *suite.T) {
				value := strings.Repeat("0123456789", 750)
				c := dial(t)
				c.Send(forward(get(t, "header=X-Fcgikit:"+value)))
				const check = "a header of 7500 bytes arrives whole, or not at all"
				a := completed(t, c.answer(), check)
				got, err := a.told("X-Fcgikit")
				switch {
				case err != nil:
					t.Fail("%s\n%v", check, err)
				case got == "":
					t.Note("it was left out, with status %s", a.status())
				case got != value:
					t.Fail("%s\n%d bytes came", check, len(got))
				}
			},
		},
		suite.Case{
			ID: "ajp/response/line-ends", Level: suite.Should, Section: "RFC 9110 5.5", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-5.5", Rows: []string{"AJP-RSP-13"},
			Title: "a header that an application sets has no line end in it", Needs: needsProbe,
			Rule: "The web server writes headers as lines: CR and LF of an application's value would make two of one.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "header=X-Fcgikit:yes")))
				if got, _ := c.answer().told("X-Fcgikit"); got != "yes" {
					t.Untested("an ordinary header does not arrive")
				}
				c.Close()
				for _, end := range []string{"%0d%0a", "%0a", "%0d"} {
					c := dial(t)
					c.Send(forward(get(t, "header=X-Fcgikit:yes"+end+"X-Smuggled:yes")))
					a := c.answer()
					if got, _ := a.told("X-Fcgikit"); strings.ContainsAny(got, "\r\n") {
						t.Fail("a header's value has no line end in it\ngot %q", got)
					} else if a.end == nil && a.ended == suite.Nothing {
						t.Hang("a header's value has no line end in it\n%s", a.why())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/response/no-body", Level: suite.Must, Section: "RFC 9110 6.4.1", Link: "https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1", Rows: []string{"AJP-RSP-7"},
			Title: "answers to HEAD, 204 and 304 have no body", Needs: needsProbe,
			Rule: "The container leaves the body out where HTTP has none: the web server passes on what comes.",
			Run: func(t *suite.T) {
				head := get(t, "size=100")
				head.Method = methodHEAD
				for i, r := range []*ajp.Request{head, get(t, "status=204"), get(t, "status=304")} {
					c := dial(t)
					c.Send(forward(r))
					const check = "an answer that has no body comes without one"
					if a := completed(t, c.answer(), check); len(a.body) > 0 {
						t.Fail("%s\nof %s there are %d bytes", check, []string{"HEAD", "204", "304"}[i], len(a.body))
					}
					c.Close()
				}
				c := dial(t)
				c.Send(forward(get(t, "status=205")))
				t.Note("with status 205 came %d bytes", len(c.answer().body))
			},
		},
	)
}

func (a answer) status() string {
	if a.head == nil {
		return "no Send Headers"
	}
	return fmt.Sprint(a.head.Status)
}

// told is the value of a header of the answer, "" if it has none. The error is
// that Send Headers breaks off.
func (a answer) told(name string) (string, error) {
	all := a.of(ajp.TypeSendHeaders)
	if len(all) == 0 {
		return "", nil
	}
	var h ajp.ResponseHeaders
	err := h.Decode(all[0].Payload)
	for _, header := range h.Headers {
		if strings.EqualFold(string(header.Name), name) {
			return string(header.Value), err
		}
	}
	return "", err
}
