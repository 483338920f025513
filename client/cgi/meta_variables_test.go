package cgi

import (
	"crypto/tls"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// variablesOfRequest fails the test when a name comes twice, in any case (section 4.1).
func variablesOfRequest(t testing.TB, e *Env, r *http.Request, uri URI, contentLength int64) map[string]string {
	t.Helper()
	got, seen := map[string]string{}, map[string]bool{}
	e.Each(r, uri, contentLength, func(name, value string) bool {
		capitals := inCapitals(name)
		if seen[capitals] {
			t.Errorf("%q comes twice", name)
		}
		got[name], seen[capitals] = value, true
		return true
	})
	return got
}

// inCapitals changes ASCII alone: strings.ToUpper makes one of all bytes that are no UTF-8.
func inCapitals(name string) string {
	const small, capital = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	b := []byte(name)
	for i, c := range b {
		if at := strings.IndexByte(small, c); at >= 0 {
			b[i] = capital[at]
		}
	}
	return string(b)
}

func request(t testing.TB, method, url string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header[header[i]] = append(r.Header[header[i]], header[i+1])
	}
	return r
}

func TestPlainRequestHasTheseVariablesAndNoOthers(t *testing.T) {
	r := request(t, "GET", "fcgi://example.org:8080/a%20b/c?x=%201")
	got := variablesOfRequest(t, &Env{}, r, URIOf(r), 0)
	want := map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1",
		"SERVER_PROTOCOL":   "HTTP/1.1",
		"SERVER_SOFTWARE":   "fcgikit",
		"SERVER_NAME":       "example.org",
		"SERVER_PORT":       "8080",
		"REMOTE_ADDR":       "127.0.0.1",
		"REQUEST_METHOD":    "GET",
		"REQUEST_URI":       "/a%20b/c?x=%201",
		"SCRIPT_NAME":       "",
		"PATH_INFO":         "/a b/c",
		"QUERY_STRING":      "x=%201",
		"HTTP_HOST":         "example.org:8080",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// absent is a variable that must not be there.
const absent = "\x00"

func TestMetaVariables(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    Env
		method string
		url    string
		header []string
		length int64
		want   map[string]string
	}{
		{"4.1.2 body", Env{}, "POST", "http://h/", nil, 27, map[string]string{"CONTENT_LENGTH": "27"}},
		{"4.1.2 body of GET", Env{}, "GET", "http://h/", nil, 3, map[string]string{"CONTENT_LENGTH": "3"}},
		{"4.1.2 no body of POST", Env{}, "POST", "http://h/", nil, 0, map[string]string{"CONTENT_LENGTH": "0"}},
		{"4.1.2 no body of PUT", Env{}, "PUT", "http://h/", nil, 0, map[string]string{"CONTENT_LENGTH": "0"}},
		{"4.1.2 no body of HEAD", Env{}, "HEAD", "http://h/", nil, 0, map[string]string{"CONTENT_LENGTH": absent}},
		{"4.1.2 length not known", Env{}, "POST", "http://h/", nil, -1, map[string]string{"CONTENT_LENGTH": absent}},
		{"4.1.2 and 4.1.3 have no HTTP_", Env{}, "POST", "http://h/", []string{"Content-Length", "9", "Content-Type", "a/b", "Content_Type", "c/d"}, 1,
			map[string]string{"CONTENT_LENGTH": "1", "CONTENT_TYPE": "a/b", "HTTP_CONTENT_LENGTH": absent, "HTTP_CONTENT_TYPE": absent}},
		{"4.1.3 none", Env{}, "POST", "http://h/", nil, 1, map[string]string{"CONTENT_TYPE": absent}},
		{"4.1.3 empty", Env{}, "POST", "http://h/", []string{"Content-Type", ""}, 1, map[string]string{"CONTENT_TYPE": ""}},
		{"4.1.5 decoded, its query apart", Env{}, "GET", "http://h/%E4%2f;p?a", nil, 0, map[string]string{"PATH_INFO": "/\xe4/;p", "REQUEST_URI": "/%E4%2f;p?a"}},
		{"4.1.5 script is the path", Env{ScriptName: "/app"}, "GET", "http://h/app", nil, 0, map[string]string{"SCRIPT_NAME": "/app", "PATH_INFO": ""}},
		{"4.1.5 script before a slash", Env{ScriptName: "/app"}, "GET", "http://h/app/a%20b", nil, 0, map[string]string{"SCRIPT_NAME": "/app", "PATH_INFO": "/a b"}},
		{"4.1.5 script before no slash", Env{ScriptName: "/app"}, "GET", "http://h/apple", nil, 0, map[string]string{"SCRIPT_NAME": "/app", "PATH_INFO": "/apple"}},
		{"4.1.5 script elsewhere", Env{ScriptName: "/index.php"}, "GET", "http://h/page", nil, 0, map[string]string{"SCRIPT_NAME": "/index.php", "PATH_INFO": "/page"}},
		{"4.1.5 script with a space", Env{ScriptName: "/a b"}, "GET", "http://h/a%20b/c", nil, 0, map[string]string{"SCRIPT_NAME": "/a b", "PATH_INFO": "/c"}},
		{"4.1.5 no path", Env{}, "GET", "http://h", nil, 0, map[string]string{"PATH_INFO": "/", "REQUEST_URI": "/"}},
		{"4.1.5 a star is a path behind its slash", Env{}, "OPTIONS", "http://h/*", nil, 0, map[string]string{"PATH_INFO": "/*"}},
		{"4.1.6", Env{DocumentRoot: "/srv/"}, "GET", "http://h/a%20b", nil, 0, map[string]string{"DOCUMENT_ROOT": "/srv/", "PATH_TRANSLATED": "/srv/a b"}},
		{"4.1.6 no PATH_INFO", Env{DocumentRoot: "/srv", ScriptName: "/a"}, "GET", "http://h/a", nil, 0, map[string]string{"PATH_TRANSLATED": absent}},
		{"4.1.6 no root", Env{}, "GET", "http://h/a", nil, 0, map[string]string{"PATH_TRANSLATED": absent, "DOCUMENT_ROOT": absent}},
		{"4.1.7 none", Env{}, "GET", "http://h/a", nil, 0, map[string]string{"QUERY_STRING": "", "REQUEST_URI": "/a"}},
		{"4.1.7 empty", Env{}, "GET", "http://h/a?", nil, 0, map[string]string{"QUERY_STRING": "", "REQUEST_URI": "/a?"}},
		{"4.1.7 undecoded", Env{}, "GET", "http://h/?a=%00+%25&b", nil, 0, map[string]string{"QUERY_STRING": "a=%00+%25&b"}},
		{"4.1.8", Env{RemoteAddr: "192.0.2.1", RemotePort: "999"}, "GET", "http://h/", nil, 0, map[string]string{"REMOTE_ADDR": "192.0.2.1", "REMOTE_PORT": "999"}},
		{"4.1.12 unchanged", Env{}, "gEt", "http://h/", nil, 0, map[string]string{"REQUEST_METHOD": "gEt"}},
		{"4.1.12 empty is GET", Env{}, "", "http://h/", nil, 0, map[string]string{"REQUEST_METHOD": "GET"}},
		{"4.1.13 slash at the end", Env{ScriptName: "/"}, "GET", "http://h/a", nil, 0, map[string]string{"SCRIPT_NAME": "", "PATH_INFO": "/a"}},
		{"4.1.13 a file alone", Env{ScriptFilename: "/srv/x.php"}, "GET", "http://h/a", nil, 0, map[string]string{"SCRIPT_NAME": "", "SCRIPT_FILENAME": "/srv/x.php", "PATH_INFO": "/a"}},
		{"4.1.13 no file", Env{ScriptName: "/x.php"}, "GET", "http://h/a", nil, 0, map[string]string{"SCRIPT_FILENAME": absent}},
		{"4.1.14 IPv6", Env{}, "GET", "http://[::1]:81/", nil, 0, map[string]string{"SERVER_NAME": "[::1]", "SERVER_PORT": "81", "HTTP_HOST": "[::1]:81"}},
		{"4.1.14 IPv6 without port", Env{}, "GET", "http://[::1]/", nil, 0, map[string]string{"SERVER_NAME": "[::1]", "SERVER_PORT": "80"}},
		{"4.1.15 default", Env{}, "GET", "http://h/", nil, 0, map[string]string{"SERVER_NAME": "h", "SERVER_PORT": "80", "HTTPS": absent}},
		{"4.1.15 https", Env{}, "GET", "https://h/", nil, 0, map[string]string{"SERVER_PORT": "443", "HTTPS": "on"}},
		{"4.1.17", Env{ServerSoftware: "x/1"}, "GET", "http://h/", nil, 0, map[string]string{"SERVER_SOFTWARE": "x/1"}},
		{"4.1 extra variables", Env{Params: [][2]string{{"A", "1"}, {"A", "2"}, {"B", ""}}}, "GET", "http://h/", nil, 0, map[string]string{"A": "2", "B": ""}},
		{"4.1 names of any bytes", Env{Params: [][2]string{{"\xfe", "1"}, {"\xff", "2"}}}, "GET", "http://h/", nil, 0, map[string]string{"\xfe": "1", "\xff": "2"}},
		{"4.1 replaced", Env{Params: [][2]string{{"SERVER_SOFTWARE", "x"}, {"http_accept", "y"}, {"SCRIPT_NAME", "/"}}}, "GET", "http://h/", []string{"Accept", "z"}, 0,
			map[string]string{"SERVER_SOFTWARE": "x", "HTTP_ACCEPT": absent, "http_accept": "y", "SCRIPT_NAME": "/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, c.method, c.url, c.header...)
			r.Method = c.method
			wantVariables(t, variablesOfRequest(t, &c.env, r, URIOf(r), c.length), c.want)
		})
	}
}

