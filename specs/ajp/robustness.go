package ajp

import (
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/robustness/short-header", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends within a header does no harm", Hurts: true,
			Rule: "A web server may go at any time: the container serves the next one.",
			Run: func(t *suite.T) {
				for n := 1; n < ajp.HeaderLen; n++ {
					c := dial(t)
					c.Send(forward(get(t, ""))[:n])
					c.leave()
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/half-a-request", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends within a request does no harm", Hurts: true,
			Rule: "A web server may go at any time: the container serves the next one.",
			Run: func(t *suite.T) {
				whole := forward(get(t, ""))
				c := dial(t)
				c.Send(whole[:len(whole)/2])
				c.leave()
			},
		},
		suite.Case{
			ID: "ajp/robustness/half-a-body", Level: suite.Robustness, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends within a body does no harm", Hurts: true,
			Rule: "A web server may go at any time: the container serves the next one.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(post(t, "", 20000)), ajp.AppendData(nil, make([]byte, 5000))[:1000])
				c.leave()
			},
		},
		suite.Case{
			ID: "ajp/robustness/empty-packet", Level: suite.Robustness, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-PKT-8"},
			Title: "a packet without a payload does no harm", Hurts: true,
			Rule: "A payload may have no first byte to say what it is: lighttpd sends such a packet after each request.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(message())
				c.leave()
			},
		},
		suite.Case{
			ID: "ajp/robustness/long-string", Level: suite.Robustness, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-42"},
			Title: "a string that is longer than its packet does no harm", Hurts: true,
			Rule: "A string ends within its packet, whatever its length says.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(message(byte(ajp.TypeForwardRequest), methodGET, 0x7F, 0xFF, 'H', 'T', 'T', 'P', 0))
				refused(t, c.answer(), "a string that is longer than its packet is refused", "a protocol of 32767 bytes")
			},
		},
		suite.Case{
			ID: "ajp/robustness/large-packet", Level: suite.Robustness, Section: "AJPv13 Packet Size", Link: "https://nvd.nist.gov/vuln/detail/CVE-2023-5379", Rows: []string{"AJP-PKT-5", "AJP-R-6"},
			Title: "a packet that is too large does no harm", Hurts: true,
			Rule: "A packet has up to 8 KiB: of a larger one the container may close the connection that brought it, and no other.",
			Run: func(t *suite.T) {
				for _, n := range []int{8189, 9000, 65535} {
					c := dial(t)
					c.Send(message(make([]byte, n)...))
					c.leave()
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/shutdown", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-PKT-10", "AJP-R-12"},
			Title: "Shutdown does not stop the container", Hurts: true, Hostile: true,
			Rule: "Whoever reaches the port can send Shutdown: containers have long ceased to obey it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(ajp.AppendShutdown(nil))
				c.leave()
			},
		},
	)
}
