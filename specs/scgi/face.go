// Package scgi is the conformance cases of SCGI, a file for each section of the
// specification.
package scgi

import (
	"errors"

	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Cases are all of this protocol's.
var Cases suite.Registry

// link leads to the specification, which has no anchors.
const link = "https://python.ca/scgi/protocol.txt"

var needsProbe = suite.Needs{Probe: true}

// face is SCGI for the kernel.
type face struct{}

// Face is how the kernel makes plain requests.
var Face suite.Face = face{}

// Plain sends a GET request and takes its answer. A CGI header is enough: the
// rest is the cases' affair. It waits for longer than they do before it closes our
// side, since it must know a slow server from one that waits for that.
func (face) Plain(t *suite.T) (suite.Server, error) {
	c := dial(t)
	c.Send(get(t, "")...)
	a := c.read(suite.AnswerLimit)
	if a.silent() {
		a = c.urge(suite.SilentLimit)
	}
	if _, _, err := a.page(); err != nil {
		return suite.Server{}, err
	}
	if a.urged {
		return suite.Server{}, errors.New(waitsForEnd)
	}
	return probeapp.Server(a.probe()), nil
}

// Partial is whether an answer lacks what its own header announces.
func (face) Partial(b []byte) bool { return len(b) > 0 && !whole(b) }

// waitsForEnd is what is wrong with a server that has to be urged.
const waitsForEnd = "it came only after this side of the connection was closed: the server waits for the client's end, where CONTENT_LENGTH tells the request's; web servers keep their side open"
