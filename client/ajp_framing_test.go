package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
)

// TestAHeaderOfTheFrameGoesOutOnceWhateverItsCase is about keys that net/http
// would have made canonical: a second Content-Length or Host would make the
// container see another request than was sent.
func TestAHeaderOfTheFrameGoesOutOnceWhateverItsCase(t *testing.T) {
	got := make(chan []ajp.Header, 1)
	tr := serve(t, client.AJP, func(_ int, c *peer) {
		r, ok := c.ajpHead()
		if !ok {
			return
		}
		got <- r.forward.Headers
		c.data()
		c.send(ajpOK, ajpReuse)
	}).transport(t)
	req := newRequest(t, "POST", "http://example.org/", strings.NewReader("abc"))
	for key, value := range map[string]string{
		"content-length": "99", "CONTENT-LENGTH": "98", "host": "evil", "hOST": "evil", "transfer-encoding": "chunked",
		"Transfer-encoding": "chunked", "x-vegeta-seq": "1", "content-type": "text/x", "x-own": "1",
	} {
		req.Header[key] = []string{value}
	}
	if _, _, err := do(tr, req); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, h := range <-got {
		lines = append(lines, fmt.Sprintf("%s: %s", h.Name, h.Value))
	}
	want := "host: example.org; content-length: 3; content-type: text/x; x-own: 1"
	if all := strings.Join(lines, "; "); all != want {
		t.Errorf("%s, want %s", all, want)
	}
}

func TestAnAttributeWithNULIsRefused(t *testing.T) {
	for name, set := range map[string]func(*client.Transport){
		"a value of remote_user without NUL, got \"\\x00b\"": func(tr *client.Transport) { tr.Attributes = map[string]string{"remote_user": "a\x00b"} },
		"a secret without NUL":                               func(tr *client.Transport) { tr.Secret = "hush\x00" },
	} {
		s := serve(t, client.AJP, echo(client.AJP))
		tr := s.transport(t)
		set(tr)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var encode *ajp.EncodeError
		if !errors.As(err, &encode) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mustContain(t, err.Error(), name)
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("the secret is shown: %v", err)
		}
	}
}

func TestAnEmptyContentLengthIsNone(t *testing.T) {
	for name, test := range map[string]struct {
		values []string
		length int64
	}{
		"empty":             {[]string{""}, -1},
		"spaces":            {[]string{"  "}, -1},
		"empty, and one":    {[]string{"", "5"}, 5},
		"one, and empty":    {[]string{"5", ""}, 5},
		"the same twice":    {[]string{"5", "5"}, 5},
		"with leading zero": {[]string{"05", "5"}, 5},
	} {
		tr := serve(t, client.AJP, contentLengths(test.values)).transport(t)
		resp, body := get(t, tr, "/")
		if body != "hello" || resp.ContentLength != test.length {
			t.Errorf("%s: %q of length %d, want %d", name, body, resp.ContentLength, test.length)
		}
	}
}

func TestABadContentLengthIsABreach(t *testing.T) {
	for _, values := range [][]string{{"x"}, {"-1"}, {"+5"}, {"5, 5"}, {"5", "6"}, {"5", "", "6"}, {"0", "5"}, {"9223372036854775808"}} {
		tr := serve(t, client.AJP, contentLengths(values)).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var breach *client.BreachError
		if !errors.As(err, &breach) {
			t.Errorf("%q: %v", values, err)
		}
	}
}

// contentLengths answers hello, of these lengths.
func contentLengths(values []string) func(int, *peer) {
	var headers []string
	for _, v := range values {
		headers = append(headers, "Content-Length", v)
	}
	return func(_ int, c *peer) {
		for {
			if _, ok := c.ajpHead(); !ok || c.send(sendHeaders(200, headers...), ajpHello, ajpReuse) != nil {
				return
			}
		}
	}
}
