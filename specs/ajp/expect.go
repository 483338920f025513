package ajp

import (
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

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
func served(t *suite.T, a answer, check string) probeapp.Answer {
	p, err := a.probe()
	if err != nil && a.end == nil && a.ended == suite.Nothing {
		t.Hang("%s\n%s", check, a.why())
	} else if err != nil {
		t.Fail("%s\n%v", check, err)
	}
	return p
}

// refused ends the case unless the request, which must not be served, was
// answered with an error or by the connection's end.
func refused(t *suite.T, a answer, check, what string) {
	if a.ok() {
		t.Fail("%s\n%s was answered with %d", check, what, a.head.Status)
	}
	noHang(t, a, check, what)
}

// noHang ends the case unless the request was answered in some way, or by the
// connection's end.
func noHang(t *suite.T, a answer, check, what string) answer {
	if a.head == nil && a.end == nil && a.ended == suite.Nothing {
		t.Hang("%s\n%s: %s", check, what, a.why())
	}
	return a
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
		t.Untested("the legal request next to it is not served: %s", a.fate())
	}
	c.Close()
}

// likePlain ends the case unless a request got the status that a plain one gets,
// whatever that is: the page's own affair.
func likePlain(t *suite.T, a answer, check string) {
	completed(t, a, check)
	c := dial(t)
	c.Send(forward(get(t, "")))
	plain := c.answer()
	if plain.head == nil {
		t.Untested("a plain request is not answered: %s", plain.why())
	} else if a.head == nil || a.head.Status != plain.head.Status {
		t.Fail("%s\n%s, where a plain request gets %d", check, a.fate(), plain.head.Status)
	}
	c.Close()
}

// someAnswer ends the case unless a packet came.
func someAnswer(t *suite.T, a answer, check string) answer {
	if len(a.packets) == 0 && a.ended == suite.Nothing {
		t.Hang("%s\nno packet came: %s", check, a.why())
	} else if len(a.packets) == 0 {
		t.Fail("%s\nno packet came: %s", check, a.why())
	}
	return a
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

// letters ends the case unless the answer's body is that of size=n.
func letters(t *suite.T, a answer, n int, check string) {
	if err := probeapp.CheckLetters(a.body, n); err != nil {
		t.Fail("%s\n%v", check, err)
	}
}

// beside ends the case as a hang unless another client is answered meanwhile.
func beside(t *suite.T, check string) {
	c := dial(t)
	c.Send(forward(get(t, "")))
	noHang(t, c.answer(), check, "the other one")
	c.Close()
}
