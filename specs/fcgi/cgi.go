package fcgi

import (
	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	// A responder's output is CGI's (6.2), in which HTTP's status line has no place.
	Cases.Add(cgi.Carrier{
		Protocol: client.FastCGI, Ask: ask,
		Status: suite.Must, StatusRows: []string{"FCGI-6.1-5"}, HeadRows: []string{"FCGI-6.2-13"},
	}.Cases()...)
}

// ask is STDOUT of the answer to an ordinary request.
func ask(t *suite.T, method, query string) []byte {
	c := dial(t)
	c.Send(request(1, 0, pairs(t, method, query, 0, nil))...)
	a := c.answer(1)
	if _, _, err := a.page(); err != nil {
		t.Untested("%s was not answered: %v", method, err)
	}
	return a.stdout
}
