package fcgi

import (
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/robustness/short-header", Level: suite.Robustness, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-ROB-1"},
			Title: "a connection that ends within a header does no harm", Hurts: true,
			Rule: "A web server may go at any time: the application serves the next one.",
			Run: func(t *suite.T) {
				for _, n := range []int{1, 4, 7} {
					c := dial(t)
					c.Send(request(1, 0, get(t, ""))[0][:n])
					c.leave()
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/half-a-request", Level: suite.Robustness, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-ROB-2"},
			Title: "a connection that ends within a request does no harm", Hurts: true,
			Rule: "A web server may go at any time: the application serves the next one.",
			Run: func(t *suite.T) {
				records := request(1, 0, get(t, ""))
				c := dial(t)
				c.Send(records[0], records[1][:len(records[1])/2])
				c.leave()
			},
		},
	)
}

// leave ends the connection, and lets the server notice before the canary asks.
func (c *conn) leave() {
	c.CloseWrite()
	c.untilClose(leaveLimit)
	c.Close()
}

// leaveLimit is more than a busy server takes to notice; one that notices closes,
// and is waited for no longer.
const leaveLimit = 1500 * time.Millisecond
