package cgi

import (
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Variable is a meta-variable as a protocol carries it.
type Variable struct{ Name, Value string }

// Variables are those of an ordinary request, without the CONTENT_LENGTH, and
// further ones: NAME, VALUE, ... A query steers the probe application.
func Variables(t *suite.T, method, query string, more ...string) []Variable {
	uri := "/fcgikit"
	if query != "" {
		uri += "?" + query
	}
	list := []Variable{
		{"GATEWAY_INTERFACE", "CGI/1.1"}, {"SERVER_PROTOCOL", "HTTP/1.1"}, {"SERVER_SOFTWARE", "fcgikit"},
		{"SERVER_NAME", "localhost"}, {"SERVER_PORT", "80"}, {"REMOTE_ADDR", "127.0.0.1"},
		{"REQUEST_METHOD", method}, {"REQUEST_URI", uri}, {"SCRIPT_NAME", ""}, {"PATH_INFO", "/fcgikit"},
		{"QUERY_STRING", query}, {"HTTP_HOST", "localhost"},
	}
	if method == "POST" {
		list = append(list, Variable{"CONTENT_TYPE", "application/octet-stream"})
	}
	if t.Server.ScriptFilename != "" {
		list = append(list, Variable{"SCRIPT_FILENAME", t.Server.ScriptFilename})
	}
	if t.Server.DocumentRoot != "" {
		list = append(list, Variable{"DOCUMENT_ROOT", t.Server.DocumentRoot})
	}
	for _, p := range t.Server.Params {
		list = append(list, Variable{p[0], p[1]})
	}
	for i := 0; i < len(more); i += 2 {
		list = append(list, Variable{more[i], more[i+1]})
	}
	return list
}

// Arrived ends the case unless the application got every variable as it was
// sent.
func Arrived(t *suite.T, sent []Variable, got map[string]string, check string) {
	for _, v := range sent {
		if value, ok := got[v.Name]; !ok || value != v.Value {
			t.Fail("%s\nexpected %s=%q, got %q (there: %v)", check, v.Name, v.Value, value, ok)
		}
	}
}

// Bytes sends values of all bytes but NUL, each in a request of its own: ask makes
// it, and is the variables that the application got.
func Bytes(t *suite.T, ask func(name, value, check string) map[string]string) {
	const check = "a value of any bytes arrives unchanged"
	const spaced = " \t\r\nbetween\n\r\t "
	if got := ask("FCGIKIT_BYTES", spaced, check)["FCGIKIT_BYTES"]; got != spaced {
		t.Fail("%s\nexpected %q, with space at both ends, the application got %q", check, spaced, got)
	}
	for first := 1; first < 256; first += 51 {
		var value []byte
		for b := first; b < first+51; b++ {
			value = append(value, byte(b))
		}
		if got := ask("FCGIKIT_BYTES", string(value), check)["FCGIKIT_BYTES"]; got != probeapp.CodePoints(string(value)) {
			t.Fail("%s\nexpected the bytes %d to %d, the application got %q", check, first, first+50, got)
		}
	}
}

// EqualsInName ends the case if the variable FCGIKIT_A=B with the value C has
// become another one.
func EqualsInName(t *suite.T, got map[string]string) {
	if value, ok := got["FCGIKIT_A"]; ok {
		t.Fail("a name with = in it becomes no other variable\nsent were the name \"FCGIKIT_A=B\" and the value \"C\": the application got FCGIKIT_A with %q", value)
	}
}
