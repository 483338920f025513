package scgi

import (
	"github.com/fcgikit/fcgikit/specs/probeapp"
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
func served(t *suite.T, a answer, check string) probeapp.Answer {
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
	if a.silent() {
		t.Hang("%s\n%v", check, err)
	}
	t.Fail("%s\n%v", check, err)
}

// broken is a request that breaks a rule.
type broken struct {
	what   string
	pieces [][]byte
	short  bool // a server may wait for more of it
}

// refused ends the case if one of the requests is served. A close, an error's
// answer, and silence until our side is closed are refusals. What is broken must
// be the reason for it, so the legal request nearest to them is served before.
func refused(t *suite.T, check string, legal [][]byte, requests ...broken) {
	control(t, legal)
	for _, b := range requests {
		c := dial(t)
		c.Send(b.pieces...)
		answer := c.answer
		if b.short {
			answer = c.soon
		}
		a := answer()
		switch {
		case a.serves():
			head, _, _ := a.page()
			t.Fail("%s\n%s is served, with status %d (%s)", check, b.what, head.Status, a.why())
		case a.silent():
			t.Hang("%s\n%s: %s", check, b.what, a.why())
		case a.urged && !b.short:
			t.Note("%s: nothing came until this side of the connection was closed", b.what)
		}
		c.Close()
	}
}

// control ends the case, whose good outcome is a refusal, unless the nearest
// legal request is served.
func control(t *suite.T, legal [][]byte) {
	c := dial(t)
	c.Send(legal...)
	if a := c.answer(); !a.serves() {
		t.Untested("the request that keeps the rule is not served: %s", a.why())
	}
	c.Close()
}

// letters ends the case unless the answer's body is that of size=n.
func letters(t *suite.T, a answer, n int, check string) {
	_, body, err := a.page()
	if err != nil {
		a.fails(t, check, err)
	}
	if err := probeapp.CheckLetters(body, n); err != nil {
		t.Fail("%s\n%v (%s)", check, err, a.why())
	}
}

// noHang ends the case as a hang where the server says nothing at all.
func noHang(t *suite.T, a answer, check string) {
	if a.silent() {
		t.Hang("%s\n%s", check, a.why())
	}
}

// beside ends the case as a hang unless another client is answered meanwhile.
func beside(t *suite.T, check string) {
	c := dial(t)
	c.Send(get(t, "")...)
	noHang(t, c.read(suite.AnswerLimit), check)
	c.Close()
}