func wantVariables(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, value := range want {
		v, there := got[name]
		if there != (value != absent) || there && v != value {
			t.Errorf("%s is %q (%v), want %q", name, v, there, value)
		}
	}
}

func TestURIStandsBesideTheURLOfASocket(t *testing.T) {
	r := request(t, "GET", "fcgi+unix:/tmp/app.sock:/a?")
	uri := URI{Path: "/a%2fb", Query: "q=%20"}
	wantVariables(t, variablesOfRequest(t, &Env{}, r, uri, 0), map[string]string{
		"REQUEST_URI": "/a%2fb?q=%20", "PATH_INFO": "/a/b", "QUERY_STRING": "q=%20", "HTTP_HOST": "localhost", "SERVER_NAME": "localhost",
	})
	uri.Host = "example.org:81"
	wantVariables(t, variablesOfRequest(t, &Env{}, r, uri, 0), map[string]string{"HTTP_HOST": "example.org:81", "SERVER_PORT": "81"})
	r.Host = "other.example"
	wantVariables(t, variablesOfRequest(t, &Env{}, r, uri, 0), map[string]string{"HTTP_HOST": "other.example", "SERVER_PORT": "80"})
	wantVariables(t, variablesOfRequest(t, &Env{}, r, URI{Path: "*"}, 0), map[string]string{"PATH_INFO": "", "REQUEST_URI": "*?"})
}

