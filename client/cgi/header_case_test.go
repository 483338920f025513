package cgi

import "testing"

// TestContentTypeInAnyCase is about keys that net/http would have made canonical.
func TestContentTypeInAnyCase(t *testing.T) {
	for name, test := range map[string]struct {
		header []string
		env    Env
		want   string
	}{
		"small":                 {[]string{"content-type", "a/b"}, Env{}, "a/b"},
		"capitals":              {[]string{"CONTENT-TYPE", "a/b", "CONTENT-TYPE", "c/d"}, Env{}, "a/b"},
		"canonical goes before": {[]string{"content-type", "a/b", "Content-Type", "c/d"}, Env{}, "c/d"},
		"the first by bytes":    {[]string{"content-type", "a/b", "CONTENT-type", "c/d"}, Env{}, "c/d"},
		"Params go before":      {[]string{"content-type", "a/b"}, Env{Params: [][2]string{{"CONTENT_TYPE", "c/d"}}}, "c/d"},
		"another header's name": {[]string{"Content_Type", "a/b"}, Env{}, ""},
	} {
		r := request(t, "POST", "fcgi://example.org:8080/", test.header...)
		got := variablesOfRequest(t, &test.env, r, URIOf(r), 3)
		if got["CONTENT_TYPE"] != test.want || got["CONTENT_LENGTH"] != "3" {
			t.Errorf("%s: %q, want %q", name, got["CONTENT_TYPE"], test.want)
		}
		if _, has := got["HTTP_CONTENT_TYPE"]; has {
			t.Errorf("%s: HTTP_CONTENT_TYPE is set", name)
		}
	}
}

func TestLengthAndHostInAnyCaseAreTheirOwn(t *testing.T) {
	r := request(t, "POST", "fcgi://example.org:8080/", "content-length", "99", "host", "evil", "transfer-encoding", "chunked")
	got := variablesOfRequest(t, &Env{}, r, URIOf(r), 3)
	if got["CONTENT_LENGTH"] != "3" || got["HTTP_HOST"] != "example.org:8080" || got["HTTP_TRANSFER_ENCODING"] != "" {
		t.Errorf("%v", got)
	}
}
