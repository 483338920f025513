package ajp

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// packetSize is the most bytes that a packet may have, its header among them.
func packetSize(t *suite.T) int { return cmp.Or(t.Server.PacketSize, ajp.DefaultPacketSize) }

// filled is a request whose packet has so many bytes.
func filled(t *suite.T, size int) *ajp.Request {
	r := get(t, "", literal("x-fcgikit", ""))
	pad := max(size-len(forward(r)), 0)
	r.Headers[len(r.Headers)-1].Value = []byte(strings.Repeat("x", pad))
	return r
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/packets/full-size", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-PKT-4"},
			Title: "a packet of 8192 bytes is taken", Cut: true,
			Rule: "A packet has up to 8 KiB, its header among them.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(filled(t, ajp.DefaultPacketSize)))
				likePlain(t, c.answer(), "a Forward Request of 8192 bytes is answered like a plain one")
			},
		},
		suite.Case{
			ID: "ajp/packets/too-large", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-PKT-5"},
			Title: "a packet beyond the packet size is refused",
			Rule:  "A packet has up to 8 KiB, unless both sides are set otherwise: who sends more and who takes it disagree on where a body's packets end.",
			Run: func(t *suite.T) {
				control(t, filled(t, packetSize(t)), "")
				c := dial(t)
				c.Send(forward(filled(t, packetSize(t)+1)))
				refused(t, c.answer(), "a packet beyond the packet size is refused",
					fmt.Sprintf("one of %d bytes (is the container set to more? then add -packet-size N)", packetSize(t)+1))
			},
		},
		suite.Case{
			ID: "ajp/packets/configured-size", Level: suite.Should, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-PKT-6"},
			Title: "packets of the size that was set are taken", Needs: needsProbe,
			Rule: "Where both sides are set to larger packets, a Forward Request and the packets of a body may fill them.",
			Run: func(t *suite.T) {
				if packetSize(t) == ajp.DefaultPacketSize {
					t.Untested("it needs a container that is set to larger packets")
				}
				c := dial(t)
				c.Send(forward(filled(t, packetSize(t))))
				served(t, c.answer(), "a Forward Request of the size that was set is served")
				c.Close()
				const check = "a body in one packet of the size that was set arrives"
				body := strings.Repeat("b", ajp.MaxDataLen(packetSize(t)))
				c = dial(t)
				c.Send(forward(post(t, "", len(body))), ajp.AppendData(nil, []byte(body)))
				probeapp.BodyArrived(t, served(t, c.answer(), check), body, check)
			},
		},
		suite.Case{
			ID: "ajp/packets/answer-size", Level: suite.Must, Section: "AJPv13 Packet Size", Link: link, Rows: []string{"AJP-PKT-7"},
			Title: "the container's packets keep to the packet size", Needs: needsProbe,
			Rule: "A packet has up to 8 KiB, unless both sides are set otherwise.",
			Run: func(t *suite.T) {
				const check = "the container's packets keep to the packet size"
				c := dial(t)
				c.Send(forward(get(t, "size=100000")))
				for i, p := range someAnswer(t, c.answer(), check).packets {
					if n := ajp.HeaderLen + len(p.Payload); n > packetSize(t) {
						c.about(p)
						t.Fail("%s\npacket %d of the answer has %d bytes, not up to %d (is the container set to more? then add -packet-size N)", check, i+1, n, packetSize(t))
					}
				}
			},
		},
	)
}