func TestHTTPSIsSeenByTLSToo(t *testing.T) {
	r := request(t, "GET", "http://h/")
	r.TLS = &tls.ConnectionState{}
	wantVariables(t, variablesOfRequest(t, &Env{}, r, URIOf(r), 0), map[string]string{"HTTPS": "on", "SERVER_PORT": "443"})
}

func TestHostsThatAreNoneHaveNoPort(t *testing.T) {
	for host, want := range map[string][2]string{
		"h": {"h", ""}, "h:1": {"h", "1"}, "h:": {"h", ""}, "h:x": {"h:x", ""}, "::1": {"::1", ""}, "[::1]": {"[::1]", ""},
		"[::1]:": {"[::1]", ""}, "[::1]:80": {"[::1]", "80"}, "": {"", ""}, ":80": {"", "80"},
	} {
		if name, port := splitHost(host); name != want[0] || port != want[1] {
			t.Errorf("splitHost(%q) = %q, %q, want %q", host, name, port, want)
		}
	}
}

func TestEachEndsWhenYieldIsFalse(t *testing.T) {
	r := request(t, "POST", "http://h/a?b", "Accept", "x", "X-A", "y")
	e := &Env{DocumentRoot: "/srv", Params: [][2]string{{"A", "1"}, {"B", "2"}}}
	all := len(variablesOfRequest(t, e, r, URIOf(r), 1))
	for stop := 1; stop <= all; stop++ {
		calls := 0
		e.Each(r, URIOf(r), 1, func(_, _ string) bool { calls++; return calls < stop })
		if calls != stop {
			t.Errorf("yield is called %d times, want %d", calls, stop)
		}
	}
}

