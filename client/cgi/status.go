package cgi

import (
	"net/http"
	"strings"
)

type status struct {
	code int
	text string // "200 OK"
}

// parseStatus reads "404 Not Found" or "404". Section 6.3.3.
func parseStatus(s string) (status, bool) {
	if len(s) < 3 || !isNumber(s[:3]) || s[0] == '0' {
		return status{}, false
	}
	code := int(s[0]-'0')*100 + int(s[1]-'0')*10 + int(s[2]-'0')
	if len(s) == 3 {
		return status{code, statusText(code, s)}, true
	}
	if s[3] != ' ' && s[3] != '\t' {
		return status{}, false
	}
	return status{code, s}, true
}

// statusText is the digits with the reason that net/http knows for them.
func statusText(code int, digits string) string {
	if code == http.StatusOK {
		return "200 OK"
	}
	if reason := http.StatusText(code); reason != "" {
		return digits + " " + reason
	}
	return digits
}

// parseStatusLine reads "HTTP/1.1 200 OK". Section 5.2.
func parseStatusLine(line string) (status, error) {
	version, rest, _ := strings.Cut(line, " ")
	if bad := notFieldValue(line); bad >= 0 {
		return status{}, &SyntaxError{"5.2", int64(bad), "a status line without control bytes", quote(line[bad:])}
	}
	s, ok := parseStatus(strings.Trim(rest, " \t"))
	if !ok {
		return status{}, &SyntaxError{"5.2", int64(len(version)), "a status of three digits from 100 to 999", quote(line)}
	}
	return s, nil
}
