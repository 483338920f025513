package ajp

import (
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// survives is what all robustness cases ask.
const survives = "Whatever one web server sends, or leaves unsent, the container serves the next one."

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/robustness/short-header", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends within a header does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				for n := 1; n < ajp.HeaderLen; n++ {
					c := dial(t)
					c.Send(forward(get(t, ""))[:n])
					c.Leave()
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/half-a-request", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends within a request does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				whole := forward(get(t, ""))
				c := dial(t)
				c.Send(whole[:len(whole)/2])
				c.Leave()
			},
		},
		suite.Case{
			ID: "ajp/robustness/half-a-body", Level: suite.Robustness, Section: "AJPv13 Get Body Chunk", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends within a body does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(post(t, "", 20000)), ajp.AppendData(nil, make([]byte, 5000))[:1000])
				c.Leave()
			},
		},
		suite.Case{
			ID: "ajp/robustness/cut-anywhere", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-10"},
			Title: "a connection that ends anywhere in an exchange does no harm", Hurts: true, Budget: 20 * time.Second,
			Rule: survives,
			Run: func(t *suite.T) {
				whole := append(forward(post(t, "", 5)), ajp.AppendData(nil, []byte("hello"))...)
				for n := 1; n <= len(whole); n++ {
					nc := t.Untraced()
					if nc == nil {
						return // the canary tells
					}
					nc.Write(whole[:n])
					if n%2 == 0 {
						suite.Reset(nc)
					} else {
						nc.Close()
					}
					if n%20 == 0 { // a listener's queue has room for so many
						beside(t, "another client is answered after those that broke off")
					}
				}
				settle(t)
			},
		},
		suite.Case{
			ID: "ajp/robustness/unread-answer", Level: suite.Robustness, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-RSP-16"},
			Title: "who does not read an answer keeps nobody waiting", Needs: suite.Needs{Probe: true, Concurrent: true}, Hurts: true, Budget: 15 * time.Second,
			Rule: "An answer that is not read waits for its web server alone; when that one goes, the container serves on.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "size=100000000")))
				time.Sleep(suite.NoticeLimit) // until nothing more can be sent
				beside(t, "another client is answered while one does not read its answer")
				c.Close()
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "ajp/robustness/many-connections", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-9"},
			Title: "a thousand connections that begin a packet and say no more do no harm", Hurts: true, Slow: true, Budget: 30 * time.Second,
			Rule: survives,
			Run: func(t *suite.T) {
				all := t.Crowd(1000, forward(get(t, ""))[:ajp.HeaderLen])
				t.Note("%d connections were open", len(all))
				time.Sleep(suite.NoticeLimit) // until they are read, if they are
				suite.Disperse(all)
				settle(t)
			},
		},
		suite.Case{
			ID: "ajp/robustness/foreign-protocols", Level: suite.Robustness, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-R-20"},
			Title: "other protocols do no harm", Hurts: true,
			Rule: "HTTP, TLS, FastCGI and SCGI begin with other bytes than 12 34.",
			Run:  (*suite.T).ForeignProtocols,
		},
	)
}

// settle waits until the listener's queue has room again, for as long as a server
// may take that serves on.
func settle(t *suite.T) {
	time.Sleep(suite.NoticeLimit)
	for end := time.Now().Add(t.Within(suite.SilentLimit)); time.Now().Before(end); time.Sleep(suite.NoticeLimit) {
		if nc := t.Untraced(); nc != nil {
			nc.Close()
			return
		}
	}
}
