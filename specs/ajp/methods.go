package ajp

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/forward-request/methods", Level: suite.Must, Section: "AJPv13 method", Link: link, Rows: []string{"AJP-FR-2"},
			Title: "a method's code is its name", Needs: needsProbe,
			Rule: "The codes 1 to 27 are the methods of the table, in its order.",
			Run: func(t *suite.T) {
				for code := byte(1); code <= 27; code++ {
					name := ajp.MethodName(code)
					if name == "HEAD" || name == "TRACE" {
						continue // no body says what came; no application answers
					}
					r := get(t, "")
					r.Method = code
					c := dial(t)
					c.Send(forward(r))
					p := served(t, c.answer(), "each method of the table arrives under its name")
					if got := p.Params["REQUEST_METHOD"]; strings.ReplaceAll(got, "_", "-") != name {
						t.Fail("each method of the table arrives under its name\ncode %d is %s, the application got %q", code, name, got)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/unknown-method", Level: suite.Must, Section: "AJPv13 method", Link: link, Rows: []string{"AJP-FR-3"},
			Title: "a method code of no table is refused",
			Rule:  "A code that the table lacks is no method.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, code := range []byte{0, 28, 200, 254} {
					r := get(t, "")
					r.Method = code
					c := dial(t)
					c.Send(forward(r))
					refused(t, c.answer(), "a request with an unknown method code is refused", fmt.Sprintf("method code %d", code))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/stored-method", Level: suite.Should, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-4"},
			Title: "a method without a code comes as stored_method", Needs: needsProbe,
			Rule: "Method code 255 says that the name is in the attribute stored_method, as every web server sends PATCH.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Method = ajp.StoredMethod
				r.Attributes = append(r.Attributes, attribute(ajp.AttrStoredMethod, "PATCH"))
				c := dial(t)
				c.Send(forward(r))
				const check = "a request with the stored_method PATCH is served as PATCH"
				if got := served(t, c.answer(), check).Params["REQUEST_METHOD"]; got != "PATCH" {
					t.Fail("%s\nthe application got %q", check, got)
				}
			},
		},
		suite.Case{
			ID: "ajp/forward-request/no-stored-method", Level: suite.Should, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-5"},
			Title: "a request without a method is refused",
			Rule:  "Method code 255 without the attribute stored_method names no method.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				r := get(t, "")
				r.Method = ajp.StoredMethod
				c := dial(t)
				c.Send(forward(r))
				refused(t, c.answer(), "a request without a method is refused", "method code 255 without stored_method")
			},
		},
		suite.Case{
			ID: "ajp/forward-request/stored-method-beside-a-code", Level: suite.May, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-FR-6"},
			Title: "which method counts where there are two", Needs: needsProbe,
			Rule: "stored_method names the method where the code is 255. Whether it does so beside another code is noted.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Attributes = append(r.Attributes, attribute(ajp.AttrStoredMethod, "FCGIKIT"))
				c := dial(t)
				c.Send(forward(r))
				a := c.answer()
				if p, err := a.probe(); err == nil {
					t.Note("with the code of GET and the stored_method FCGIKIT the method is %q", p.Params["REQUEST_METHOD"])
				} else {
					t.Note("a request with the code of GET and a stored_method: %s", a.fate())
				}
			},
		},
	)
}
