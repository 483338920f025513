package cgi

import (
	"net/http"
	"slices"
	"strings"
)

// headers sets the HTTP_ variables of section 4.1.18, sorted by the names of the headers, so that a request has the same
// bytes whenever it is sent.
func (v *variables) headers(h http.Header, host string) {
	v.set("HTTP_HOST", host)
	var room [usualHeaders]string
	keys := room[:0]
	for key := range h {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if len(h[key]) > 0 && (isPlain(key) || !givesWay(key, keys)) {
			v.header(key, h[key])
		}
	}
}

// usualHeaders is how many are sorted without taking memory. A browser sends 10 to 20.
const usualHeaders = 32

func (v *variables) header(key string, values []string) {
	name, known := knownVariables[key]
	if !known {
		name = variableName(key)
	}
	switch {
	case !isLeftOut(name):
		v.set(name, joined(name, values))
	case !known && sameName(key, "Content-Type"): // in another case than body looks for
		v.set("CONTENT_TYPE", values[0])
	}
}

// joined makes one value of all, as the grammar of the header allows: a list, but for cookies.
func joined(name string, values []string) string {
	if name == "HTTP_COOKIE" {
		return strings.Join(values, "; ")
	}
	return strings.Join(values, ", ")
}

// isLeftOut is true for what is in a variable of its own, for the coding that section 4.2 has removed, for the name that
// CGI programs take for their proxy setting (CVE-2016-5385), and for what vegeta adds for its own sake.
func isLeftOut(name string) bool {
	switch name {
	case "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_HOST", "HTTP_TRANSFER_ENCODING", "HTTP_PROXY":
		return true
	}
	return strings.HasPrefix(name, "HTTP_X_VEGETA_")
}

func variableName(key string) string {
	var b strings.Builder
	b.Grow(len("HTTP_") + len(key))
	b.WriteString("HTTP_")
	for i := range len(key) {
		b.WriteByte(folded(key[i]))
	}
	return b.String()
}

// folded is a byte of a header's name as it is in a variable's.
func folded(c byte) byte {
	if c == '-' {
		return '_'
	}
	return upper(c)
}

// isPlain is true for a name in net/http's canonical form and without an underscore: no two of these make the same
// variable.
func isPlain(key string) bool {
	if _, known := knownVariables[key]; known {
		return true
	}
	return strings.IndexByte(key, '_') < 0 && http.CanonicalHeaderKey(key) == key
}

// givesWay is true for a header that isn't plain when another makes the same variable and is plain, or comes first by
// its bytes: a dash comes before an underscore.
func givesWay(key string, keys []string) bool {
	for _, other := range keys {
		if other != key && sameVariable(key, other) && (isPlain(other) || other < key) {
			return true
		}
	}
	return false
}

func sameVariable(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if folded(a[i]) != folded(b[i]) {
			return false
		}
	}
	return true
}

// knownVariables holds the variables of headers that requests have, so that no memory is taken for their names.
var knownVariables = variablesOf(
	"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Access-Control-Request-Headers",
	"Access-Control-Request-Method", "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Language",
	"Content-Length", "Content-Type", "Cookie", "Date", "Dnt", "Expect", "Forwarded", "From", "Host", "If-Match",
	"If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Max-Forwards", "Origin", "Pragma",
	"Priority", "Proxy", "Proxy-Authorization", "Range", "Referer", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform",
	"Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Te", "Traceparent", "Tracestate", "Trailer",
	"Transfer-Encoding", "Upgrade", "Upgrade-Insecure-Requests", "User-Agent", "Via", "X-Csrf-Token", "X-Forwarded-For",
	"X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-Ip", "X-Request-Id", "X-Requested-With",
	"X-Vegeta-Attack", "X-Vegeta-Seq",
)

func variablesOf(keys ...string) map[string]string {
	m := make(map[string]string, len(keys))
	for _, key := range keys {
		m[key] = variableName(key)
	}
	return m
}
