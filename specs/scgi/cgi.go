package scgi

import (
	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	// SCGI's own text leaves the format of answers open (2), so that a status line
	// is no broken must.
	Cases.Add(cgi.Carrier{
		Protocol: client.SCGI, Ask: ask,
		Status: suite.Should, StatusRows: []string{"SCGI-RSP-1", "SCGI-RSP-2"},
	}.Cases()...)
	Cases.Add(suite.Case{
		ID: "scgi/cgi/variables", Level: suite.Must, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-REQ-1", "SCGI-NS-1"},
		Title: "the headers are the application's CGI variables", Needs: needsProbe, Cut: true, Budget: suite.Several,
		Rule: "CGI's variables are sent as headers, so that the application finds there what it would in its environment.",
		Run: func(t *suite.T) {
			const check = "every header that was sent reaches the application"
			sent := headers(t, "GET", "", 0, "HTTP_X_FCGIKIT", "yes", "FCGIKIT_OWN", "a value")
			c := dial(t)
			c.Send(request(sent, "")...)
			var list []cgi.Variable
			for _, h := range sent {
				list = append(list, cgi.Variable{Name: string(h.Name), Value: string(h.Value)})
			}
			cgi.Arrived(t, list, served(t, c.answer(), check).Params, check)
		},
	})
}

// ask is the answer to an ordinary request, of which one is there, as the very
// first request has shown. To HEAD it is read to the connection's end, since it
// is whole before the body that its Content-Length speaks of.
func ask(t *suite.T, method, query string) []byte {
	c := dial(t)
	c.Send(request(headers(t, method, query, 0), "")...)
	var a answer
	if method == "HEAD" {
		c.UntilClose(suite.SilentLimit)
		a = answer{bytes: c.Buffered()}
	} else {
		a = c.answer()
	}
	if _, _, err := a.page(); err != nil {
		t.Untested("%s was not answered: %v", method, err)
	}
	return a.bytes
}
