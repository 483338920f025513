package fcgi

import (
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(suite.Case{
		ID: "fcgi/3.2/concurrent-connections", Level: suite.May, Section: "FastCGI 3.2", Link: link("3.2"), Rows: []string{"FCGI-3.2-4"},
		Title: "a connection is served while a request on another is coming",
		Rule:  "An application may accept several connections at once. One that does not keeps each web server waiting for the one before.",
		Run: func(t *suite.T) {
			first := dial(t)
			pairs := get(t, "")
			first.Send(begin(1, fcgi.Responder, 0), params(1, pairs[:len(pairs)/2]))
			second := dial(t)
			second.Send(request(1, 0, get(t, ""))...)
			if _, ok := second.recordWithin(mayWait); ok {
				t.Note("it serves connections at the same time")
			} else {
				t.Note("a second connection was not served beside the first: %s", second.ended)
			}
		},
	})
}
