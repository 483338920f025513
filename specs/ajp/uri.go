package ajp

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// requestFor is an ordinary request with another req_uri; nil is the null string.
func requestFor(t *suite.T, uri []byte) *ajp.Request {
	r := get(t, "")
	r.ReqURI = uri
	return r
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/forward-request/uri", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-8"},
			Title: "req_uri arrives as it is", Needs: needsProbe,
			Rule: "req_uri is the path of the request line, undecoded and without the query.",
			Run: func(t *suite.T) {
				r := get(t, "fcgikit=1")
				r.ReqURI = []byte("/fcgikit/a%20b;v=1/%c3%a4")
				c := dial(t)
				c.Send(forward(r))
				const check = "req_uri arrives undecoded"
				if got := served(t, c.answer(), check).Params["REQUEST_URI"]; got != string(r.ReqURI) {
					t.Fail("%s\nof %q the application got %q", check, r.ReqURI, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/no-path", Level: suite.Should, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-9"},
			Title: "a req_uri that is no path is refused",
			Rule:  "req_uri is a path, which begins with a slash: the null string, an empty one and one without a slash name no page.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, uri := range [][]byte{nil, {}, []byte("fcgikit")} {
					c := dial(t)
					c.Send(forward(requestFor(t, uri)))
					refused(t, c.answer(), "a request whose req_uri is no path is refused", "req_uri "+quoted(uri))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/above-the-root", Level: suite.Must, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-10"},
			Title: "a path above the root leads to no file",
			Rule:  "req_uri is the client's choice: a path that steps above the root, with dots as they are or encoded, or one with an encoded NUL, is refused or is the application's affair, but shows no file of the container's.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, uri := range []string{
					"/fcgikit/../../WEB-INF/web.xml", "/fcgikit/%2e%2e/WEB-INF/web.xml", "/fcgikit/..;/WEB-INF/web.xml", "/WEB-INF/web.xml", "/WEB-INF/web.xml%00.html",
				} {
					const check = "a path above the root leads to no file"
					c := dial(t)
					c.Send(forward(requestFor(t, []byte(uri))))
					a := noHang(t, c.answer(), check, uri)
					if a.ok() && bytes.Contains(a.body, []byte("<web-app")) {
						t.Fail("%s\nto %s came %d and a deployment descriptor: %.60q", check, uri, a.head.Status, a.body)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/uri-line-break", Level: suite.Should, Section: "RFC 9112 3", Link: "https://www.rfc-editor.org/rfc/rfc9112#section-3", Rows: []string{"AJP-FR-13"},
			Title: "a req_uri with a line break is refused", Needs: needsProbe,
			Rule: "No path of a request line has a line break or a NUL. Whoever writes such a one into a log or a header writes a line that the client chose.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, uri := range []string{"/fcgikit\r\nX-Fcgikit: yes", "/fcgikit\nX-Fcgikit: yes", "/fcgikit\x00"} {
					const check = "a req_uri with a line break or a NUL is refused, or made harmless"
					c := dial(t)
					c.Send(forward(requestFor(t, []byte(uri))))
					p, err := noHang(t, c.answer(), check, fmt.Sprintf("%q", uri)).probe()
					if got := p.Params["REQUEST_URI"]; err == nil && strings.ContainsAny(got, "\r\n\x00") {
						t.Fail("%s\nthe application got %q", check, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/absolute-uri", Level: suite.May, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-11"},
			Title: "what comes of a req_uri with a host", Needs: needsProbe,
			Rule: "A request line may have a whole URI. Whether its host counts, beside the header Host, is noted.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(requestFor(t, []byte("http://fcgikit.example/x"))))
				a := c.answer()
				if p, err := a.probe(); err == nil {
					t.Note("REQUEST_URI=%q, SERVER_NAME=%q, HTTP_HOST=%q", p.Params["REQUEST_URI"], p.Params["SERVER_NAME"], p.Params["HTTP_HOST"])
				} else {
					t.Note("%s", a.fate())
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/question-mark", Level: suite.May, Section: "AJPv13 Request Packet Structure", Link: link, Rows: []string{"AJP-FR-12"},
			Title: "what comes of a question mark in req_uri", Needs: needsProbe,
			Rule: "The query comes in the attribute query_string alone. What becomes of one in req_uri is noted.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(requestFor(t, []byte("/fcgikit?b=c"))))
				a := c.answer()
				if p, err := a.probe(); err == nil {
					t.Note("REQUEST_URI=%q, QUERY_STRING=%q", p.Params["REQUEST_URI"], p.Params["QUERY_STRING"])
				} else {
					t.Note("%s", a.fate())
				}
			},
		},
	)
}
