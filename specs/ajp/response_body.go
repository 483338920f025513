package ajp

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/response/sizes", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-6"},
			Title: "an answer of any size comes whole", Needs: needsProbe,
			Rule: "A body of nothing needs no Send Body Chunk; one that fills a packet fits in it.",
			Run: func(t *suite.T) {
				for _, n := range []int{0, 1, 8183, 8184, 8185, 16368, 65536} {
					c := dial(t)
					c.Send(forward(get(t, fmt.Sprintf("size=%d", n))))
					check := "an answer of any size comes whole"
					letters(t, completed(t, c.answer(), check), n, check)
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/response/large", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: "https://github.com/eclipse-ee4j/glassfish-grizzly/pull/2132", Rows: []string{"AJP-RSP-6"},
			Title: "a large answer comes whole", Needs: needsProbe,
			Rule: "A body goes out in as many Send Body Chunks as it takes.",
			Run: func(t *suite.T) {
				const n = 300000
				c := dial(t)
				c.Send(forward(get(t, fmt.Sprintf("size=%d", n))))
				const check = "an answer of 300000 bytes comes whole"
				a := completed(t, c.answer(), check)
				for i, b := range a.body {
					if b != 'a'+byte(i%26) {
						t.Fail("%s\nbyte %d is %q", check, i, b)
					}
				}
				if len(a.body) != n {
					t.Fail("%s\ngot %d", check, len(a.body))
				}
			},
		},
		suite.Case{
			ID: "ajp/response/ten-megabytes", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-6"},
			Title: "an answer of 10 MiB comes whole", Needs: needsProbe, Hurts: true, Slow: true, Budget: time.Minute,
			Rule: "A body goes out in as many Send Body Chunks as it takes.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "size=10485760")))
				const check = "an answer of 10 MiB comes whole"
				letters(t, completed(t, c.answer(), check), 10<<20, check)
			},
		},
		suite.Case{
			ID: "ajp/response/flush", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-5"},
			Title: "a write of nothing does not end an answer", Needs: suite.Needs{Probe: true, Can: []string{"write"}},
			Rule: "A Send Body Chunk of no bytes is a flush: End Response alone ends an answer.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "write=zero&size=5000&chunk=1000")))
				const check = "an answer with writes of nothing in it comes whole"
				letters(t, completed(t, c.answer(), check), 5000, check)
			},
		},
		suite.Case{
			ID: "ajp/response/slow-reader", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-16"},
			Title: "an answer that is read late comes whole", Needs: needsProbe,
			Rule: "A container waits for its web server to read.",
			Run: func(t *suite.T) {
				const n = 3000000 // more than the buffers between them hold
				c := dial(t)
				c.Send(forward(get(t, fmt.Sprintf("size=%d", n))))
				time.Sleep(400 * time.Millisecond)
				const check = "an answer of 3000000 bytes that is read late comes whole"
				letters(t, completed(t, c.answer(), check), n, check)
			},
		},
		suite.Case{
			ID: "ajp/response/send-body-chunk", Level: suite.Must, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-4"},
			Title: "a Send Body Chunk ends with a NUL",
			Rule:  "chunk_length is that of the bytes, after which comes a NUL: the grammar lacks it, and Apache's httpd answers 500 without it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "size=20000")))
				chunks := c.answer().of(ajp.TypeSendBodyChunk)
				if len(chunks) == 0 {
					t.Untested("the answer had no body")
				}
				for _, p := range chunks {
					chunk, rest, err := ajp.ParseSendBodyChunk(p.Payload)
					if err != nil || string(rest) != "\x00" {
						c.about(p)
						t.Fail("a Send Body Chunk holds its bytes and a NUL\nafter %d bytes came % x (%v)", len(chunk), rest[:min(len(rest), 16)], err)
					}
				}
			},
		},
	)
}
