package cgi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func wantSyntax(t *testing.T, err error, section string, offset int64, expected, got string) {
	t.Helper()
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want a *SyntaxError", err)
	}
	if e.Section != section || e.Offset != offset {
		t.Errorf("section %s, offset %d, want section %s, offset %d (%v)", e.Section, e.Offset, section, offset, e)
	}
	if !strings.Contains(e.Expected, expected) {
		t.Errorf("expected %q, want it to have %q", e.Expected, expected)
	}
	if !strings.Contains(e.Got, got) {
		t.Errorf("got %q, want it to have %q", e.Got, got)
	}
}

func TestRequestsThatInjectAreRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*http.Request, *URI)
		section  string
		offset   int64
		expected string // "" when the request is good
		got      string
	}{
		{"good", func(*http.Request, *URI) {}, "", 0, "", ""},
		{"good, all empty", func(r *http.Request, u *URI) { *r, *u = http.Request{}, URI{} }, "", 0, "", ""},
		{"good, bytes of ISO-8859-1", func(r *http.Request, u *URI) { r.Header.Set("A", "\xe4\t"); u.Path = "/\xe4" }, "", 0, "", ""},
		{"good, the server's OPTIONS", func(_ *http.Request, u *URI) { u.Path = "*" }, "", 0, "", ""},
		{"good, a line end that is encoded", func(_ *http.Request, u *URI) { u.Path = "/%0d%0a" }, "", 0, "", ""},
		{"4.1.12 method with a line end", func(r *http.Request, _ *URI) { r.Method = "GET\r\nA: b" }, "4.1.12", 3, "a token", `"\r\nA: b"`},
		{"4.1.12 method with a space", func(r *http.Request, _ *URI) { r.Method = "GET /" }, "4.1.12", 3, "a token", `" /"`},
		{"3.3 path with LF", func(_ *http.Request, u *URI) { u.Path = "/a\nb" }, "3.3", 2, "a path without CR, LF and NUL", `"\nb"`},
		{"3.3 path with NUL", func(_ *http.Request, u *URI) { u.Path = "/\x00" }, "3.3", 1, "a path without CR, LF and NUL", `"\x00"`},
		{"3.3 path without slash", func(_ *http.Request, u *URI) { u.Path = "a" }, "3.3", 0, "begins with a slash", `"a"`},
		{"3.3 path with a bad escape", func(_ *http.Request, u *URI) { u.Path = "/%41%4" }, "3.3", 4, "URL-encoded", `"%4"`},
		{"3.3 path with no hexadecimal digit", func(_ *http.Request, u *URI) { u.Path = "/%4x" }, "3.3", 1, "URL-encoded", `"%4x"`},
		{"4.1.5 path with an encoded NUL", func(_ *http.Request, u *URI) { u.Path = "/a.php%00.gif" }, "4.1.5", 6, "without NUL", `"%00.gif"`},
		{"4.1.7 query with CR", func(_ *http.Request, u *URI) { u.Query = "a=\r" }, "4.1.7", 2, "a query", `"\r"`},
		{"4.1.14 host with NUL", func(r *http.Request, _ *URI) { r.Host = "h\x00" }, "4.1.14", 1, "a host", `"\x00"`},
		{"4.1.14 host of the URL with LF", func(_ *http.Request, u *URI) { u.Host = "h\n" }, "4.1.14", 1, "a host", `"\n"`},
		{"4.1.18 name with a line end", func(r *http.Request, _ *URI) { r.Header["A\r\nB"] = []string{"x"} }, "4.1.18", 1, "a token", `"\r\nB"`},
		{"4.1.18 name with =", func(r *http.Request, _ *URI) { r.Header["A=B"] = []string{"x"} }, "4.1.18", 1, "a token", `"=B"`},
		{"4.1.18 name with a colon", func(r *http.Request, _ *URI) { r.Header["A:"] = []string{"x"} }, "4.1.18", 1, "a token", `":"`},
		{"4.1.18 empty name", func(r *http.Request, _ *URI) { r.Header[""] = []string{"x"} }, "4.1.18", 0, "at least one byte", "an empty name"},
		{"4.1.18 value with NUL", func(r *http.Request, _ *URI) { r.Header["A"] = []string{"x", "ab\x00"} }, "4.1.18", 2, "header A without CR, LF and NUL", `"\x00"`},
		{"4.1.18 value with CR LF", func(r *http.Request, _ *URI) { r.Header["A"] = []string{"x\r\nB: c"} }, "4.1.18", 1, "header A without CR, LF and NUL", `"\r\nB: c"`},
		{"4.1.18 the first of two", func(r *http.Request, _ *URI) { r.Header["B"], r.Header["A"] = []string{"\r"}, []string{"\n"} }, "4.1.18", 0, "header A ", `"\n"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, u := request(t, "GET", "fcgi+unix:/tmp/s:/a", "Accept", "x"), URI{Path: "/a%20b", Query: "x=1"}
			c.change(r, &u)
			err := CheckRequest(r, u)
			if c.expected == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantSyntax(t, err, c.section, c.offset, c.expected, c.got)
		})
	}
}

func TestEnvRefusesWhatSCGICannotCarry(t *testing.T) {
	for _, c := range []struct {
		env      Env
		offset   int64
		expected string
	}{
		{Env{ScriptName: "/a\x00"}, 2, "SCRIPT_NAME without NUL"},
		{Env{RemotePort: "\x00"}, 0, "REMOTE_PORT without NUL"},
		{Env{Params: [][2]string{{"A", "ok"}, {"", "v"}}}, 0, "at least one byte"},
		{Env{Params: [][2]string{{"A\x00", "v"}}}, 1, "a variable name without NUL"},
		{Env{Params: [][2]string{{"A", "v\x00w"}}}, 1, "A without NUL"},
	} {
		wantSyntax(t, c.env.Check(), "4.1", c.offset, c.expected, "")
	}
	if err := (&Env{Params: [][2]string{{"A", ""}, {"x y", "\r\n"}}}).Check(); err != nil {
		t.Error(err)
	}
}

func TestErrorIsOneLineWithOffsetAndSection(t *testing.T) {
	err := CheckHeaders(http.Header{"A": {"b\r\nC: d"}})
	const want = `cgi: offset 1: expected a value of header A without CR, LF and NUL, got "\r\nC: d" (RFC 3875 section 4.1.18)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
