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
	return c.pong(limit)
}

// pong says whether the next packet is CPong.
func (c *conn) pong(limit time.Duration) bool {
	p, ok := c.packet(limit)
	code, _ := p.PrefixCode()
	return ok && code == ajp.TypeCPong
}

// answersCPing ends the case where a new connection's CPing is not answered.
func answersCPing(t *suite.T) {
	c := dial(t)
	if !c.ping(suite.SilentLimit) {
		t.Untested("CPing is not answered")
	}
	c.Close()
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/cping/answered", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-1"},
			Title: "CPing is answered with CPong",
			Rule:  "The container answers a CPing at once, with a CPong of one byte.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(ajp.AppendCPing(nil))
				p, ok := c.packet(suite.AnswerLimit)
				if !ok && c.ended == suite.Nothing {
					t.Hang("CPing is answered\n%s", c.ended)
				} else if !ok {
					t.Fail("CPing is answered\n%s", c.ended)
				}
				if !bytes.Equal(p.Payload, []byte{byte(ajp.TypeCPong)}) {
					c.about(p)
					t.Fail("CPing is answered with CPong, the byte 09\ngot % x", p.Payload[:min(16, len(p.Payload))])
				}
			},
		},
		suite.Case{
			ID: "ajp/cping/once", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-1"},
			Title: "a CPing has one CPong",
			Rule:  "Each CPing is answered once: one CPong too many is taken for the next one's.",
			Run: func(t *suite.T) {
				c := dial(t)
				if !c.ping(suite.SilentLimit) {
					t.Untested("CPing is not answered")
				}
				if p, more := c.packet(nothingMore); more {
					c.about(p)
					t.Fail("nothing follows CPong\n% x came after it", p.Payload[:min(16, len(p.Payload))])
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
				if !c.pong(suite.SilentLimit) {
					t.Untested("CPing is not answered")
				}
				if !c.pong(suite.SilentLimit) {
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
				if !c.ping(suite.SilentLimit) {
					t.Untested("CPing is not answered")
				}
				c.Send(forward(get(t, "")))
				if a := c.answer(); !a.reusable() {
					t.Untested("the connection takes no further message: %s", a.fate())
				}
				if !c.ping(suite.SilentLimit) {
					t.Fail("CPing is answered after a request\n%s", c.ended)
				}
			},
		},
		suite.Case{
			ID: "ajp/cping/within-body", Level: suite.Should, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-6"},
			Title: "CPing where a body is due is no body", Needs: needsProbe,
			Rule: "A packet of a body has its size before the bytes: a packet that lacks it is an error, or read over, but no bytes for the application.",
			Run: func(t *suite.T) {
				const check = "CPing where a body is due is no body"
				control(t, post(t, "", 6), "012345")
				c := dial(t)
				c.Send(forward(post(t, "", 6)), ajp.AppendData(nil, []byte("01234")), ajp.AppendCPing(nil))
				a := c.answer()
				if p, err := a.probe(); err == nil && p.Body.Length > 5 {
					t.Fail("%s\nfive bytes and a CPing were sent: the application got %d", check, p.Body.Length)
				} else if a.head == nil && a.end == nil && a.ended == suite.Nothing {
					t.Hang("%s\n%s", check, a.why())
				}
				if !a.reusable() {
					return
				}
				c.Send(forward(get(t, "fcgikit=second")))
				if p, err := c.soon().probe(); err == nil && p.Params["QUERY_STRING"] != "fcgikit=second" {
					t.Fail("the request after a CPing where a body is due is served as it is\nof the query fcgikit=second the application got %q", p.Params["QUERY_STRING"])
				}
			},
		},
		suite.Case{
			ID: "ajp/cping/longer", Level: suite.May, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-4"},
			Title: "what comes of a CPing with more bytes",
			Rule:  "CPing is one byte; what comes of further ones is noted.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(message(byte(ajp.TypeCPing), 'm', 'o', 'r', 'e'))
				if c.pong(nothingMore) {
					t.Note("it is answered with CPong")
				} else {
					t.Note("it is not answered with CPong: %s", c.ended)
				}
			},
		},
	)
}
