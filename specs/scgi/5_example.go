package scgi

import "github.com/fcgikit/fcgikit/specs/suite"

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/5/example", Level: suite.Must, Section: "SCGI 5", Link: link, Rows: []string{"SCGI-REQ-2"},
			Title: "the specification's example is answered", Cut: true, Budget: suite.Several,
			Rule: "Of headers only CONTENT_LENGTH and SCGI must be there: a request with two of CGI's variables is one.",
			Run: func(t *suite.T) {
				const headers = "CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00"
				c := dial(t)
				c.Send(append(netstring("70", headers, ","), []byte("What is the answer to life?"))...)
				answered(t, c.answer(), "the example request is answered")
			},
		},
	)
}
