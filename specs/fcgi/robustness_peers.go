package fcgi

import (
	"bytes"
	"net"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// survives is what all robustness cases ask.
const survives = "Whatever one client sends, or leaves unsent, the application serves the next one."

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/robustness/short-header", Level: suite.Robustness, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-4"},
			Title: "a connection that ends within a header does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				for _, n := range []int{1, 4, 7} {
					c := dial(t)
					c.Send(request(1, 0, get(t, ""))[0][:n])
					c.Leave()
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/half-a-request", Level: suite.Robustness, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-R-5"},
			Title: "a connection that ends within a request does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				records := request(1, 0, get(t, ""))
				c := dial(t)
				c.Send(records[0], records[1], records[2][:4])
				c.Leave()
			},
		},
		suite.Case{
			ID: "fcgi/3.3/truncated-record", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-5"},
			Title: "a record that is cut short starts no application", Hurts: true,
			Rule: "A record has as many bytes as its header says. Parameters of which the connection's end cut some off have not ended.",
			Run: func(t *suite.T) {
				control(t)
				c := dial(t)
				cut := record(fcgi.TypeParams, 1, strings.Repeat("x", 1000), 0)
				c.Send(begin(1, fcgi.Responder, 0), params(1, get(t, "")), cut[:fcgi.HeaderLen+10])
				c.CloseWrite()
				if a := c.soon(1); len(a.stdout) > 0 {
					t.Fail("an application is not started with parameters that were cut short\n990 bytes of PARAMS and its end did not come: %.60q did", a.stdout)
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/waiting-header", Level: suite.Robustness, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-3"},
			Title: "who is slow within a header keeps nobody waiting", Needs: suite.Needs{Concurrent: true}, Hurts: true, Budget: 15 * time.Second,
			Rule: "An application that serves several connections at once does not wait for the bytes of one of them alone.",
			Run: func(t *suite.T) {
				records := request(1, 0, get(t, ""))
				c := dial(t)
				c.Send(records[0][:3])
				time.Sleep(20 * time.Millisecond) // until they are read
				beside(t, "another client is answered while one is slow within a header")
				c.Send(records[0][3:])
				c.Send(records[1:]...)
				t.Note("the slow request itself: %s", c.soon(1).fate())
			},
		},
		suite.Case{
			ID: "fcgi/robustness/resets", Level: suite.Robustness, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-R-32"},
			Title: "a connection that is reset does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				ask := query(fcgi.FCGI_MPXS_CONNS) // its answer stays unread, which resets a unix socket
				up := upload(1, 0, post(t, "", 1000), strings.Repeat("b", 500))
				for _, records := range [][][]byte{
					{ask, up[0], up[1][:len(up[1])/2]},
					append([][]byte{ask}, up[:4]...),
					request(1, 0, get(t, "size=1000000")),
				} {
					nc := t.Untraced()
					if nc == nil {
						return // the canary tells
					}
					nc.Write(bytes.Join(records, nil))
					firstByte(t, nc)
					suite.Reset(nc)
				}
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "fcgi/robustness/unread-answer", Level: suite.Robustness, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-R-33"},
			Title: "who does not read an answer keeps nobody waiting", Needs: suite.Needs{Probe: true, Concurrent: true}, Hurts: true, Budget: 15 * time.Second,
			Rule: "An answer that is not read waits for its client alone; when that one goes, the application serves on.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=100000000"))...)
				firstByte(t, c)
				time.Sleep(20 * time.Millisecond) // until nothing more can be sent
				beside(t, "another client is answered while one does not read its answer")
				c.Close()
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "fcgi/robustness/gone-at-once", Level: suite.Robustness, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-R-41"},
			Title: "clients that go before their answers do no harm", Hurts: true, Budget: 15 * time.Second,
			Rule: "Writing to a connection whose peer is gone fails, or ends a process that has not provided for SIGPIPE.",
			Run: func(t *suite.T) {
				for range clients(t, 100) {
					c := dial(t)
					c.Send(request(1, 0, get(t, ""))...)
					c.Close()
				}
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "fcgi/6.1/stderr-read-late", Level: suite.Must, Section: "FastCGI 6.1", Link: "https://github.com/php/php-src/issues/11324", Rows: []string{"FCGI-R-34"},
			Title: "much STDERR that is read late keeps no answer back", Needs: needsProbe, Budget: 20 * time.Second,
			Rule: "STDOUT and STDERR share the connection: a web server that reads late gets all of both.",
			Run: func(t *suite.T) {
				// The query comes in two parameters, and all of them in one record at most
				// where php-fpm or uWSGI are to take it.
				long := strings.Repeat("e", 20000)
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=300000&nothing="+long))...)
				if a := c.answer(1); a.end == nil {
					t.Untested("a query of 20000 bytes is not taken: %s", a.why())
				}
				c.Close()
				c = dial(t)
				c.Send(request(1, 0, get(t, "size=300000&stderr="+long))...)
				time.Sleep(200 * time.Millisecond)
				a := completed(t, c.answer(1), "a request with 20000 bytes of STDERR, read late, is answered whole")
				t.Note("%d bytes of STDERR came", len(a.stderr))
			},
		},
	)
}

// clients is how many requests a server that takes one after the other is done with
// before the canary loses patience, up to so many: one that needs 200 ms for each
// would be busy with a hundred for 20 s.
func clients(t *suite.T, most int) int {
	start := time.Now()
	c := dial(t)
	c.Send(request(1, 0, get(t, ""))...)
	c.answer(1)
	c.UntilClose(closeLimit)
	c.Close()
	return max(1, min(most, int(t.Within(suite.AnswerLimit/2)/time.Since(start))))
}

// firstByte waits for the beginning of an answer, and leaves the rest unread.
func firstByte(t *suite.T, nc net.Conn) {
	nc.SetReadDeadline(time.Now().Add(t.Within(firstByteLimit)))
	nc.Read(make([]byte, 1))
}

// firstByteLimit is enough for a server that means to answer.
const firstByteLimit = 200 * time.Millisecond
