package ajp

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/packets/magic", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-1"},
			Title: "every packet begins with 41 42",
			Rule:  "Packets from the container to the web server begin with the bytes 41 42, AB in ASCII.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "")))
				for i, p := range c.answer().packets {
					if p.Magic != ajp.ToServer {
						t.Fail("every packet begins with 41 42\npacket %d begins with %v", i+1, p.Magic)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/nothing-left-over", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-1"},
			Title: "all that is sent is whole packets",
			Rule:  "The length in a packet's header is that of the bytes that follow, and nothing follows End Response.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "")))
				if a := c.answer(); a.end == nil {
					t.Untested("the request did not come to its End Response")
				}
				more := len(c.Buffered()) > 0
				if !more {
					_, more = c.More(500 * time.Millisecond)
				}
				if more {
					t.Fail("nothing follows End Response\n%d bytes came after it: % x", len(c.Buffered()), c.Buffered()[:min(16, len(c.Buffered()))])
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/wrong-magic", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-2"},
			Title: "a packet without 12 34 is refused",
			Rule:  "Packets from the web server to the container begin with 12 34: what begins otherwise is no packet, and is not served.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, magic := range []ajp.Magic{0x1235, 0x3412, ajp.ToServer} {
					c := dial(t)
					c.Send(ajp.AppendPacket(nil, magic, forward(get(t, ""))[ajp.HeaderLen:]))
					refused(t, c.answer(), "a packet without 12 34 is refused", fmt.Sprintf("a Forward Request that begins with %v", magic))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/full-size", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-PKT-4"},
			Title: "a packet of 8192 bytes is taken", Cut: true,
			Rule: "A packet has up to 8 KiB, its header among them.",
			Run: func(t *suite.T) {
				r := get(t, "", literal("x-fcgikit", ""))
				pad := ajp.DefaultPacketSize - len(forward(r))
				r.Headers[len(r.Headers)-1].Value = []byte(strings.Repeat("x", pad))
				c := dial(t)
				c.Send(forward(r))
				const check = "a Forward Request of 8192 bytes is served"
				if a := completed(t, c.answer(), check); !a.ok() {
					t.Fail("%s\nit was not: %s", check, a.why())
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/answer-size", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-PKT-7"},
			Title: "the container's packets keep to the packet size", Needs: needsProbe,
			Rule: "A packet has up to 8 KiB, unless both sides are set otherwise.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "size=100000")))
				for i, p := range c.answer().packets {
					if n := ajp.HeaderLen + len(p.Payload); n > ajp.DefaultPacketSize {
						t.Fail("the container's packets have up to 8192 bytes\npacket %d of the answer has %d", i+1, n)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/unknown-type", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-9", "AJP-R-13"},
			Title: "a message of another type is not served",
			Rule:  "The first byte of a payload says what it is: only 2 is a Forward Request.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, code := range []byte{0, 1, 3, 9, 11, 0x10, 0xFF} {
					payload := forward(get(t, ""))[ajp.HeaderLen:]
					payload[0] = code
					c := dial(t)
					c.Send(message(payload...))
					for {
						p, more := c.packet(500 * time.Millisecond)
						if !more {
							break
						}
						if first, _ := p.PrefixCode(); first == ajp.TypeSendHeaders && sendHeaders(p.Payload).Status < 400 {
							t.Fail("a message of an unknown type is not served\none of type %d was, with %d", code, sendHeaders(p.Payload).Status)
						}
					}
					if c.ended == suite.Nothing {
						t.Note("type %d is ignored", code)
					}
					c.Close()
				}
			},
		},
	)
}
