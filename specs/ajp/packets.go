package ajp

import (
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// nothingMore is how long a case waits for what must not come.
const nothingMore = 300 * time.Millisecond

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/packets/magic", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-1"},
			Title: "every packet begins with 41 42",
			Rule:  "Packets from the container to the web server begin with the bytes 41 42, AB in ASCII.",
			Run: func(t *suite.T) {
				const check = "every packet begins with 41 42"
				c := dial(t)
				c.Send(forward(get(t, "")))
				for i, p := range someAnswer(t, c.answer(), check).packets {
					if p.Magic != ajp.ToServer {
						c.about(p)
						t.Fail("%s\npacket %d begins with %v", check, i+1, p.Magic)
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
					t.Untested("the request did not come to its End Response: %s", a.why())
				}
				more := len(c.Buffered()) > 0
				if !more {
					_, more = c.More(nothingMore)
				}
				if more {
					c.Mark(c.Taken(), len(c.Buffered()))
					t.Fail("nothing follows End Response\n%d bytes came after it: % x", len(c.Buffered()), c.Buffered()[:min(16, len(c.Buffered()))])
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/segmentation", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-3"},
			Title: "a request comes in any segments", Cut: true,
			Rule: "Packets travel on a stream of bytes: how the transport cuts or joins them makes no difference.",
			Run: func(t *suite.T) {
				whole := forward(get(t, "", literal("x-fcgikit", "cut")))
				c := dial(t)
				for _, piece := range [][]byte{whole[:9], whole[9:20], whole[20:70], whole[70:]} {
					c.Send(piece)
					time.Sleep(25 * time.Millisecond) // until it is read
				}
				likePlain(t, c.answer(), "a request is answered like a plain one in whatever segments it comes")
			},
		},
		suite.Case{
			ID: "ajp/packets/segment-ends-in-header", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-3"},
			Title: "a segment may end within a header",
			Rule:  "Packets travel on a stream of bytes: a segment may end behind each byte of a header, and begin with the rest of it.",
			Run: func(t *suite.T) {
				whole := forward(get(t, ""))
				for at := 1; at <= ajp.HeaderLen; at++ {
					c := dial(t)
					c.Send(whole[:at])
					time.Sleep(segmentPause)
					c.Send(whole[at:])
					likePlain(t, c.answer(), "a request that is cut within its header is answered like a plain one")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/packets/coalesced", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-3"},
			Title: "a segment may hold two packets",
			Rule:  "Packets are told apart by their lengths, not by how they travel: a request may come in one segment with the CPing before it.",
			Run: func(t *suite.T) {
				answersCPing(t)
				c := dial(t)
				c.Send(slices.Concat(ajp.AppendCPing(nil), forward(get(t, ""))))
				c.pong(suite.AnswerLimit)
				likePlain(t, c.answer(), "a request that comes in one segment with a CPing is answered like a plain one")
			},
		},
		suite.Case{
			ID: "ajp/packets/wrong-magic", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-2"},
			Title: "a packet without 12 34 is refused",
			Rule:  "Packets from the web server to the container begin with 12 34: what begins otherwise is no packet, and is not served.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, magic := range []ajp.Magic{0x1235, 0x3412, 0x4745, ajp.ToServer} { // 47 45 is GE, of GET
					c := dial(t)
					c.Send(ajp.AppendPacket(nil, magic, forward(get(t, ""))[ajp.HeaderLen:]))
					refused(t, c.answer(), "a packet without 12 34 is refused", fmt.Sprintf("a Forward Request that begins with %v", magic))
					c.Close()
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
						p, more := c.packet(nothingMore)
						if !more {
							break
						}
						if first, _ := p.PrefixCode(); first == ajp.TypeSendHeaders && sendHeaders(p.Payload).Status < 400 {
							c.about(p)
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
		suite.Case{
			ID: "ajp/packets/ping", Level: suite.May, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-11"},
			Title: "what comes of Ping, which is obsolete",
			Rule:  "A message of type 8 was to ask for a login. Containers know it no more; what is seen is noted.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(ajp.AppendPing(nil))
				if p, ok := c.packet(nothingMore); ok {
					t.Note("Ping is answered with % x", p.Payload[:min(16, len(p.Payload))])
				} else {
					t.Note("after Ping %s", c.ended)
				}
			},
		},
	)
}

// segmentPause is how long the rest of a packet waits, so that a container on
// this machine has read what came before.
const segmentPause = 60 * time.Millisecond
