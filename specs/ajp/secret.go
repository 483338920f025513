package ajp

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// barred is why a container answers no plain request, where its secret seems to
// be lacking or another: it answers 403 and ends the connection, as Tomcat does,
// or does the latter alone, though it answers CPing. "" is that there is no such
// sign.
func barred(t *suite.T, a answer) string {
	asks, refuses := "the server asks for a secret: add -secret S", "the server refuses this secret: give -secret its own"
	switch {
	case a.head != nil && a.head.Status == http.StatusForbidden && a.end != nil && !a.reusable():
		asks += " (it answered 403, and ends the connection)"
	case len(a.packets) == 0 && a.broken == nil && a.ended != suite.Nothing && dial(t).ping(suite.SilentLimit):
		asks = "the server closes the connection at a request, and answers CPing: if it asks for a secret, add -secret S"
		refuses = "the server closes the connection at a request, and answers CPing: if this secret is wrong, give -secret its own"
	default:
		return ""
	}
	if t.Server.Secret != "" {
		return refuses
	}
	return asks
}

// withSecrets is a request with these in place of the right one; nil is the null
// string.
func withSecrets(t *suite.T, secrets ...[]byte) *ajp.Request {
	r := get(t, "")
	setSecrets(r, secrets...)
	return r
}

func setSecrets(r *ajp.Request, secrets ...[]byte) {
	r.Attributes = slices.DeleteFunc(r.Attributes, func(a ajp.Attribute) bool { return a.Code == ajp.AttrSecret })
	for _, s := range secrets {
		r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrSecret, Value: s})
	}
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
			Rule:  "The secret is compared whole, and byte by byte.",
			Run: func(t *suite.T) {
				guarded(t)
				right := t.Server.Secret
				for _, wrong := range [][]byte{[]byte(right + "x"), []byte(right[:len(right)-1]), otherCase(right), {}, nil} {
					c := dial(t)
					c.Send(forward(withSecrets(t, wrong)))
					refused(t, c.answer(), "a request with a wrong secret is refused", fmt.Sprintf("a request with one of %d bytes, where the right one has %d,", len(wrong), len(right)))
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
			ID: "ajp/secret/body-of-a-refused-request", Level: suite.Must, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-SEC-5"},
			Title: "the body of a refused request is no request",
			Rule:  "Where a request is refused, its body is passed over with it, or the connection ends: it never becomes a message, whatever it looks like.",
			Run: func(t *suite.T) {
				guarded(t)
				r := post(t, "", disguisedLen)
				setSecrets(r)
				c := dial(t)
				c.Send(forward(r), disguised(t))
				if a := c.answer(); a.ok() {
					t.Untested("a request without the secret is served")
				}
				if a := c.soon(); a.ok() {
					t.Fail("the body of a refused request is not served\nit looked like a Forward Request with the secret, and was answered with %d", a.head.Status)
				}
			},
		},
		suite.Case{
			ID: "ajp/secret/hidden", Level: suite.Must, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-SEC-3"},
			Title: "the secret stays from the application", Needs: needsProbe,
			Rule: "The secret is between the web server and the container: no application sees it.",
			Run: func(t *suite.T) {
				guarded(t)
				const check = "the application does not see the secret"
				c := dial(t)
				c.Send(forward(get(t, "")))
				for name, value := range served(t, c.answer(), check).Params {
					if strings.Contains(value, t.Server.Secret) {
						t.Fail("%s\nit is in %s", check, name)
					}
				}
			},
		},
		suite.Case{
			ID: "ajp/secret/cping", Level: suite.Should, Section: "AJPv13 Packet Headers", Link: link, Rows: []string{"AJP-CPING-5"},
			Title: "CPing is answered without the secret",
			Rule:  "CPing has no attributes, so it can't carry the secret: it is how a web server finds out that the container lives.",
			Run: func(t *suite.T) {
				guarded(t)
				c := dial(t)
				c.Send(forward(get(t, "")))
				if a := c.answer(); !a.reusable() || !c.ping(suite.SilentLimit) {
					t.Untested("CPing is not answered after a request with the secret either")
				}
				c.Close()
				if !dial(t).ping(suite.SilentLimit) {
					t.Fail("CPing is answered without the secret")
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
				likePlain(t, c.answer(), "a request with a secret is answered like a plain one where none is set")
			},
		},
	)
}

// otherCase is a secret that differs from this one in a letter's case; in its
// first byte if that is none.
func otherCase(secret string) []byte {
	b := []byte(secret)
	b[0] ^= 'a' - 'A'
	return b
}
