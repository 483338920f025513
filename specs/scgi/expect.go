package scgi

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/fcgikit/fcgikit/specs/suite"
)

// answered ends the case unless a CGI answer came, whatever its status.
func answered(t *suite.T, a answer, check string) answer {
	if _, _, err := a.page(); err != nil {
		a.fails(t, check, err)
	}
	return a
}

// served ends the case unless the request was answered by the probe application.
func served(t *suite.T, a answer, check string) probeAnswer {
	p, err := a.probe()
	if err != nil {
		a.fails(t, check, err)
	}
	if a.urged {
		t.Note("the answer came only after this side of the connection was closed")
	}
	return p
}

// fails ends the case: as a hang where the server says nothing, else as a
// failure of the check.
func (a answer) fails(t *suite.T, check string, err error) {
	if len(a.bytes) == 0 && a.ended == suite.Nothing {
		t.Hang("%s\n%v", check, err)
	}
	t.Fail("%s\n%v", check, err)
}

// bodyArrived ends the case unless the application got this body.
func bodyArrived(t *suite.T, p probeAnswer, body, check string) {
	sum := sha256.Sum256([]byte(body))
	switch want := int64(len(body)); {
	case p.Body.Length == 0 && want > 0:
		t.Fail("%s\nof a body of %d bytes the application got none: the server has not read it", check, want)
	case p.Body.Length < want:
		t.Fail("%s\nof a body of %d bytes the application got %d", check, want, p.Body.Length)
	case p.Body.Length > want:
		t.Fail("%s\nbesides a body of %d bytes the application got %d more", check, want, p.Body.Length-want)
	case p.Body.SHA256 != hex.EncodeToString(sum[:]):
		t.Fail("%s\nexpected a body of %d bytes with SHA-256 %x, the application got one with %s", check, want, sum, p.Body.SHA256)
	}
}

// broken is a request that breaks a rule.
type broken struct {
	what   string
	pieces [][]byte
}

// refused ends the case if one of the requests is served. A close, an error's
// answer, and silence until our side is closed are refusals. What is broken must
// be the reason for it, so the legal request nearest to them is served before.
func refused(t *suite.T, check string, legal [][]byte, requests ...broken) {
	control(t, legal)
	for _, b := range requests {
		c := dial(t)
		c.Send(b.pieces...)
		a := c.answer()
		switch {
		case a.serves():
			head, _, _ := a.page()
			t.Fail("%s\n%s is served, with status %d (%s)", check, b.what, head.Status, a.why())
		case len(a.bytes) == 0 && a.ended == suite.Nothing:
			t.Hang("%s\n%s: %s", check, b.what, a.why())
		case a.urged:
			t.Note("%s: nothing came until this side of the connection was closed", b.what)
		}
		c.Close()
	}
}

// control is that the legal request is served: a server that refuses everything
// keeps no rule.
func control(t *suite.T, legal [][]byte) {
	c := dial(t)
	c.Send(legal...)
	if a := c.answer(); !a.serves() {
		t.Untested("the request that keeps the rule is not served: %s", a.why())
	}
	c.Close()
}
