package ajp

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// link leads to the specification, whose sections have no addresses of their
// own.
const link = "https://tomcat.apache.org/connectors-doc/ajp/ajpv13a.html"

var needsProbe = suite.Needs{Probe: true}

// completed ends the case unless the request came to its End Response: as a hang
// where the container says nothing, else as a failure of the check.
func completed(t *suite.T, a answer, check string) answer {
	if a.end == nil && a.ended == suite.Nothing {
		t.Hang("%s\nno End Response: %s", check, a.why())
	} else if a.end == nil {
		t.Fail("%s\nno End Response: %s", check, a.why())
	}
	return a
}

// served ends the case unless the request was answered by the probe application.
func served(t *suite.T, a answer, check string) probeAnswer {
	p, err := a.probe()
	if err != nil && a.end == nil && a.ended == suite.Nothing {
		t.Hang("%s\n%s", check, a.why())
	} else if err != nil {
		t.Fail("%s\n%v", check, err)
	}
	return p
}

// ok says that a request was served: one that is refused gets a status of 400 or
// more, or none.
func (a answer) ok() bool { return a.head != nil && a.head.Status < http.StatusBadRequest }

// refused ends the case unless the request, which must not be served, was
// answered with an error or by the connection's end.
func refused(t *suite.T, a answer, check, what string) {
	if a.ok() {
		t.Fail("%s\n%s was answered with %d", check, what, a.head.Status)
	} else if a.head == nil && a.end == nil && a.ended == suite.Nothing {
		t.Hang("%s\n%s: %s", check, what, a.why())
	}
}

// control ends the case, whose good outcome is a refusal, unless the nearest
// legal request is served.
func control(t *suite.T, r *ajp.Request, body string) {
	c := dial(t)
	if body == "" {
		c.Send(forward(r))
	} else {
		c.upload(r, body)
	}
	if a := c.answer(); !a.ok() {
		t.Untested("the legal request next to it is not served: %s", a.why())
	}
	c.Close()
}

// keeps ends the case unless a connection serves one request after another.
func keeps(t *suite.T) {
	c := dial(t)
	for range 2 {
		c.Send(forward(get(t, "")))
		if a := c.answer(); !a.reusable() {
			t.Untested("a connection serves no second request: %s", a.why())
		}
	}
	c.Close()
}

// bodyArrived ends the case unless the application got this body.
func bodyArrived(t *suite.T, p probeAnswer, body, check string) {
	sum := sha256.Sum256([]byte(body))
	if p.Body.Length != int64(len(body)) || p.Body.SHA256 != hex.EncodeToString(sum[:]) {
		t.Fail("%s\nexpected a body of %d bytes with SHA-256 %x, the application got %d with %s", check, len(body), sum, p.Body.Length, p.Body.SHA256)
	}
}

// of is the packets with this prefix code.
func (a answer) of(code ajp.PrefixCode) []ajp.Packet {
	var found []ajp.Packet
	for _, p := range a.packets {
		if c, ok := p.PrefixCode(); ok && c == code {
			found = append(found, p)
		}
	}
	return found
}
