package scgi

import (
	"bytes"
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

// survives is what all robustness cases ask.
const survives = "Whatever one client sends, or leaves unsent, the server serves the next one."

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/robustness/half-a-request", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-R-6"},
			Title: "a connection that ends within a request does no harm", Hurts: true, Budget: suite.Several,
			Rule: "A web server may go at any time: the next one is served.",
			Run: func(t *suite.T) {
				control(t, get(t, ""))
				all := bytes.Join(get(t, ""), nil)
				for _, n := range []int{0, 2, bytes.IndexByte(all, ':') + 1, len(all) / 2, len(all) - 1} {
					c := dial(t)
					c.Send(all[:n])
					c.Leave()
				}
				c := dial(t)
				c.Send(request(headers(t, "POST", "", 10), "abc")...)
				c.Leave()
			},
		},
		suite.Case{
			ID: "scgi/robustness/resets", Level: suite.Robustness, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-R-6"},
			Title: "a connection that is reset does no harm", Hurts: true, Budget: suite.Several,
			Rule: survives,
			Run: func(t *suite.T) {
				control(t, get(t, ""))
				half := bytes.Join(request(headers(t, "POST", "body=echo&duplex=yes", 20), "half of it"), nil)
				for _, sent := range [][]byte{nil, half[:2], half[:len(half)/2], half} {
					nc := t.Untraced()
					if nc == nil {
						return // the canary tells
					}
					nc.Write(sent)
					time.Sleep(10 * time.Millisecond) // until it is read, and answered as far as it can be
					suite.Reset(nc)
				}
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "scgi/robustness/waiting-headers", Level: suite.Robustness, Section: "SCGI 2", Link: "https://github.com/rakshasa/rtorrent/pull/1947", Rows: []string{"SCGI-R-1"},
			Title: "who is slow within the headers keeps nobody waiting", Hurts: true, Needs: suite.Needs{Concurrent: true}, Budget: suite.Several,
			Rule: "A server that serves several connections at once does not wait for the bytes of those that are slow.",
			Run: func(t *suite.T) {
				const check = "another client is answered while others are slow within their headers"
				all := get(t, "")
				control(t, all)
				begun := begunOf(all)
				var slow []*conn
				for range t.Server.Concurrent - 1 {
					c := dial(t)
					c.Send(begun)
					slow = append(slow, c)
				}
				time.Sleep(20 * time.Millisecond) // until they are read
				beside(t, check)
				for _, c := range slow {
					c.Send(bytes.Join(all, nil)[len(begun):])
				}
				for _, c := range slow {
					noHang(t, c.answer(), "a request is answered whose headers came slowly")
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/other-protocols", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-R-5"},
			Title: "another protocol's bytes do no harm", Hurts: true, Budget: suite.Several,
			Rule: "Who speaks another protocol to the socket gets no service, and takes none from others.",
			Run: func(t *suite.T) {
				control(t, get(t, ""))
				t.ForeignProtocols()
			},
		},
		suite.Case{
			ID: "scgi/robustness/leaves-early", Level: suite.Robustness, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-R-10"},
			Title: "a client that does not wait for its answer does no harm", Hurts: true, Needs: needsProbe, Budget: suite.Several,
			Rule: "A web server may go while an answer is sent: the next one is served.",
			Run: func(t *suite.T) {
				for range 3 {
					c := dial(t)
					c.Send(get(t, "size=4000000")...)
					c.More(suite.SilentLimit)
					c.Close()
				}
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "scgi/robustness/throw", Level: suite.Robustness, Section: "SCGI 2", Link: link, Rows: []string{"SCGI-RSP-4"},
			Title: "an application that fails does no harm", Hurts: true, Needs: suite.Needs{Probe: true, Can: []string{"throw"}}, Budget: suite.Several,
			Rule: "An exception of the application ends its request, by an answer with status 500 or the connection's end.",
			Run: func(t *suite.T) {
				for _, query := range []string{"throw=early", "throw=late&chunk=10&size=100"} {
					c := dial(t)
					c.Send(get(t, query)...)
					a := c.answer()
					noHang(t, a, "a request whose application fails is ended")
					if head, body, err := a.page(); err == nil {
						t.Note("with %s it is answered with status %d and %d bytes", query, head.Status, len(body))
					} else {
						t.Note("with %s: %v", query, err)
					}
					c.Close()
				}
			},
		},
	)
}
