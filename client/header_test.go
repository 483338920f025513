package client_test

import (
	"io"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

// TestRedirectsStayOnTheirSocket follows each Location and looks at what the
// same server is asked next, and by which Host.
func TestRedirectsStayOnTheirSocket(t *testing.T) {
	for name, test := range map[string]struct{ host, location, uri, nextHost string }{
		"absolute path":            {"", "/next?q", "/next?q", "localhost"},
		"relative":                 {"", "next", "/dir/next", "localhost"},
		"relative, up":             {"", "../next#frag", "/next", "localhost"},
		"only a query":             {"", "?page=2", "/dir/first?page=2", "localhost"},
		"escaped":                  {"", "/a%2Fb%20c:d", "/a%2Fb%20c:d", "localhost"},
		"URL of the same host":     {"", "http://localhost/next", "/next", "localhost"},
		"URL, https":               {"www.example.org", "https://www.example.org/next", "/next", "www.example.org"},
		"URL, with a port":         {"www.example.org:81", "http://www.example.org:81/next?q", "/next?q", "www.example.org:81"},
		"network path":             {"www.example.org", "//www.example.org/next", "/next", "www.example.org"},
		"path keeps Host":          {"www.example.org", "/next", "/next", "www.example.org"},
		"URL without a path":       {"", "http://localhost", "/", "localhost"},
		"back to a socket's own":   {"", "/tmp/x:/y", "/tmp/x:/y", "localhost"},
		"percent and a question":   {"", "/a%3Fb?c=%23", "/a%3Fb?c=%23", "localhost"},
		"case of the scheme":       {"", "HTTP://localhost/next", "/next", "localhost"},
		"dots beyond the root":     {"", "/../../next", "/next", "localhost"},
		"two slashes in the path":  {"", "/a//b", "/a//b", "localhost"},
		"non-ASCII bytes":          {"", "/\xc3\xa4", "/%C3%A4", "localhost"},
		"fragment alone in a path": {"", "/next#a b", "/next", "localhost"},
	} {
		got := make(chan asked, 2)
		s := serve(t, client.FastCGI, func(_ int, c *peer) {
			for n := 1; ; n++ {
				r, ok := c.fcgiRequest()
				if !ok {
					return
				}
				got <- asked{uri: r.params["REQUEST_URI"], host: r.params["HTTP_HOST"]}
				if n == 1 {
					c.send(fcgiAnswer(1, "Location: "+test.location+"\r\n\r\n"))
				} else {
					c.send(plainAnswer(client.FastCGI, 1, "there"))
				}
			}
		})
		c, _ := registered(t)
		req := newRequest(t, "GET", urlOn(s, "/dir/first"), nil)
		req.Host = test.host
		resp, err := c.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		resp.Body.Close()
		<-got
		select {
		case next := <-got:
			if next.uri != test.uri || next.host != test.nextHost {
				t.Errorf("%s: next is %q of %q", name, next.uri, next.host)
			}
		default:
			t.Errorf("%s: not followed, %s", name, resp.Status)
		}
	}
}

func TestARedirectToAnotherHostIsLeftAlone(t *testing.T) {
	for _, location := range []string{"http://www.example.org/", "https://localhost:8443/x", "ftp://localhost/x", "mailto:joe@localhost", "fcgi+unix:/other.sock:/x"} {
		s := serve(t, client.FastCGI, fcgiAnswers(fcgiAnswer(1, "Location: "+location+"\r\n\r\n")))
		tr := new(client.Transport)
		resp, _, err := do(tr, newRequest(t, "GET", urlOn(s, "/"), nil))
		if err != nil || resp.StatusCode != 302 || resp.Header.Get("Location") != location {
			t.Errorf("%s: %v, %v", location, resp, err)
		}
		tr.CloseIdleConnections()
	}
}

func TestARedirectOnARelativeOrAbstractSocketStaysThere(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, address := range []string{"relative.sock", "@fcgikit-redirect"} {
		n := 0
		s := serveOn(t, client.Target{Protocol: client.FastCGI, Network: "unix", Address: address}, func(_ int, c *peer) {
			for {
				r, ok := c.fcgiRequest()
				if !ok {
					return
				}
				if n++; n == 1 {
					c.send(fcgiAnswer(1, "Status: 303 See\r\nLocation: next?q\r\n\r\n"))
				} else {
					c.send(plainAnswer(client.FastCGI, 1, r.params["REQUEST_METHOD"]+r.params["REQUEST_URI"]))
				}
			}
		})
		c, _ := registered(t)
		resp, err := c.Post(urlOn(s, "/dir/x"), "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "GET/dir/next?q" {
			t.Errorf("%s: %q", address, body)
		}
	}
}

func TestLocationAloneIsA302(t *testing.T) {
	tr := serve(t, client.FastCGI, fcgiAnswers(fcgiAnswer(1, "Location: /next\n\n"))).transport(t)
	resp, _ := get(t, tr, "/")
	if resp.Status != "302 Found" || resp.Header.Get("Location") != "/next" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}
