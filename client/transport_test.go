package client_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

// registered is an http.Client that knows the six schemes.
func registered(t *testing.T) (*http.Client, *client.Transport) {
	h := &http.Transport{}
	tr := new(client.Transport)
	tr.RegisterProtocol(h)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: h}, tr
}

// urlOn is a URL of a path on a server.
func urlOn(s *scripted, path string) string {
	if s.target.Network == "unix" {
		return s.target.String() + ":" + path
	}
	return s.target.String() + path
}

func TestAnHTTPClientSpeaksAllSixSchemes(t *testing.T) {
	c, _ := registered(t)
	for network, serve := range map[string]func(testing.TB, client.Protocol, func(int, *peer)) *scripted{"unix": serve, "tcp": serveTCP} {
		for _, p := range client.Protocols {
			s := serve(t, p, echo(p))
			resp, err := c.Get(urlOn(s, "/get"))
			if err != nil {
				t.Errorf("%s %s: %v", p, network, err)
				continue
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(body) != "GET /get " || resp.StatusCode != 200 || resp.Proto != "HTTP/1.1" || resp.Request == nil {
				t.Errorf("%s %s: %s %q, %v", p, network, resp.Status, body, err)
			}
			resp, err = c.Post(urlOn(s, "/post"), "text/plain", strings.NewReader("hello"))
			if err != nil {
				t.Errorf("%s %s: %v", p, network, err)
				continue
			}
			body, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(body) != "POST /post hello" {
				t.Errorf("%s %s: %q, %v", p, network, body, err)
			}
		}
	}
}

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

func TestStatsCountWhatBecameOfConnections(t *testing.T) {
	s := serve(t, client.FastCGI, echo(client.FastCGI))
	tr := s.transport(t)
	for i, want := range []client.Stats{
		{Opened: 1, Open: 1, Idle: 1},
		{Opened: 1, Reused: 1, Open: 1, Idle: 1},
		{Opened: 1, Reused: 2, Open: 1, Idle: 1},
	} {
		get(t, tr, fmt.Sprint("/", i))
		if got := tr.Stats(); got != want {
			t.Errorf("after %d requests: %+v, want %+v", i+1, got, want)
		}
	}
	tr.CloseIdleConnections()
	if got, want := tr.Stats(), (client.Stats{Opened: 1, Reused: 2}); got != want {
		t.Errorf("after closing: %+v", got)
	}
	soon(t, "the server sees the end", func() bool { return s.open.Load() == 0 })
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