// TestNetHTTPReadsTheSameRequest has net/http/cgi, which knows nothing of this package, read the variables.
func TestNetHTTPReadsTheSameRequest(t *testing.T) {
	r := request(t, "POST", "https://example.org:8443/a%20b/c?x=1&y=%20", "Content-Type", "text/plain", "Accept", "a/b", "X-Some-Thing", "s",
		"Cookie", "a=1", "Cookie", "b=2", "Referer", "http://r/", "User-Agent", "u")
	got, err := cgi.RequestFromMap(variablesOfRequest(t, &Env{RemoteAddr: "192.0.2.7", RemotePort: "5"}, r, URIOf(r), 27))
	if err != nil {
		t.Fatal(err)
	}
	want := r.Header.Clone()
	want["Cookie"] = []string{"a=1; b=2"}
	if got.Method != "POST" || got.URL.String() != r.URL.String() || got.Host != "example.org:8443" || got.ContentLength != 27 ||
		got.RemoteAddr != "192.0.2.7:5" || got.TLS == nil || !reflect.DeepEqual(got.Header, want) {
		t.Errorf("got %+v", got)
	}
}

// TestNetHTTPSetsTheSameVariables compares with the variables that net/http/cgi gives to a program, env in this case.
func TestNetHTTPSetsTheSameVariables(t *testing.T) {
	env, err := exec.LookPath("env")
	if err != nil {
		t.Skip(err)
	}
	for _, target := range []string{"/app/a%20b?x=%20", "/app", "/app/?", "/app/%E4"} {
		r := httptest.NewRequest("POST", "http://example.org:8080"+target, strings.NewReader("abc"))
		for name, value := range map[string]string{"Content-Type": "text/plain", "Cookie": "a=1", "X-Some-Thing": "s", "Proxy": "p"} {
			r.Header.Set(name, value)
		}
		want := environment(t, &cgi.Handler{Path: env, Root: "/app"}, r)
		got := variablesOfRequest(t, &Env{ScriptName: "/app", RemoteAddr: "192.0.2.1", RemotePort: "1234"}, r, URIOf(r), 3)
		for _, name := range []string{
			"GATEWAY_INTERFACE", "SERVER_PROTOCOL", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_PORT", "REQUEST_METHOD", "SCRIPT_NAME",
			"PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_COOKIE", "HTTP_X_SOME_THING", "HTTP_PROXY",
		} {
			if got[name] != want[name] {
				t.Errorf("%s: %s is %q, net/http/cgi has %q", target, name, got[name], want[name])
			}
		}
	}
}

func TestCommonRequestTakesNoMemory(t *testing.T) {
	r := request(t, "GET", "http://example.org:8080/a/b", "Accept", "*/*", "Accept-Encoding", "gzip", "User-Agent", "u", "Cookie", "a=1",
		"X-Vegeta-Seq", "1", "Referer", "r", "Content-Type", "t")
	e := &Env{ScriptName: "/a", ScriptFilename: "/srv/a.php", Params: [][2]string{{"A", "1"}}}
	var bytes int
	uri := URIOf(r)
	count := func() {
		e.Each(r, uri, 0, func(name, value string) bool { bytes += len(name) + len(value); return true })
	}
	if allocs := testing.AllocsPerRun(100, count); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
	r.Header["X-Not-Common"] = []string{"v"}
	if allocs := testing.AllocsPerRun(100, count); allocs != 1 {
		t.Errorf("%v allocations with a header that isn't common, want 1", allocs)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if CheckRequest(r, uri) != nil || e.Check() != nil {
			t.Fatal("refused")
		}
	}); allocs != 0 {
		t.Errorf("%v allocations of the checks, want 0", allocs)
	}
}
