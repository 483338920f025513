package reference

import (
	"net/http"
	"strings"
)

// headerFields are a request's header being made.
type headerFields struct {
	m      http.Header
	values []string // the memory of all single values
	text   *strings.Builder
}

// add takes an HTTP_* or CONTENT_* parameter.
func (h *headerFields) add(m *metaVariables, p Param) {
	name, known := fieldNames[string(p.Name)]
	if known && name == "" || len(p.Value) == 0 && name == "Content-Length" {
		return
	}
	value := addText(h.text, p.Value)
	if name == "Host" {
		m.host = value
		return
	}
	if !known {
		name = h.canonical(p.Name[len("HTTP_"):])
	}
	if there := h.m[name]; there != nil {
		h.m[name] = append(there, value)
		return
	}
	h.values = append(h.values, value)
	n := len(h.values)
	h.m[name] = h.values[n-1 : n : n]
}

// fieldNames are the usual parameters' fields. Of those without, CONTENT_* has
// the value, or they are of the connection to the browser.
var fieldNames = func() map[string]string {
	names := map[string]string{
		"CONTENT_TYPE": "Content-Type", "CONTENT_LENGTH": "Content-Length",
		"HTTP_CONTENT_TYPE": "", "HTTP_CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "",
		"HTTP_DNT": "Dnt",
	}
	for _, field := range []string{
		"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control",
		"Connection", "Cookie", "Expect", "Forwarded", "Host", "If-Match", "If-Modified-Since", "If-None-Match",
		"If-Range", "If-Unmodified-Since", "Keep-Alive", "Origin", "Pragma", "Priority", "Range", "Referer",
		"Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode",
		"Sec-Fetch-Site", "Sec-Fetch-User", "Te", "Upgrade", "Upgrade-Insecure-Requests", "User-Agent", "Via",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server",
		"X-Real-Ip", "X-Request-Id", "X-Requested-With",
	} {
		names["HTTP_"+strings.ToUpper(strings.ReplaceAll(field, "-", "_"))] = field
	}
	return names
}()

// canonical is net/http's form of a field's name.
func (h *headerFields) canonical(name []byte) string {
	start := h.text.Len()
	upper := true
	for _, c := range name {
		switch {
		case c == '_':
			c = '-'
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case !upper && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		h.text.WriteByte(c)
		upper = c == '-'
	}
	return h.text.String()[start:]
}
