package ajp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// withSecrets is a request with these in place of the right one; nil is the null
// string.
func withSecrets(t *suite.T, secrets ...[]byte) *ajp.Request {
	r := get(t, "")
	r.Attributes = slices.DeleteFunc(r.Attributes, func(a ajp.Attribute) bool { return a.Code == ajp.AttrSecret })
	for _, s := range secrets {
		r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrSecret, Value: s})
	}
	return r
}

// guarded ends the case unless there is a secret, and it opens the door.
func guarded(t *suite.T) {
	if t.Server.Secret == "" {
		t.Untested("it needs a container with a secret, and that secret")
	}
	control(t, get(t, ""), "")
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/secret/missing", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-SEC-1"},
			Title: "a request without the secret is refused",
			Rule:  "A container that has a secret serves no request without it.",
			Run: func(t *suite.T) {
				guarded(t)
				c := dial(t)
				c.Send(forward(withSecrets(t)))
				refused(t, c.answer(), "a request without the secret is refused", "a request without one")
			},
		},
		suite.Case{
			ID: "ajp/secret/wrong", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-SEC-2"},
			Title: "a request with another secret is refused",
			Rule:  "The secret is compared whole.",
			Run: func(t *suite.T) {
				guarded(t)
				right := t.Server.Secret
				for _, wrong := range [][]byte{[]byte(right + "x"), []byte(right[:len(right)-1]), {}, nil} {
					c := dial(t)
					c.Send(forward(withSecrets(t, wrong)))
					refused(t, c.answer(), "a request with a wrong secret is refused", fmt.Sprintf("a request with one of %d bytes", len(wrong)))
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/secret/two", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-SEC-4"},
			Title: "a request with a right and a wrong secret is refused",
			Rule:  "A right secret does not make up for a wrong one.",
			Run: func(t *suite.T) {
				guarded(t)
				right, wrong := []byte(t.Server.Secret), []byte(t.Server.Secret+"x")
				for _, both := range [][][]byte{{right, wrong}, {wrong, right}} {
					c := dial(t)
					c.Send(forward(withSecrets(t, both...)))
					refused(t, c.answer(), "a request with a right and a wrong secret is refused", "a request with both")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/secret/hidden", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-SEC-3"},
			Title: "the secret stays from the application", Needs: needsProbe,
			Rule: "The secret is between the web server and the container: no application sees it.",
			Run: func(t *suite.T) {
				guarded(t)
				c := dial(t)
				c.Send(forward(get(t, "")))
				const check = "the application does not see the secret"
				for name, value := range served(t, c.answer(), check).Params {
					if strings.Contains(value, t.Server.Secret) {
						t.Fail("%s\nit is in %s", check, name)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/secret/unasked", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-SEC-6"},
			Title: "a secret that nobody asks for is no harm",
			Rule:  "A container without a secret takes the attribute as it takes any of the table.",
			Run: func(t *suite.T) {
				if t.Server.Secret != "" {
					t.Untested("it needs a container without a secret")
				}
				c := dial(t)
				c.Send(forward(withSecrets(t, []byte("fcgikit"))))
				const check = "a request with a secret is served where none is set"
				if a := completed(t, c.answer(), check); !a.ok() {
					t.Fail("%s\ngot %s", check, a.status())
				}
			},
		},
	)
}
