package ajp

import (
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/body/whole", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-1", "AJP-BODY-2"},
			Title: "a body arrives whole", Needs: needsProbe, Cut: true, Over: []suite.Axis{turns},
			Rule: "The first packet of a body follows the request unasked; the container asks for each further one until it has content-length bytes.",
			Run: func(t *suite.T) {
				for _, n := range []int{1, 5, 8186, 8187, 20000, 70000} {
					body := strings.Repeat("b", n)
					c := turn(t)
					c.upload(post(t, "", n), body)
					probeapp.BodyArrived(t, served(t, c.answer(), "a body of any size arrives"), body, "a body of any size arrives")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/body/ten-megabytes", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-20"},
			Title: "a body of 10 MiB arrives whole", Needs: needsProbe, Hurts: true, Slow: true, Budget: 2 * time.Minute,
			Rule: "A body has as many packets as it takes: flup over TCP waits 40 ms for each.",
			Run: func(t *suite.T) {
				body := strings.Repeat("0123456789abcdef", 10<<20/16)
				c := dial(t)
				c.upload(post(t, "", len(body)), body)
				const check = "a body of 10 MiB arrives"
				probeapp.BodyArrived(t, served(t, c.answer(), check), body, check)
			},
		},
		suite.Case{
			ID: "ajp/body/short-pieces", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-3"},
			Title: "a packet may hold less than was asked for", Needs: needsProbe,
			Rule: "requested_length is the most that the web server may send: less is not the body's end.",
			Run: func(t *suite.T) {
				body := strings.Repeat("piecemeal ", 20)
				c := dial(t)
				c.most = 10
				c.upload(post(t, "", len(body)), body)
				const check = "a body in packets of 10 bytes arrives"
				probeapp.BodyArrived(t, served(t, c.answer(), check), body, check)
			},
		},
		suite.Case{
			ID: "ajp/body/single-bytes", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-R-22"},
			Title: "a long body in packets of one byte arrives", Needs: needsProbe, Slow: true, Budget: time.Minute,
			Rule: "requested_length is the most that the web server may send, as often as it is asked.",
			Run: func(t *suite.T) {
				body := strings.Repeat("piecemeal ", 60)
				c := dial(t)
				c.most = 1
				c.upload(post(t, "", len(body)), body)
				const check = "a body of 600 packets of one byte arrives"
				probeapp.BodyArrived(t, served(t, c.answer(), check), body, check)
			},
		},
		suite.Case{
			ID: "ajp/body/get-body-chunk", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-2"},
			Title: "the container asks once for each packet", Needs: needsProbe, Budget: 20 * time.Second,
			Rule: "A Get Body Chunk asks for one packet of the body, and the container waits for that one.",
			Run: func(t *suite.T) {
				body := strings.Repeat("b", 20000)
				c := dial(t)
				c.upload(post(t, "", len(body)), body)
				for waited := false; len(c.body) > 0; waited = true {
					p, ok := c.packet(suite.AnswerLimit)
					if !ok && c.ended == suite.Nothing {
						t.Hang("the rest of a body is asked for\nwith %d bytes left %s", len(c.body), c.ended)
					}
					if code, _ := p.PrefixCode(); code != ajp.TypeGetBodyChunk {
						c.about(p)
						t.Fail("the rest of a body is asked for\nwith %d bytes left expected Get Body Chunk, got %v", len(c.body), code)
					}
					if !waited {
						waits(t, c)
					}
					asked, _ := ajp.ParseGetBodyChunk(p.Payload)
					c.Send(c.data(int(asked)))
				}
			},
		},
		suite.Case{
			ID: "ajp/body/requested-length", Level: suite.Should, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-BODY-3"},
			Title: "the container asks for what a packet can hold", Needs: needsProbe,
			Rule: "A packet of 8192 bytes holds up to 8186 of a body: a Get Body Chunk asks for some, and for no more than fit.",
			Run: func(t *suite.T) {
				body := strings.Repeat("b", 20000)
				c := dial(t)
				c.upload(post(t, "", len(body)), body)
				asked := c.answer().of(ajp.TypeGetBodyChunk)
				if len(asked) == 0 {
					t.Untested("the container does not ask for the rest of a body")
				}
				most := ajp.MaxDataLen(packetSize(t))
				for _, p := range asked {
					if n, err := ajp.ParseGetBodyChunk(p.Payload); err != nil || n == 0 || int(n) > most {
						c.about(p)
						t.Fail("requested_length is from 1 to %d\ngot % x", most, p.Payload)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/body/unknown-length", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: "https://github.com/undertow-io/undertow/pull/488", Rows: []string{"AJP-BODY-4"},
			Title: "a body of unknown length is asked for", Needs: needsProbe, Over: []suite.Axis{turns},
			Rule: "A chunked request has no content-length and no unasked packet: the container asks for its body until an empty packet comes.",
			Run: func(t *suite.T) {
				c := turn(t)
				c.body, c.most = []byte("hello"), 3
				c.Send(forward(post(t, "", -1)))
				const check = "a body without a length arrives"
				probeapp.BodyArrived(t, served(t, c.answer(), check), "hello", check)
			},
		},
		suite.Case{
			ID: "ajp/body/duplex", Level: suite.Must, Section: "AJPv13 Get Body Chunk", Link: "https://github.com/yaoweibin/nginx_ajp_module/issues/42", Rows: []string{"AJP-BODY-21"},
			Title: "a body is asked for when the answer has begun", Needs: suite.Needs{Probe: true, Can: []string{"duplex"}},
			Rule: "Get Body Chunk may come after Send Headers and between Send Body Chunks: an application answers while it reads.",
			Run: func(t *suite.T) {
				body := strings.Repeat("0123456789", 5000)
				c := dial(t)
				c.upload(post(t, "duplex=yes&body=echo", len(body)), body)
				const check = "a body of 50000 bytes is sent back while it comes"
				a := completed(t, c.answer(), check)
				if string(a.body) != body {
					t.Fail("%s\n%d bytes came, and they are others", check, len(a.body))
				}
			},
		},
	)
}

// waits ends the case unless the container, which has asked for a packet, says
// nothing until it has got it.
func waits(t *suite.T, c *conn) {
	if p, more := c.packet(quietLimit); more {
		code, _ := p.PrefixCode()
		c.about(p)
		t.Fail("the container waits for the packet that it asked for\nbefore it came, %v", code)
	}
}

// quietLimit is how long nothing may follow: a container that says more says it
// at once.
const quietLimit = 300 * time.Millisecond

// controlBody ends the case, whose good outcome is a refusal or an early end,
// unless the nearest body arrives.
func controlBody(t *suite.T) {
	c := dial(t)
	c.upload(post(t, "", 5), "hello")
	if p, err := c.answer().probe(); err != nil || p.Body.Length != 5 {
		t.Untested("the legal body next to it does not arrive: %v", err)
	}
	c.Close()
}

// notServed ends the case if a request, which must not be, was served by the
// application, whose own error may have any status.
func notServed(t *suite.T, a answer, check, what string) {
	if p, err := a.probe(); err == nil {
		t.Fail("%s\n%s was served: the application got %d bytes", check, what, p.Body.Length)
	}
	noHang(t, a, check, what)
}
