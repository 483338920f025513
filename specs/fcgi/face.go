// Package fcgi is the conformance cases of FastCGI 1.0, a file for each section
// of the specification.
package fcgi

import (
	"errors"

	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Cases are all of this protocol's.
var Cases suite.Registry

// link leads to a section of the specification.
func link(section string) string {
	return "https://fastcgi-archives.github.io/FastCGI_Specification.html#S" + section
}

var needsProbe = suite.Needs{Probe: true}

// face is FastCGI for the kernel.
type face struct{}

// Face is how the kernel makes plain requests.
var Face suite.Face = face{}

// Plain sends a GET request and takes its answer. STDOUT with a CGI header is
// enough: the rest is the cases' affair.
func (face) Plain(t *suite.T) (suite.Server, error) {
	c := dial(t)
	c.Send(request(1, 0, get(t, ""))...)
	a := c.answer(1)
	if len(a.records) == 0 {
		return suite.Server{}, errors.New(a.why())
	}
	if _, _, err := a.page(); err != nil {
		return suite.Server{}, err
	}
	return probeapp.Server(a.probe()), nil
}

// Partial is whether a record has come in part: whole ones are taken.
func (face) Partial(b []byte) bool { return len(b) > 0 }
