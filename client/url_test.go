package client_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

// asked is what a server on target got for a URL.
type asked struct{ uri, path, query, host string }

// recordAsked is an application that notes what it is asked for.
func recordAsked(got chan<- asked) func(int, *peer) {
	return func(_ int, c *peer) {
		for {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			got <- asked{r.params["REQUEST_URI"], r.params["PATH_INFO"], r.params["QUERY_STRING"], r.params["HTTP_HOST"]}
			c.send(plainAnswer(client.FastCGI, r.id, ""))
		}
	}
}

func TestAURLNamesTheServerAndWhatIsAskedOfIt(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, err := os.MkdirTemp("", "u")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	got := make(chan asked, 1)
	unix := func(address string) {
		serveOn(t, client.Target{Protocol: client.FastCGI, Network: "unix", Address: address}, recordAsked(got))
	}
	unix(filepath.Join(dir, "a.sock"))
	unix(filepath.Join(dir, "a b:c%?#d"))
	unix("relative.sock")
	unix("@" + filepath.Base(dir))
	tcp := serveTCP(t, client.FastCGI, recordAsked(got)).target.Address

	for url, want := range map[string]asked{
		"fcgi+unix:" + dir + "/a.sock:/path?x=1&y=%20":                  {"/path?x=1&y=%20", "/path", "x=1&y=%20", "localhost"},
		"fcgi+unix:" + dir + "/a.sock:":                                 {"/", "/", "", "localhost"},
		"fcgi+unix:" + dir + "/a.sock":                                  {"/", "/", "", "localhost"},
		"fcgi+unix://" + dir + "/a.sock:/path":                          {"/path", "/path", "", "localhost"},
		"fcgi+unix:" + dir + "/a.sock:/a%2Fb%20c/d:e;f?":                {"/a%2Fb%20c/d:e;f?", "/a/b c/d:e;f", "", "localhost"},
		"fcgi+unix:" + dir + "/a.sock:/%C3%A4?q#fragment":               {"/%C3%A4?q", "/ä", "q", "localhost"},
		"fcgi+unix:" + dir + "/a%20b%3Ac%25%3F%23d:/odd":                {"/odd", "/odd", "", "localhost"},
		"fcgi+unix:relative.sock:/path?q":                               {"/path?q", "/path", "q", "localhost"},
		"fcgi+unix:relative.sock":                                       {"/", "/", "", "localhost"},
		"fcgi+unix:@" + filepath.Base(dir) + ":/abstract%20/?q=%2F":     {"/abstract%20/?q=%2F", "/abstract /", "q=%2F", "localhost"},
		"fcgi://" + tcp + "/path?query":                                 {"/path?query", "/path", "query", tcp},
		"fcgi://" + tcp:                                                 {"/", "/", "", tcp},
		"fcgi://" + tcp + "?query":                                      {"/?query", "/", "query", tcp},
		"fcgi://" + strings.Replace(tcp, "127.0.0.1", "", 1) + "/local": {"/local", "/local", "", strings.Replace(tcp, "127.0.0.1", "", 1)},
	} {
		tr := new(client.Transport)
		_, _, err := do(tr, newRequest(t, "GET", url, nil))
		tr.CloseIdleConnections()
		if err != nil {
			t.Errorf("%s: %v", url, err)
		} else if got := <-got; got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

func TestABadURLIsToldWithAGoodOne(t *testing.T) {
	for url, why := range map[string]string{
		"http://127.0.0.1:9000/":                        "expected a URL",
		"fcgi+tcp://127.0.0.1:9000/":                    "expected a URL",
		"fcgi://127.0.0.1/":                             "needs a port",
		"fcgi:///path":                                  "needs a port",
		"fcgi://127.0.0.1:0/":                           "needs a port",
		"fcgi+unix:":                                    "no unix socket",
		"fcgi+unix::/path":                              "no unix socket",
		"fcgi+unix://tmp/app.sock:/path":                "no unix socket",
		"fcgi+unix:/tmp/app.sock:path":                  "begins with no slash",
		"fcgi+unix:@abs:path?/":                         "begins with no slash",
		"fcgi+unix:a%zz:/path":                          "invalid URL escape",
		"fcgi+unix:/" + strings.Repeat("x", 107) + ":/": "no unix socket",
	} {
		body := &closeCounter{Reader: strings.NewReader("x")}
		_, err := new(client.Transport).RoundTrip(newRequest(t, "GET", url, body))
		if err == nil {
			t.Errorf("%s is none", url)
			continue
		}
		mustContain(t, err.Error(), why, "fcgi://127.0.0.1:9000/path?query", "fcgi+unix:/tmp/app.sock:/path?query")
		if body.closed.Load() != 1 {
			t.Errorf("%s: the body was closed %d times", url, body.closed.Load())
		}
	}
	if _, err := new(client.Transport).RoundTrip(&http.Request{}); err == nil {
		t.Error("no URL at all is one")
	}
}

func TestABoundTransportGoesToItsTargetWhateverTheURLSays(t *testing.T) {
	got := make(chan asked, 1)
	tr := serve(t, client.FastCGI, recordAsked(got)).transport(t)
	for url, want := range map[string]asked{
		"http://example.org/path?q":           {"/path?q", "/path", "q", "example.org"},
		"https://example.org:8443":            {"/", "/", "", "example.org:8443"},
		"fcgi://www.example.org/path":         {"/path", "/path", "", "www.example.org"},
		"/path":                               {"/path", "/path", "", "localhost"},
		"fcgi+unix:/no/such.sock:/path?q":     {"/path?q", "/path", "q", "localhost"},
		"http://example.org/a%2Fb//c/../d%20": {"/a%2Fb//c/../d%20", "/a/b//c/../d ", "", "example.org"},
	} {
		if _, _, err := do(tr, newRequest(t, "GET", url, nil)); err != nil {
			t.Errorf("%s: %v", url, err)
		} else if got := <-got; got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
	star := newRequest(t, "OPTIONS", "http://example.org", nil)
	star.URL.Path = "*"
	if _, _, err := do(tr, star); err != nil {
		t.Error(err)
	} else if got := <-got; got.uri != "*" {
		t.Errorf("OPTIONS * asks for %q", got.uri)
	}
}

func TestABoundTransportNeedsAProtocol(t *testing.T) {
	for _, target := range []client.Target{
		{Network: "unix", Address: "/tmp/app.sock"},
		{Protocol: "http", Network: "tcp", Address: "127.0.0.1:80"},
		{Protocol: client.FastCGI},
	} {
		if _, err := client.New(target); err == nil {
			t.Errorf("%v is good enough", target)
		}
	}
}
