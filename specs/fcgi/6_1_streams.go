package fcgi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/6.1/answer", Level: suite.Must, Section: "FastCGI 6.1", Link: link("6.1"), Rows: []string{"FCGI-6.1-1", "FCGI-6.2-3"},
			Title: "an answer is on STDOUT and whole before END_REQUEST", Over: []suite.Axis{keeping},
			Rule: "A responder writes its answer to STDOUT and then ends the request, whether or not the connection is kept. A GET request's STDIN is its end alone.",
			Run: func(t *suite.T) {
				const check = "a request is answered on STDOUT, and then ended"
				c := dial(t)
				c.Send(request(1, kept(t), get(t, ""))...)
				a := completed(t, c.answer(1), check)
				head, body, err := a.page()
				if err != nil {
					t.Fail("%s\n%v", check, err)
				}
				if n, err := strconv.Atoi(head.Header.Get("Content-Length")); err == nil && n > len(body) {
					t.Fail("%s\nof a body of %d bytes, as its Content-Length says, came %d before END_REQUEST", check, n, len(body))
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.1/no-output", Level: suite.Must, Section: "FastCGI 6.1", Link: link("6.1"), Rows: []string{"FCGI-6.1-2"},
			Title: "STDOUT is ended where nothing was written", Needs: suite.Needs{Probe: true, Can: []string{"output"}},
			Rule: "STDOUT is always sent: of an application that writes nothing its end is.",
			Run: func(t *suite.T) {
				const check = "STDOUT is ended of an application that writes nothing"
				c := dial(t)
				c.Send(request(1, 0, get(t, "output=none"))...)
				a := c.answer(1)
				records := a.of(fcgi.TypeStdout, 1)
				switch {
				case len(a.stdout) > 0:
					t.Untested("the server wrote in the application's place: %.60q", a.stdout)
				case len(records) == 0 && a.end == nil && a.ended == suite.Nothing:
					t.Hang("%s\nno STDOUT came: %s", check, a.why())
				case len(records) == 0:
					t.Fail("%s\nno STDOUT came before END_REQUEST", check)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.1/end-of-stderr", Level: suite.Must, Section: "FastCGI 6.1", Link: link("6.1"), Rows: []string{"FCGI-6.1-3"},
			Title: "STDERR ends with one empty record", Needs: needsProbe,
			Rule: "STDERR that is used is ended as every stream: by one empty record.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "stderr="+cry))...)
				a := c.answer(1)
				if len(a.stderr) == 0 {
					t.Untested("nothing of what the application wrote came as STDERR")
				}
				empty := 0
				for _, r := range a.of(fcgi.TypeStderr, 1) {
					if empty > 0 {
						c.about(r)
						t.Fail("nothing of STDERR follows its end\n%v came after the empty record", r.Header)
					}
					if r.ContentLength == 0 {
						empty++
					}
				}
				if empty != 1 {
					t.Fail("STDERR ends with one empty record\nexpected one, got %d before END_REQUEST", empty)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.1/bytes", Level: suite.Must, Section: "FastCGI 6.1", Link: link("6.1"), Rows: []string{"FCGI-6.1-4"},
			Title: "output of any bytes comes unchanged", Needs: needsProbe,
			Rule: "STDOUT carries bytes: all 256 of them, in any order.",
			Run: func(t *suite.T) {
				const check = "an answer of all bytes comes unchanged"
				var sent []byte
				for i := range 1024 {
					sent = append(sent, byte(i*i/2)) // 256 values, in an order without a pattern at record ends
				}
				for i := range 256 {
					sent = append(sent, byte(i))
				}
				c := dial(t)
				c.Send(upload(1, 0, post(t, "body=echo", len(sent)), string(sent))...)
				_, got, err := c.answer(1).page()
				if err != nil {
					t.Untested("the body was not sent back: %v", err)
				}
				if !bytes.Equal(got, sent) {
					t.Fail("%s\n%s", check, difference(got, sent))
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.1/large-answer", Was: []string{"fcgi/6.2/large-answer"}, Level: suite.Must, Section: "FastCGI 6.1", Link: link("6.1"), Rows: []string{"FCGI-6.1-4"},
			Title: "answers of any size come whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "STDOUT carries all of the application's output, in as many records as it takes.",
			Run: func(t *suite.T) {
				for _, n := range []int{0, 1, 65535, 65536, 300_000, 10_000_000} {
					c := dial(t)
					c.Send(request(1, kept(t), get(t, fmt.Sprintf("size=%d", n)))...)
					a := c.answer(1)
					if err := letters(a, n); err != nil {
						if a.end == nil && a.ended == suite.Nothing {
							t.Hang("an answer of any size comes whole\nof %d bytes: %v", n, err)
						}
						t.Fail("an answer of any size comes whole\nof %d bytes: %v (%s)", n, err, a.ending())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.1/stderr", Was: []string{"fcgi/6.2/stderr"}, Level: suite.Should, Section: "FastCGI 6.1", Link: link("6.1"), Rows: []string{"FCGI-6.1-6"},
			Title: "the error stream is apart from the answer", Needs: needsProbe,
			Rule: "What the application writes to its error stream goes out as STDERR, and never as STDOUT.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=26&stderr="+cry))...)
				a := c.answer(1)
				switch {
				case strings.Contains(string(a.stdout), cry):
					t.Fail("what is written to the error stream is not in STDOUT\nit is: %.200q", a.stdout)
				case !strings.Contains(string(a.stderr), cry):
					t.Note("nothing of it came as STDERR: %.60q", a.stderr)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.1/much-stderr", Level: suite.Must, Section: "FastCGI 6.1", Link: "https://github.com/php/php-src/issues/11324", Rows: []string{"FCGI-6.1-7"},
			Title: "much STDERR does not keep the answer", Needs: needsProbe, Budget: suite.Several,
			Rule: "STDERR may be of any length: more of it than a buffer or a pipe holds does not stop a request whose answer is being read.",
			Run: func(t *suite.T) {
				const check = "a request that writes much to its error stream is ended"
				much := strings.Repeat(cry, muchStderr/len(cry))
				control := dial(t)
				control.Send(request(1, 0, get(t, "size=26&unused="+much))...)
				if err := letters(control.answer(1), 26); err != nil {
					t.Untested("a query as long as the text is not served: %v", err)
				}
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=26&stderr="+much))...)
				completed(t, c.answer(1), check)
			},
		},
	)
}

// cry is what the probe application is told to write to its error stream.
const cry = "fcgikit-was-here"

// muchStderr is more than buffers of 16 KiB hold. It is sent in two parameters,
// of which some servers hold no more than 64 KiB.
const muchStderr = 25_000

// difference says where bytes begin to differ.
func difference(got, want []byte) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("byte %d of %d is %#02x, expected %#02x", i, len(want), got[i], want[i])
		}
	}
	return fmt.Sprintf("expected %d bytes, got %d", len(want), len(got))
}

// untilStdout waits for content of STDOUT, and says whether it came and what
// else has.
func (c *conn) untilStdout(id uint16, limit time.Duration) (a answer, came bool) {
	for {
		r, ok := c.recordWithin(limit)
		if !ok {
			a.ended, a.broken = c.ended, c.broken
			return a, false
		}
		if a.take(r, id); len(a.stdout) > 0 || a.end != nil {
			return a, len(a.stdout) > 0
		}
	}
}
