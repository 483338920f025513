package cgi

import (
	"net/http"
	"net/url"
	"strings"
)

// CheckRequest refuses a request that would say something else on the other side than it says here: CheckHeaders, a
// method that is no token, CR, LF or NUL in the path, the query or the host, a path that isn't URL-encoded or in which
// %00 stands, where C programs and SCGI end a value. net/http checks none of this for the schemes of other transports.
// The error is a *SyntaxError.
func CheckRequest(r *http.Request, uri URI) error {
	if at := notToken(r.Method); r.Method != "" && at >= 0 {
		return &SyntaxError{"4.1.12", int64(at), "a method that is a token", quote(r.Method[at:])}
	}
	if err := checkPath(uri.Path); err != nil {
		return err
	}
	if err := checkLine("4.1.7", "a query", uri.Query); err != nil {
		return err
	}
	if err := checkLine("4.1.14", "a host", hostOf(r, uri)); err != nil {
		return err
	}
	return CheckHeaders(r.Header)
}

func checkPath(path string) error {
	if err := checkLine("3.3", "a path", path); err != nil {
		return err
	}
	if path != "" && path[0] != '/' && path != "*" {
		return &SyntaxError{"3.3", 0, "a path that begins with a slash", quote(path)}
	}
	if at := badEscape(path); at >= 0 {
		return &SyntaxError{"3.3", int64(at), "a URL-encoded path", quote(path[at:])}
	}
	if at := strings.Index(path, "%00"); at >= 0 {
		return &SyntaxError{"4.1.5", int64(at), "a path without NUL", quote(path[at:])}
	}
	return nil
}

// badEscape is the offset of the first "%" behind which there aren't two hexadecimal digits, or -1.
func badEscape(path string) int {
	if _, err := url.PathUnescape(path); err == nil {
		return -1
	}
	for i := range len(path) {
		if path[i] == '%' && (i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2])) {
			return i
		}
	}
	return -1
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// CheckHeaders refuses a name that is no token and a value with CR, LF or NUL. Of several bad headers it names the first
// by its bytes. The error is a *SyntaxError. Section 4.1.18.
func CheckHeaders(h http.Header) error {
	var first error
	var where string
	for name, values := range h {
		if first != nil && name > where {
			continue
		}
		if err := checkHeader(name, values); err != nil {
			first, where = err, name
		}
	}
	return first
}

func checkHeader(name string, values []string) error {
	if name == "" {
		return &SyntaxError{"4.1.18", 0, "a header name of at least one byte", "an empty name"}
	}
	if at := notToken(name); at >= 0 {
		return &SyntaxError{"4.1.18", int64(at), "a header name that is a token", quote(name[at:])}
	}
	for _, value := range values {
		if at := breaksLine(value); at >= 0 {
			return &SyntaxError{"4.1.18", int64(at), "a value of header " + name + " without CR, LF and NUL", quote(value[at:])}
		}
	}
	return nil
}

// Check refuses a name in Params that is empty, and NUL in a name or a value. The error is a *SyntaxError. Section 4.1.
func (e *Env) Check() error {
	fields := [...][2]string{
		{"SCRIPT_NAME", e.ScriptName}, {"SCRIPT_FILENAME", e.ScriptFilename}, {"DOCUMENT_ROOT", e.DocumentRoot},
		{"SERVER_SOFTWARE", e.ServerSoftware}, {"REMOTE_ADDR", e.RemoteAddr}, {"REMOTE_PORT", e.RemotePort},
	}
	for _, f := range fields {
		if err := checkParam(f); err != nil {
			return err
		}
	}
	for _, p := range e.Params {
		if err := checkParam(p); err != nil {
			return err
		}
	}
	return nil
}

func checkParam(p [2]string) error {
	name, value := p[0], p[1]
	if name == "" {
		return &SyntaxError{"4.1", 0, "a variable name of at least one byte", "an empty name, with the value " + quote(value)}
	}
	if at := strings.IndexByte(name, 0); at >= 0 {
		return &SyntaxError{"4.1", int64(at), "a variable name without NUL", quote(name)}
	}
	if at := strings.IndexByte(value, 0); at >= 0 {
		return &SyntaxError{"4.1", int64(at), "a value of " + name + " without NUL", quote(value[at:])}
	}
	return nil
}

func checkLine(section, what, s string) error {
	if at := breaksLine(s); at >= 0 {
		return &SyntaxError{section, int64(at), what + " without CR, LF and NUL", quote(s[at:])}
	}
	return nil
}

// breaksLine is the offset of the first CR, LF or NUL, or -1.
func breaksLine(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' && (c == '\r' || c == '\n' || c == 0) {
			return i
		}
	}
	return -1
}

// notToken is the offset of the first byte that can't be in a token (section 2.2), or -1.
func notToken(s string) int {
	for i := range len(s) {
		if !isTokenByte[s[i]] {
			return i
		}
	}
	return -1
}

var isTokenByte = func() (table [256]bool) {
	for c := byte('!'); c < 0x7f; c++ {
		table[c] = strings.IndexByte("()<>@,;:\\\"/[]?={}", c) < 0
	}
	return table
}()
