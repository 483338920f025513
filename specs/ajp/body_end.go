package ajp

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// ends are the two forms of a body's end: the specification's, and that of
// Apache's httpd.
func ends() [][]byte { return [][]byte{ajp.AppendEndOfBody(nil), ajp.AppendData(nil, nil)} }

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/body/end", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-5", "AJP-BODY-6"},
			Title: "both forms of the body's end are taken", Needs: needsProbe,
			Rule: "The body's end is a packet without a payload; that of Apache's httpd has a size of 0.",
			Run: func(t *suite.T) {
				for _, end := range ends() {
					c := dial(t)
					c.body, c.end = []byte("hello"), end
					c.Send(forward(post(t, "", -1)))
					a := c.answer()
					if len(a.of(ajp.TypeGetBodyChunk)) < 2 {
						t.Untested("the container does not ask for a body without a length to its end")
					}
					check := fmt.Sprintf("a body that ends with % x arrives", end)
					probeapp.BodyArrived(t, served(t, a, check), "hello", check)
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/cut-short", Level: suite.Should, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-8"},
			Title: "a body that ends early is an error", Needs: needsProbe,
			Rule: "A body that ends before content-length bytes came is cut short: the client has gone, and the application must not take it for whole.",
			Run: func(t *suite.T) {
				controlBody(t)
				c := dial(t)
				c.upload(post(t, "", 20000), strings.Repeat("b", 9000))
				const check = "a body of 9000 of 20000 bytes is not served as a whole one"
				a := c.answer()
				p, err := a.probe()
				switch {
				case a.ok() && err == nil:
					t.Fail("%s\nit was, with %d: the application got %d bytes and no error", check, a.head.Status, p.Body.Length)
				case a.ok(): // the application's error, whose status is another case's affair
					t.Note("%d %.60q", a.head.Status, a.body)
				case a.end == nil && a.ended == suite.Nothing:
					t.Hang("%s\n%s", check, a.why())
				}
			},
		},
		suite.Case{
			ID: "ajp/body/ends-at-once", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-7"},
			Title: "a body whose first packet is empty keeps nobody waiting", Needs: needsProbe,
			Rule: "A client that goes at once leaves an empty packet where the body was announced: what else is due then is the application's affair.",
			Run: func(t *suite.T) {
				controlBody(t)
				for _, end := range ends() {
					c := dial(t)
					c.Send(forward(post(t, "", 5)), end)
					a, _ := c.endless(end)
					if a.end == nil && a.ended == suite.Nothing {
						t.Hang("a request is ended whose body ends at once\nafter % x %s", end, a.why())
					}
					t.Note("after % x: %s", end, a.fate())
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/asked-in-vain", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: "https://github.com/Bilal-S/iis2tomcat/issues/96", Rows: []string{"AJP-R-21"},
			Title: "a body that has ended is not asked for again and again", Needs: needsProbe, Hurts: true,
			Rule: "An empty packet is the body's end, whatever content-length was: a container that asks on gets the same for ever.",
			Run: func(t *suite.T) {
				controlBody(t)
				for _, end := range ends() {
					c := dial(t)
					c.Send(forward(post(t, "", 20000)), end)
					if a, asked := c.endless(end); a.end == nil && asked > endlessLimit {
						t.Fail("an empty packet ends the body\nit was asked for %d times, and % x came each time", asked, end)
					}
					c.Close()
				}
			},
		},
	)
}

// endless answers each Get Body Chunk with the body's end, up to endlessLimit
// times. It says how often there was one.
func (c *conn) endless(end []byte) (a answer, asked int) {
	for asked <= endlessLimit && a.end == nil {
		p, ok := c.packet(suite.AnswerLimit)
		if !ok {
			a.ended, a.broken = c.ended, c.broken
			return a, asked
		}
		a.packets = append(a.packets, p)
		switch code, _ := p.PrefixCode(); code {
		case ajp.TypeSendHeaders:
			a.head = sendHeaders(p.Payload)
		case ajp.TypeGetBodyChunk:
			asked++
			c.Send(end)
		case ajp.TypeEndResponse:
			a.end = p.Payload
		}
	}
	return a, asked
}

// endlessLimit is more often than an application reads at a body's end.
const endlessLimit = 20
