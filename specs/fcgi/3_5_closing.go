package fcgi

import (
	"bytes"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// What comes late, or a close, is waited for so long where it must not come.
const quietLimit = 300 * time.Millisecond

// closeLimit is how long a close may take that must come: libfcgi lingers for 2 s.
const closeLimit = 3 * time.Second

// closes ends the case unless a connection without KEEP_CONN is closed, which is
// another case's affair.
func closes(t *suite.T) {
	c := dial(t)
	c.Send(request(1, 0, get(t, ""))...)
	c.answer(1)
	if end := c.UntilClose(closeLimit); end == suite.Nothing {
		t.Untested("the server does not close a connection without KEEP_CONN either")
	}
	c.Close()
}

// first takes the answer to a case's first request, without whose END_REQUEST
// there is nothing to test.
func (c *conn) first(id uint16) answer {
	a := c.answer(id)
	if a.end == nil {
		c.t.Untested("the first request did not come to its END_REQUEST: %s", a.why())
	}
	return a
}

// forget drops what has come after END_REQUEST, which is another case's affair.
func (c *conn) forget() { c.Take(len(c.Buffered())) }

// keptOpen ends the case where a connection is closed after its first request,
// though KEEP_CONN is set.
func keptOpen(t *suite.T) {
	c := dial(t)
	c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
	c.first(1)
	c.leftOpen()
	c.Close()
}

// leftOpen ends the case where the server closes after the first request.
func (c *conn) leftOpen() {
	if end := c.UntilClose(quietLimit); end != suite.Nothing {
		c.t.Untested("after the first request %s", end)
	}
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/5.1/close", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-1"},
			Title: "without KEEP_CONN the application closes",
			Rule:  "If KEEP_CONN is clear, the application closes the connection after it has responded.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				c.first(1)
				if end := c.UntilClose(closeLimit); end == suite.Nothing {
					t.Hang("the application closes the connection after END_REQUEST\n%v after it the connection was open", closeLimit)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/keep", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-2"},
			Title: "with KEEP_CONN the connection stays open",
			Rule:  "If KEEP_CONN is set, the application does not close the connection after it has responded.",
			Run: func(t *suite.T) {
				const body = "abcde"
				for _, method := range []string{"GET", "POST"} {
					records := request(1, fcgi.KeepConn, get(t, ""))
					if method == "POST" {
						records = upload(1, fcgi.KeepConn, post(t, "", len(body)), body)
					}
					c := dial(t)
					c.Send(records...)
					c.first(1)
					if end := c.UntilClose(quietLimit); end != suite.Nothing {
						t.Fail("a kept connection stays open after END_REQUEST\nafter that of a %s request %s", method, end)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/next-request", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-3"},
			Title: "a kept connection serves the next request", Cut: true, Budget: 20 * time.Second,
			Rule: "A connection that is kept carries further requests.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				c.first(1)
				for id := uint16(2); id <= 3; id++ { // using an id again is another case's affair
					c.forget()
					c.Send(request(id, fcgi.KeepConn, get(t, ""))...)
					a := c.answer(id)
					if a.end == nil {
						c.Close()
						keptOpen(t)
					}
					completed(t, a, "a kept connection serves the next request")
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/fresh-parameters", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-3"},
			Title: "the next request begins without the last one's parameters", Needs: needsProbe, Budget: 12 * time.Second,
			Rule: "A request's parameters are those that were sent for it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, "", "FCGIKIT_FIRST", "yes"))...)
				c.first(1)
				c.Send(request(1, 0, get(t, "", "FCGIKIT_SECOND", "yes"))...)
				p, err := c.answer(1).probe()
				if err != nil {
					t.Untested("the connection did not serve a second request: %v", err)
				}
				if _, ok := p.Params["FCGIKIT_FIRST"]; ok || p.Params["FCGIKIT_SECOND"] != "yes" {
					t.Fail("the second request has its own parameters alone\nFCGIKIT_FIRST there: %v, FCGIKIT_SECOND=%q", ok, p.Params["FCGIKIT_SECOND"])
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/flag-of-each-request", Level: suite.Must, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-4"},
			Title: "KEEP_CONN is each request's own", Budget: 20 * time.Second,
			Rule: "A request without KEEP_CONN is the last of its connection, whatever those before it had set.",
			Run: func(t *suite.T) {
				closes(t)
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				c.first(1)
				c.Send(request(2, 0, get(t, ""))...)
				if a := c.answer(2); a.end == nil {
					t.Untested("the connection did not serve a second request: %s", a.why())
				}
				if end := c.UntilClose(closeLimit); end == suite.Nothing {
					t.Hang("the connection is closed after a second request without KEEP_CONN\n%v after it the connection was open", closeLimit)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/unknown-flags", Level: suite.Should, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-3.5-6"},
			Title: "unknown flags are ignored", Budget: 15 * time.Second,
			Rule: "KEEP_CONN is one bit of the flags. The others have no meaning, so that they change nothing.",
			Run: func(t *suite.T) {
				const check = "a request with flags 0xFE is served as one without flags"
				closes(t)
				c := dial(t)
				c.Send(request(1, ^fcgi.KeepConn, get(t, ""))...)
				completed(t, c.answer(1), check)
				if end := c.UntilClose(closeLimit); end == suite.Nothing {
					t.Hang("%s\nthe bit of KEEP_CONN is clear, and %v after END_REQUEST the connection was open", check, closeLimit)
				}
				c.Close()
				const kept = "a request with flags 0xFF is served as one with KEEP_CONN"
				keptOpen(t)
				c = dial(t)
				c.Send(request(1, 0xff, get(t, ""))...)
				completed(t, c.answer(1), kept)
				if end := c.UntilClose(quietLimit); end != suite.Nothing {
					t.Fail("%s\nthe bit of KEEP_CONN is set, and after END_REQUEST %s", kept, end)
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.5/slow-reader", Level: suite.Must, Section: "FastCGI 3.5", Link: "https://github.com/php/php-src/pull/1333", Rows: []string{"FCGI-3.5-5"},
			Title: "a close waits until the answer has been read", Needs: needsProbe, Budget: 15 * time.Second,
			Rule: "A close is orderly: all of a large answer arrives before it, at a web server that reads late, too.",
			Run: func(t *suite.T) {
				const query, size = "size=3000000", 3000000 // more than the buffers of a socket
				const lateBy = 400 * time.Millisecond
				read := func(after time.Duration) (int, answer) {
					c := dial(t)
					defer c.Close()
					c.Send(request(1, 0, get(t, query))...)
					time.Sleep(after)
					a := c.answer(1)
					_, body, _ := a.page()
					return len(body), a
				}
				if n, _ := read(0); n != size {
					t.Untested("of %d bytes that were read at once %d came", size, n)
				}
				if n, a := read(lateBy); n != size {
					t.Fail("an answer that is read late comes whole before the close\nof %d bytes %d came: %s", size, n, a.ending())
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.5/idle", Level: suite.Should, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-3.5-7"},
			Title: "an idle kept connection is not closed within seconds", Slow: true, Budget: 25 * time.Second,
			Rule: "The web server controls the life of a kept connection. An application that closes one at once when it is idle makes requests fail that are sent at that moment.",
			Run: func(t *suite.T) {
				const idle = 3 * time.Second
				c := dial(t)
				c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
				c.first(1)
				c.leftOpen()
				if end := c.UntilClose(idle); end != suite.Nothing {
					t.Fail("a kept connection that is idle for %v stays open\n%s", idle, end)
				}
				c.Send(request(2, 0, get(t, ""))...)
				if a := c.answer(2); a.end == nil {
					t.Note("after %v the next request was not served: %s", idle, a.why())
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.5/peer-closes-idle", Level: suite.Robustness, Section: "FastCGI 3.5", Link: "https://github.com/facebook/hhvm/issues/1690", Rows: []string{"FCGI-3.5-8"},
			Title: "a peer that closes idle connections does no harm", Hurts: true, Budget: 30 * time.Second,
			Rule: "A web server may close a connection before it sends a byte, or between requests: nothing of it stays behind.",
			Run: func(t *suite.T) {
				for range 20 {
					for range 5 {
						dial(t).Close()
					}
					c := dial(t) // gives a server with a short queue time to accept
					c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
					if a := c.answer(1); a.end == nil {
						t.Fail("a request is served after connections that were closed without one\n%s", a.why())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.5/half-close", Level: suite.May, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-3.5-9"},
			Title: "a web server that ends its side after the request",
			Rule:  "The text does not say whether a web server may shut down its side of the connection once the request is sent. Most applications answer.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				c.CloseWrite()
				if a := c.answer(1); a.end == nil {
					t.Note("a request is not answered whose sender has shut down its side: %s", a.why())
				}
			},
		},
		restCase("fcgi/3.5/unread-body", "FCGI-3.5-10", "a body that the application did not read",
			"What an application leaves unread of STDIN is no part of the next request on the connection.",
			func(t *suite.T) [][]byte {
				return upload(1, fcgi.KeepConn, post(t, "read=no", 50000, "FCGIKIT_FIRST", "yes"), strings.Repeat("left", 12500))
			}),
		restCase("fcgi/3.5/body-beyond-its-length", "FCGI-3.5-11", "a body longer than CONTENT_LENGTH",
			"STDIN ends with its empty record: what comes beyond CONTENT_LENGTH belongs to this request, and not to the next on the connection.",
			func(t *suite.T) [][]byte {
				return upload(1, fcgi.KeepConn, post(t, "", 2, "FCGIKIT_FIRST", "yes"), "abcdef")
			}),
		suite.Case{
			ID: "fcgi/3.5/pipelined", Level: suite.May, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.5-12"},
			Title: "a second request before the first has ended",
			Rule:  "A request with another id may come before the first has ended. An application may serve both, or end the second with CANT_MPX_CONN.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(bytes.Join(append(request(1, fcgi.KeepConn, get(t, "")), request(2, fcgi.KeepConn, get(t, ""))...), nil))
				ended := map[uint16]fcgi.ProtocolStatus{}
				for len(ended) < 2 {
					r, ok := c.record()
					if !ok {
						t.Note("of two requests in one segment %d came to an END_REQUEST: %s", len(ended), c.ended)
						return
					}
					if r.Type == fcgi.TypeEndRequest {
						ended[r.RequestID] = endRequest(r.Content).ProtocolStatus
					}
				}
				t.Note("two requests in one segment: %v and %v", ended[1], ended[2])
			},
		},
	)
}

// ownParameters ends the case where the first request's are still there, which is
// another case's affair: they steer the application.
func ownParameters(t *suite.T, p probeapp.Answer) {
	if _, ok := p.Params["FCGIKIT_FIRST"]; ok {
		t.Untested("the second request has parameters of the first")
	}
}

// restCase is that what is left of a request's STDIN does not reach the request
// after it. A server may close the connection instead.
func restCase(id, row, what, rule string, records func(t *suite.T) [][]byte) suite.Case {
	return suite.Case{
		ID: id, Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{row},
		Title: "the request after " + what + " is served", Needs: needsProbe, Rule: rule, Budget: 25 * time.Second,
		Run: func(t *suite.T) {
			check := "the request after " + what + " is served as it was sent"
			keeps(t)
			c := dial(t)
			c.Send(records(t)...)
			c.first(1)
			if end := c.UntilClose(quietLimit); end != suite.Nothing {
				t.Note("after %s %s, so that nothing is left of it", what, end)
				return
			}
			c.Send(upload(2, 0, post(t, "", 5), "other")...)
			p := served(t, c.answer(2), check)
			ownParameters(t, p)
			probeapp.BodyArrived(t, p, "other", check)
		},
	}
}
