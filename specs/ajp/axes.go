package ajp

import "github.com/fcgikit/fcgikit/specs/suite"

// turns is whether a request is the first of its connection, or comes after
// another: what one leaves behind must not touch the next.
var turns = suite.Axis{Name: "request", Values: []string{"first", "second"}}

// turn is a connection on which this run's request is next.
func turn(t *suite.T) *conn {
	if t.Value(turns) == "first" {
		return dial(t)
	}
	keeps(t)
	c := dial(t)
	c.Send(forward(get(t, "")))
	if a := c.answer(); !a.reusable() {
		t.Untested("the connection takes no second request: %s", a.why())
	}
	return c
}
