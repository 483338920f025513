package ajp

import (
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/headers/coded", Level: suite.Must, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-18"},
			Title: "a header's code is its name", Needs: needsProbe,
			Rule: "The codes A001 to A00E are the header names of the table, in its order.",
			Run: func(t *suite.T) {
				sent := []string{
					"accept", "text/html", "accept-charset", "utf-8", "accept-encoding", "gzip", "accept-language", "en",
					"authorization", "Basic Zjpm", "connection", "keep-alive", "content-type", "text/plain", "content-length", "3",
					"cookie", "a=b", "cookie2", "$Version=1", "host", "localhost", "pragma", "no-cache",
					"referer", "http://localhost/", "user-agent", "fcgikit",
				}
				r := get(t, "")
				r.Method, r.Headers = methodPOST, nil
				for i := 0; i < len(sent); i += 2 {
					r.Headers = append(r.Headers, coded(sent[i], sent[i+1]))
				}
				c := dial(t)
				c.upload(r, "abc")
				p := served(t, c.answer(), "each header of the table arrives under its name")
				for i := 0; i < len(sent); i += 2 {
					if got := p.Params[variable(sent[i])]; got != sent[i+1] {
						t.Fail("each header of the table arrives under its name\nA0%02X is %s, sent with %q, the application got %q", i/2+1, sent[i], sent[i+1], got)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/literal", Level: suite.Must, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-19"},
			Title: "a header of the table may come as a string", Needs: needsProbe,
			Rule: "A name is the same whether it comes as a code or as a string.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "", literal("user-agent", "fcgikit"), literal("accept-language", "en"))))
				p := served(t, c.answer(), "a name of the table that comes as a string arrives")
				if p.Params["HTTP_USER_AGENT"] != "fcgikit" || p.Params["HTTP_ACCEPT_LANGUAGE"] != "en" {
					t.Fail("a name of the table that comes as a string arrives\nthe application got HTTP_USER_AGENT=%q, HTTP_ACCEPT_LANGUAGE=%q", p.Params["HTTP_USER_AGENT"], p.Params["HTTP_ACCEPT_LANGUAGE"])
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/long-names", Level: suite.Must, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-22"},
			Title: "a long name is no code", Needs: needsProbe,
			Rule: "A name's first two bytes are a code where the first is A0, else the length of a string.",
			Run: func(t *suite.T) {
				for _, n := range []int{160, 255, 256, 300} {
					name := "x-" + strings.Repeat("n", n-2)
					c := dial(t)
					c.Send(forward(get(t, "", literal(name, "yes"))))
					const check = "a header with a long name arrives"
					if got := served(t, c.answer(), check).Params[variable(name)]; got != "yes" {
						t.Fail("%s\na name of %d bytes did not, the application got %q", check, n, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/repeated", Level: suite.Should, Section: "AJPv13 Headers", Link: link, Rows: []string{"AJP-FR-23"},
			Title: "a header that comes twice keeps both values", Needs: needsProbe,
			Rule: "Fields of the same name are one with the values of all, in order.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "", literal("x-fcgikit", "first"), literal("x-fcgikit", "second"))))
				const check = "both values of a header that comes twice arrive"
				got := served(t, c.answer(), check).Params["HTTP_X_FCGIKIT"]
				if first, second := strings.Index(got, "first"), strings.Index(got, "second"); first < 0 || second < first {
					t.Fail("%s\nthe application got %q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/null-value", Level: suite.Must, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-24"},
			Title: "a null value is no text", Needs: needsProbe,
			Rule: "The null string has no bytes: a header with that value is empty, or not there.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "", ajp.Header{Name: []byte("x-null")}, literal("x-after", "yes"))))
				const check = "a header whose value is the null string has no text"
				p := served(t, c.answer(), check)
				if got := p.Params["HTTP_X_NULL"]; got != "" {
					t.Fail("%s\nthe application got %q", check, got)
				}
				if got := p.Params["HTTP_X_AFTER"]; got != "yes" {
					t.Fail("the header after a null value arrives\nthe application got %q", got)
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/empty-value", Level: suite.Must, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-24"},
			Title: "an empty value is a string", Needs: needsProbe,
			Rule: "A string of no bytes has its NUL, and is no null string: a header with that value is empty, and others follow it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(forward(get(t, "", literal("x-empty", ""), literal("x-after", "yes"))))
				const check = "the header after one with an empty value arrives"
				p := served(t, c.answer(), check)
				if got := p.Params["HTTP_X_AFTER"]; got != "yes" {
					t.Fail("%s\nthe application got %q", check, got)
				}
				if got := p.Params["HTTP_X_EMPTY"]; got != "" {
					t.Fail("a header with an empty value has no text\nthe application got %q", got)
				}
			},
		},
		suite.Case{
			ID: "ajp/headers/bytes", Level: suite.Must, Section: "AJPv13 Basic Packet Structure", Link: link, Rows: []string{"AJP-FR-30"},
			Title: "values are bytes", Needs: needsProbe,
			Rule: "A string has no character set: bytes from 80 on arrive as they are.",
			Run: func(t *suite.T) {
				var sent []byte
				for b := 0x80; b <= 0xFF; b++ {
					sent = append(sent, byte(b))
				}
				c := dial(t)
				c.Send(forward(get(t, "", literal("x-fcgikit", "("+string(sent)+")"))))
				const check = "the bytes 80 to FF of a value arrive unchanged"
				if got := served(t, c.answer(), check).Params["HTTP_X_FCGIKIT"]; got != "("+probeapp.CodePoints(string(sent))+")" {
					t.Fail("%s\nthe application got %q", check, got)
				}
			},
		},
	)
}

// variable is a header's name among the parameters of the probe application.
func variable(header string) string {
	name := strings.ToUpper(strings.ReplaceAll(header, "-", "_"))
	if name == "CONTENT_TYPE" || name == "CONTENT_LENGTH" {
		return name
	}
	return "HTTP_" + name
}
