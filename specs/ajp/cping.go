package ajp

import (
	"bytes"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// ping sends CPing and says whether CPong came.
func (c *conn) ping(limit time.Duration) bool {
	c.Send(ajp.AppendCPing(nil))
	p, ok := c.packet(limit)
	code, _ := p.PrefixCode()
	return ok && code == ajp.TypeCPong
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/cping/answered", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-1"},
			Title: "CPing is answered with one CPong", Cut: true,
			Rule: "The container answers a CPing at once, with a CPong of one byte.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(ajp.AppendCPing(nil))
				p, ok := c.packet(answerLimit)
				if !ok && c.ended == suite.Nothing {
					t.Hang("CPing is answered\n%s", c.ended)
				} else if !ok {
					t.Fail("CPing is answered\n%s", c.ended)
				}
				if !bytes.Equal(p.Payload, []byte{byte(ajp.TypeCPong)}) {
					t.Fail("CPing is answered with CPong, the byte 09\ngot % x", p.Payload)
				}
			},
		},
		suite.Case{
			ID: "ajp/cping/two-at-once", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-2", "AJP-PKT-3"},
			Title: "two CPings in one segment are two",
			Rule:  "Packets are told apart by their lengths, not by how they travel.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(ajp.AppendCPing(ajp.AppendCPing(nil)))
				if _, ok := c.packet(answerLimit); !ok {
					t.Untested("CPing is not answered")
				}
				if _, ok := c.packet(2 * time.Second); !ok {
					t.Fail("the second of two CPings is answered, too\n%s", c.ended)
				}
			},
		},
		suite.Case{
			ID: "ajp/cping/between-requests", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-3"},
			Title: "CPing is answered between requests, too",
			Rule:  "The web server may send CPing on any connection that carries no request at the moment.",
			Run: func(t *suite.T) {
				c := dial(t)
				if !c.ping(answerLimit) {
					t.Untested("the first CPing of a connection is not answered")
				}
				c.Send(forward(get(t, "")))
				if a := c.answer(); !a.reusable() {
					t.Untested("the connection takes no further message: %s", a.why())
				}
				if !c.ping(2 * time.Second) {
					t.Fail("CPing is answered after a request\n%s", c.ended)
				}
			},
		},
	)
}
