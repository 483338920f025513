package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// redirecting sends the first request of all to location, in which HOST is the
// request's own, and notes what it is asked.
func redirecting(location string, got chan<- asked) func(int, *peer) {
	first := true
	return func(_ int, c *peer) {
		for {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			got <- asked{uri: r.params["REQUEST_URI"], host: r.params["HTTP_HOST"]}
			if first {
				first = false
				c.send(fcgiAnswer(1, "Location: "+strings.ReplaceAll(location, "HOST", r.params["HTTP_HOST"])+"\r\n\r\n"))
			} else {
				c.send(plainAnswer(client.FastCGI, 1, "there"))
			}
		}
	}
}

// follow is what the same server is asked next; none where the redirect leaves it.
func follow(t *testing.T, s *scripted, host string, got <-chan asked) asked {
	t.Helper()
	c, _ := registered(t)
	c.Timeout = 5 * time.Second
	req := newRequest(t, "GET", urlOn(s, "/dir/first"), nil)
	req.Host = host
	resp, err := c.Do(req)
	if err != nil {
		t.Error(err)
		return asked{}
	}
	resp.Body.Close()
	<-got
	select {
	case next := <-got:
		return next
	default:
		return asked{}
	}
}

func TestADefaultPortIsTheSameAsNone(t *testing.T) {
	for name, test := range map[string]struct{ host, location, uri string }{
		"http, said by the answer":   {"", "http://localhost:80/abs", "/abs"},
		"https, said by the answer":  {"", "https://localhost:443/abs?q", "/abs?q"},
		"http, said by the request":  {"www.example.org:80", "http://www.example.org/abs", "/abs"},
		"https, said by the request": {"www.example.org:443", "https://www.example.org/abs", "/abs"},
		"an empty port":              {"", "http://localhost:/abs", "/abs"},
		"IPv6":                       {"[::1]", "http://[::1]:80/abs", "/abs"},
		"another case":               {"", "http://LocalHost/abs", "/abs"},
	} {
		got := make(chan asked, 2)
		s := serve(t, client.FastCGI, redirecting(test.location, got))
		if next := follow(t, s, test.host, got); next.uri != test.uri {
			t.Errorf("%s: next is %+v", name, next)
		}
	}
}

func TestARedirectToAnotherPortIsLeftAlone(t *testing.T) {
	for location, host := range map[string]string{
		"http://localhost:443/":       "",
		"https://localhost:80/":       "",
		"http://localhost:81/":        "localhost:80",
		"https://localhost/":          "localhost:80",
		"http://[::1]:81/":            "[::1]",
		"http://www.example.org:080/": "www.example.org",
	} {
		wantLeftAlone(t, serve(t, client.FastCGI, fcgiAnswers(fcgiAnswer(1, "Location: "+location+"\r\n\r\n"))), host, location)
	}
}

// TestAnAbsoluteRedirectStaysOnItsPort is of what applications make of HTTP_HOST,
// the only scheme they know before it.
func TestAnAbsoluteRedirectStaysOnItsPort(t *testing.T) {
	for name, test := range map[string]struct{ host, location, uri string }{
		"URL":                     {"", "http://HOST/abs", "/abs"},
		"https":                   {"", "https://HOST/abs?q", "/abs?q"},
		"its own scheme":          {"", "fcgi://HOST/abs", "/abs"},
		"network path":            {"", "//HOST/abs", "/abs"},
		"absolute path":           {"", "/abs", "/abs"},
		"relative":                {"", "abs#frag", "/dir/abs"},
		"fragment":                {"", "http://HOST/abs#a%20b", "/abs"},
		"escaped":                 {"", "http://HOST/a%2Fb%20c:d?e=%2F", "/a%2Fb%20c:d?e=%2F"},
		"two slashes":             {"", "http://HOST//abs", "//abs"},
		"no path":                 {"", "http://HOST", "/"},
		"a Host of its own":       {"www.example.org", "http://HOST/abs", "/abs"},
		"the same, network path":  {"www.example.org", "//HOST/abs", "/abs"},
		"the same, a port unsaid": {"www.example.org:80", "http://www.example.org/abs", "/abs"},
	} {
		got := make(chan asked, 2)
		s := serveTCP(t, client.FastCGI, redirecting(test.location, got))
		host := test.host
		if host == "" {
			host = s.target.Address
		}
		if next := follow(t, s, test.host, got); next.uri != test.uri || next.host != host && test.location[:1] != "f" {
			t.Errorf("%s: next is %+v", name, next)
		}
	}
}

// TestARedirectToTheTargetsAddressStaysThere has an application that knows where
// it listens, whatever the request's Host says.
func TestARedirectToTheTargetsAddressStaysThere(t *testing.T) {
	got := make(chan asked, 2)
	s := serveTCP(t, client.FastCGI, func(n int, c *peer) {
		redirecting("http://"+c.LocalAddr().String()+"/abs", got)(n, c)
	})
	if next := follow(t, s, "www.example.org", got); next.uri != "/abs" {
		t.Errorf("next is %+v", next)
	}
}

func TestARedirectFromAPortToElsewhereIsLeftAlone(t *testing.T) {
	for _, location := range []string{"http://127.0.0.1:1/", "http://127.0.0.1/", "http://www.example.org/", "ftp://www.example.org/x", "mailto:joe@localhost", "scgi://127.0.0.1:1/", "http://[::1/", "/next"} {
		wantLeftAlone(t, serveTCP(t, client.FastCGI, fcgiAnswers(fcgiAnswer(1, "Location: "+location+"\r\n\r\n"))), "", location)
	}
}

func wantLeftAlone(t *testing.T, s *scripted, host, location string) {
	t.Helper()
	tr := new(client.Transport)
	defer tr.CloseIdleConnections()
	req := newRequest(t, "GET", urlOn(s, "/"), nil)
	req.Host = host
	resp, _, err := do(tr, req)
	if err != nil || resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != location {
		t.Errorf("%s: %v, %v", location, resp, err)
	}
}

// TestARedirectToHTTPSAloneIsLeftAlone: an application that wants TLS of its web
// server asks for it each time.
func TestARedirectToHTTPSAloneIsLeftAlone(t *testing.T) {
	for _, uri := range []string{"/", "/dir/page?a=b%20c", "/a%2Fb"} {
		location := "Location: https://www.example.org" + uri + "\r\n\r\n"
		s := serveTCP(t, client.FastCGI, fcgiAnswers(fcgiAnswer(1, "Status: 302 Found\r\n"+location)))
		req := newRequest(t, "GET", "fcgi://"+s.target.Address+uri, nil)
		req.Host = "www.example.org"
		var tr client.Transport
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		tr.CloseIdleConnections()
		if got := resp.Header.Get("Location"); got != "https://www.example.org"+uri {
			t.Errorf("of %s: %q", uri, got)
		}
	}
}
