package cgi

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestProtocolVariablesOfSection4_1_18(t *testing.T) {
	for _, c := range []struct {
		name   string
		header http.Header
		want   map[string]string
	}{
		{"upper case, dashes", http.Header{"Accept-Language": {"de"}, "X-A.b": {"1"}}, map[string]string{"HTTP_ACCEPT_LANGUAGE": "de", "HTTP_X_A.B": "1"}},
		{"several values", http.Header{"X-A": {"1", "2", "3"}}, map[string]string{"HTTP_X_A": "1, 2, 3"}},
		{"several cookies", http.Header{"Cookie": {"a=1", "b=2"}}, map[string]string{"HTTP_COOKIE": "a=1; b=2"}},
		{"cookies in other case", http.Header{"cookie": {"a=1", "b=2"}}, map[string]string{"HTTP_COOKIE": "a=1; b=2"}},
		{"no value", http.Header{"X-A": {}}, map[string]string{"HTTP_X_A": absent}},
		{"empty value", http.Header{"X-A": {""}}, map[string]string{"HTTP_X_A": ""}},
		{"credentials are the caller's wish", http.Header{"Authorization": {"Basic x"}}, map[string]string{"HTTP_AUTHORIZATION": "Basic x"}},
		{"coding of the content", http.Header{"Content-Encoding": {"gzip"}}, map[string]string{"HTTP_CONTENT_ENCODING": "gzip"}},
		{"coding of the transfer", http.Header{"Transfer-Encoding": {"chunked"}, "transfer_encoding": {"x"}}, map[string]string{"HTTP_TRANSFER_ENCODING": absent}},
		{"proxy", http.Header{"Proxy": {"http://evil"}}, map[string]string{"HTTP_PROXY": absent}},
		{"proxy in other case", http.Header{"pROXY": {"http://evil"}}, map[string]string{"HTTP_PROXY": absent, "HTTP_pROXY": absent}},
		{"proxy authorization is another", http.Header{"Proxy-Authorization": {"x"}}, map[string]string{"HTTP_PROXY_AUTHORIZATION": "x"}},
		{"host", http.Header{"Host": {"evil"}, "host": {"evil"}}, map[string]string{"HTTP_HOST": "h"}},
		{"vegeta's", http.Header{"X-Vegeta-Seq": {"1"}, "X-Vegeta-Attack": {"a"}, "x-vegeta-other": {"o"}},
			map[string]string{"HTTP_X_VEGETA_SEQ": absent, "HTTP_X_VEGETA_ATTACK": absent, "HTTP_X_VEGETA_OTHER": absent}},
		{"dash before underscore", http.Header{"X_Foo": {"under"}, "X-Foo": {"dash"}}, map[string]string{"HTTP_X_FOO": "dash"}},
		{"dash before underscore in a common name", http.Header{"User_agent": {"under"}, "User-Agent": {"dash"}}, map[string]string{"HTTP_USER_AGENT": "dash"}},
		{"underscore alone", http.Header{"X_foo": {"under"}}, map[string]string{"HTTP_X_FOO": "under"}},
		{"canonical before others", http.Header{"X-FOO": {"upper"}, "X-Foo": {"canonical"}, "x-foo": {"lower"}}, map[string]string{"HTTP_X_FOO": "canonical"}},
		{"none of two is plain", http.Header{"x_a-b": {"2"}, "x-a_b": {"1"}}, map[string]string{"HTTP_X_A_B": "1"}},
		{"the same length is not the same name", http.Header{"X_b": {"b"}, "X-C": {"c"}}, map[string]string{"HTTP_X_B": "b", "HTTP_X_C": "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, "GET", "http://h/")
			r.Header = c.header
			wantVariables(t, variablesOfRequest(t, &Env{}, r, URIOf(r), 0), c.want)
		})
	}
}

func TestVariablesAreInTheSameOrderEachTime(t *testing.T) {
	r := request(t, "GET", "http://h/")
	for i := range 50 {
		r.Header["X-"+string(rune('A'+i%26))+strings.Repeat("x", i/26)] = []string{"v"}
	}
	order := func() (names []string) {
		(&Env{}).Each(r, URIOf(r), 0, func(name, _ string) bool { names = append(names, name); return true })
		return names
	}
	first := order()
	for range 20 {
		if again := order(); !slices.Equal(again, first) {
			t.Fatalf("%q, then %q", first, again)
		}
	}
}

func TestKnownVariablesArePlain(t *testing.T) {
	for key := range knownVariables {
		if http.CanonicalHeaderKey(key) != key || strings.Contains(key, "_") {
			t.Errorf("%q is not in net/http's form or has an underscore", key)
		}
	}
}

// FuzzEach: what CheckRequest lets through makes each variable once, and no name or value that SCGI can't carry.
func FuzzEach(f *testing.F) {
	f.Add("GET", "/a%20b", "x=1", "h:80", "X-A", "X_A", "1", "/a")
	f.Add("", "", "", "", "x-a", "X-A", "", "/")
	f.Add("POST", "/%00", "\r\n", "[::1]", "Proxy", "proxy", "\x00", "")
	f.Fuzz(func(t *testing.T, method, path, query, host, key, other, value, script string) {
		r := &http.Request{Method: method, Host: host, Header: http.Header{key: {value}, other: {value, value}}}
		uri := URI{Path: path, Query: query}
		e := &Env{ScriptName: script}
		got := variablesOfRequest(t, e, r, uri, 1)
		if CheckRequest(r, uri) != nil || e.Check() != nil {
			return
		}
		for name, value := range got {
			if name == "" || strings.ContainsAny(name, "\x00=\r\n ") || strings.Contains(value, "\x00") {
				t.Errorf("%q is %q", name, value)
			}
		}
	})
}
