// Package ajp is the conformance cases of AJP/1.3, a file for each section of
// the specification.
package ajp

import (
	"errors"

	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Cases are all of this protocol's.
var Cases suite.Registry

// link leads to the specification, whose sections have no addresses of their
// own.
const link = "https://tomcat.apache.org/connectors-doc/ajp/ajpv13a.html"

var needsProbe = suite.Needs{Probe: true}

// face is AJP for the kernel.
type face struct{}

// Face is how the kernel makes plain requests.
var Face suite.Face = face{}

// Plain sends a GET request and takes its answer. Send Headers is enough: the
// rest is the cases' affair.
func (face) Plain(t *suite.T) (suite.Server, error) {
	c := dial(t)
	c.Send(forward(get(t, "")))
	a := c.answer()
	if reason := barred(t, a); reason != "" {
		return suite.Server{}, errors.New(reason)
	}
	if a.head == nil {
		return suite.Server{}, errors.New(a.why())
	}
	return probeapp.Server(a.probe()), nil
}

// Partial is whether a packet has come in part: whole ones are taken.
func (face) Partial(b []byte) bool { return len(b) > 0 }
