package fcgi

import (
	"net/http"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// nothing ends a case for which not a record came: as a hang where the server
// neither spoke nor closed.
func nothing(t *suite.T, c *conn, check string) {
	if c.ended == suite.Nothing {
		t.Hang("%s\nno record came: %s", check, c.ended)
	}
	t.Fail("%s\nno record came: %s", check, c.ended)
}

// completed ends the case unless the request came to its END_REQUEST: as a hang
// where the server says nothing, else as a failure of the check.
func completed(t *suite.T, a answer, check string) answer {
	if a.end != nil {
		return a
	}
	if a.ended == suite.Nothing {
		t.Hang("%s\nno END_REQUEST: %s", check, a.why())
	}
	t.Fail("%s\nno END_REQUEST: %s", check, a.why())
	return a
}

// served ends the case unless the request was answered by the probe application.
func served(t *suite.T, a answer, check string) probeapp.Answer {
	p, err := a.probe()
	if err != nil {
		if a.end == nil && a.ended == suite.Nothing {
			t.Hang("%s\n%s", check, a.why())
		}
		t.Fail("%s\n%v (%s)", check, err, a.ending())
	}
	return p
}

// taken ends the case where a body of n bytes is refused as too large, as an
// application may do (RFC 3875, 9.6).
func taken(t *suite.T, a answer, n int) answer {
	if head, _, err := a.page(); err == nil && head.Status == http.StatusRequestEntityTooLarge {
		t.Untested("a body of %d bytes is refused, with status %d", n, head.Status)
	}
	return a
}

// letters says what is wrong with an answer whose body is that of size=n.
func letters(a answer, n int) error {
	_, body, err := a.page()
	if err != nil {
		return err
	}
	return probeapp.CheckLetters(body, n)
}

// noHang ends the case as a hang where the server neither spoke nor closed.
func noHang(t *suite.T, a answer, check string) {
	if len(a.records) == 0 && a.ended == suite.Nothing {
		t.Hang("%s\n%s", check, a.why())
	}
}

// control ends the case, whose good outcome is a refusal, unless an ordinary
// request is served.
func control(t *suite.T) {
	c := dial(t)
	c.Send(request(1, 0, get(t, ""))...)
	a := c.answer(1)
	_, _, err := a.page()
	if t.Server.Probe {
		_, err = a.probe()
	}
	if err != nil {
		t.Untested("an ordinary request is not served: %v", err)
	}
	c.Close()
}

// beside ends the case as a hang unless another client is answered meanwhile.
func beside(t *suite.T, check string) {
	c := dial(t)
	c.Send(request(1, 0, get(t, ""))...)
	noHang(t, c.answer(1), check)
	c.Close()
}

// keeps is that a connection serves two requests: where it does not, nothing can
// be said about the second one.
func keeps(t *suite.T) {
	c := dial(t)
	for i := uint16(1); i <= 2; i++ {
		c.Send(request(i, fcgi.KeepConn, get(t, ""))...)
		if a := c.answer(i); a.end == nil {
			t.Untested("a kept connection does not serve a second request: %s", a.why())
		}
	}
	c.Close()
}

// answered ends the case unless STDOUT brought a CGI answer.
func answered(t *suite.T, a answer, check string) {
	if _, _, err := a.page(); err != nil {
		if a.end == nil && a.ended == suite.Nothing {
			t.Hang("%s\n%s", check, a.why())
		}
		t.Fail("%s\n%v (%s)", check, err, a.ending())
	}
}

// someAnswer is what came for a request, in which there is something of an answer.
func someAnswer(t *suite.T, c *conn, id uint16, check string) answer {
	a := c.answer(id)
	if len(a.records) == 0 {
		nothing(t, c, check)
	}
	for _, r := range a.records {
		if r.Type == fcgi.TypeStdout || r.Type == fcgi.TypeEndRequest {
			return a
		}
	}
	t.Fail("%s\nneither STDOUT nor END_REQUEST came, of whatever id: %s", check, a.why())
	return a
}

// likePlain ends the case unless a request with someID is served that differs from a plain
// one, the control, in what the rule is about: as a failure if the control is
// served, as untested if not even that is.
func likePlain(t *suite.T, served func(answer) error, odd, plain [][]byte, check string) answer {
	c := dial(t)
	c.Send(odd...)
	a := c.answer(someID)
	err := served(a)
	if err == nil {
		return a
	}
	c.Close()
	control := dial(t)
	control.Send(plain...)
	if b := control.answer(someID); served(b) != nil {
		t.Untested("the control, a plain request, is not served either: %s", b.ending())
	}
	if a.end == nil && a.ended == suite.Nothing {
		t.Hang("%s\n%s", check, a.why())
	}
	t.Fail("%s\n%v (%s); the control, a plain request, is served", check, err, a.ending())
	return a
}

// paged and probed are how an answer is known to have been served: by any
// application, by the probe application.
func paged(a answer) error { _, _, err := a.page(); return err }

func probed(a answer) error { _, err := a.probe(); return err }

// ended ends the case unless END_REQUEST came, with REQUEST_COMPLETE as it is
// for all that the application does not reject.
func ended(t *suite.T, a answer, check string) {
	completed(t, a, check)
	if a.end.ProtocolStatus != fcgi.RequestComplete {
		t.Fail("%s\nexpected REQUEST_COMPLETE, got %v", check, a.end.ProtocolStatus)
	}
}
