package ajp

import (
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/robustness/empty-packet", Level: suite.Robustness, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-PKT-8"},
			Title: "a packet without a payload does no harm", Hurts: true,
			Rule: "A payload may have no first byte to say what it is: lighttpd sends such a packet after each request.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(message())
				c.Leave()
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
					c.Leave()
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
				c.Leave()
			},
		},
		suite.Case{
			ID: "ajp/robustness/extension-commands", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: "https://tomcat.apache.org/connectors-doc/ajp/ajpv13ext.html", Rows: []string{"AJP-R-13"},
			Title: "the commands of the extensions do no harm", Hurts: true, Budget: 30 * time.Second,
			Rule: "The proposal for extensions has commands from 10 to 1E, of a login among them: to a container without it they are unknown messages.",
			Run: func(t *suite.T) {
				for code := byte(0x10); code <= 0x1E; code++ {
					for _, payload := range [][]byte{{code}, append([]byte{code}, make([]byte, 40)...)} {
						c := dial(t)
						c.Send(message(payload...))
						c.Leave()
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/random-requests", Level: suite.Robustness, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-R-17"},
			Title: "requests with random bytes in them do no harm", Hurts: true, Slow: true, Budget: time.Minute,
			Rule: survives,
			Run: func(t *suite.T) {
				t.Mutations(500, func() []byte { return mutated(t) }, func() {
					beside(t, "a plain request between those with random bytes is answered")
				})
			},
		},
	)
}

// mutated is a Forward Request in a packet of the right length, in which some
// bytes have changed or behind which all is random.
func mutated(t *suite.T) []byte {
	random := t.Random()
	packet := forward(post(t, "", 5))
	payload := packet[ajp.HeaderLen:]
	if random.IntN(4) == 0 {
		for i := 1 + random.IntN(40); i < len(payload); i++ {
			payload[i] = byte(random.IntN(256))
		}
	}
	for range 1 + random.IntN(4) {
		payload[1+random.IntN(len(payload)-1)] = byte(random.IntN(256))
	}
	return packet
}
