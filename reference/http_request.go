package reference

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
)

// metaVariables are the parameters that an http.Request is made of but for its
// header (RFC 3875 4.1).
type metaVariables struct {
	method, protocol, uri, query, scriptName, pathInfo string
	host, serverName, serverPort                       string
	remoteAddr, remotePort, https                      string
}

// request makes an http.Request of the parameters. An error is net/http's for a
// URI that is none.
func (x *httpExchange) request() (*http.Request, error) {
	if x.r.made.isSound() {
		x.again(x.r.made)
		return &x.req, nil
	}
	m := metaVariables{method: http.MethodGet, protocol: "HTTP/1.1"}
	header := x.readParams(&m)
	u, uri, err := m.url(x.r.Protocol == client.AJP)
	if err != nil {
		return nil, err
	}
	x.isHead = m.method == http.MethodHead
	req := http.Request{Method: m.method, URL: u, RequestURI: uri, Header: header, Host: m.hostOf(u), RemoteAddr: m.remote()}
	req.Proto, req.ProtoMajor, req.ProtoMinor = m.version()
	req.Body, req.ContentLength = x.body()
	if m.isTLS() {
		req.TLS = &tls.ConnectionState{HandshakeComplete: true}
	}
	x.req = *req.WithContext((*httpContext)(x))
	if x.r.repeats {
		x.r.made = keepMade(&x.req)
	}
	return &x.req, nil
}

// usualText is about what the meta-variables need that are no header fields.
const usualText = 128

// readParams takes the parameters apart. All strings are in one allocation, if
// they are as long as usual, and all header values in another.
func (x *httpExchange) readParams(m *metaVariables) http.Header {
	size, fields := usualText, 0
	for _, p := range x.r.Params {
		if isHeader(p.Name) {
			size += len(p.Value)
			fields++
		}
	}
	var text strings.Builder
	text.Grow(size)
	header := headerFields{make(http.Header, fields), make([]string, 0, fields), &text}
	for _, p := range x.r.Params {
		if isHeader(p.Name) {
			header.add(m, p)
		} else if variable := m.named(p.Name); variable != nil {
			*variable = addText(&text, p.Value)
		}
	}
	return header.m
}

// addText is the string of b, in the builder's memory.
func addText(text *strings.Builder, b []byte) string {
	start := text.Len()
	text.Write(b)
	return text.String()[start:]
}

func (m *metaVariables) named(name []byte) *string {
	switch string(name) {
	case "REQUEST_METHOD":
		return &m.method
	case "SERVER_PROTOCOL":
		return &m.protocol
	case "REQUEST_URI":
		return &m.uri
	case "QUERY_STRING":
		return &m.query
	case "SCRIPT_NAME":
		return &m.scriptName
	case "PATH_INFO":
		return &m.pathInfo
	case "SERVER_NAME":
		return &m.serverName
	case "SERVER_PORT":
		return &m.serverPort
	case "REMOTE_ADDR":
		return &m.remoteAddr
	case "REMOTE_PORT", ajp.RemotePort: // the latter is AJP's de facto req_attribute
		return &m.remotePort
	case "HTTPS":
		return &m.https
	}
	return nil
}

func (m *metaVariables) isTLS() bool { return strings.EqualFold(m.https, "on") || m.https == "1" }

// url is REQUEST_URI, else what SCRIPT_NAME and PATH_INFO make. The query is in
// a parameter of its own where the URI has none: always so in AJP.
func (m *metaVariables) url(queryApart bool) (*url.URL, string, error) {
	uri := m.uri
	if uri == "" {
		u := &url.URL{Path: m.scriptName + m.pathInfo, RawQuery: m.query}
		return u, u.RequestURI(), nil
	}
	if m.query != "" && (queryApart || strings.IndexByte(uri, '?') < 0) {
		uri += "?" + m.query
	}
	if path, query, asked := strings.Cut(uri, "?"); isPlainPath(path) && isPlainQuery(query) && asked == (query != "") {
		return &url.URL{Path: path, RawQuery: query}, uri, nil
	}
	u, err := url.ParseRequestURI(uri)
	return u, uri, err
}

// plain are the characters of a path that stand for themselves in whatever way
// it is written (RFC 3986 3.3); url.URL keeps but one form of it then.
var plain = func() (set [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~$&+,/:;=@" {
		set[c] = true
	}
	return set
}()

func isPlainPath(path string) bool {
	for i := range len(path) {
		if !plain[path[i]] {
			return false
		}
	}
	return path != "" && path[0] == '/'
}

// isPlainQuery says that url.ParseRequestURI would take the query as it is.
func isPlainQuery(query string) bool {
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// hostOf is the host of an absolute URI, else the Host header's (RFC 9112 3.3),
// else the server's own.
func (m *metaVariables) hostOf(u *url.URL) string {
	switch {
	case u.Host != "":
		return u.Host
	case m.host != "" || m.serverName == "":
		return m.host
	case m.serverPort == "" || m.serverPort == "80" && !m.isTLS() || m.serverPort == "443" && m.isTLS():
		return m.serverName
	}
	return net.JoinHostPort(strings.Trim(m.serverName, "[]"), m.serverPort)
}

// remote is the browser's address and port; the port is 0 where nothing says it.
func (m *metaVariables) remote() string {
	if m.remotePort == "" {
		m.remotePort = "0"
	}
	return net.JoinHostPort(m.remoteAddr, m.remotePort)
}

func (m *metaVariables) version() (proto string, major, minor int) {
	switch m.protocol {
	case "HTTP/1.1":
		return m.protocol, 1, 1
	case "INCLUDED": // server-side includes (RFC 3875 4.1.16)
		return "HTTP/1.0", 1, 0
	}
	major, minor, ok := http.ParseHTTPVersion(m.protocol)
	if !ok { // HTTP/2 and HTTP/3, as some web servers write them
		major, minor, ok = http.ParseHTTPVersion(m.protocol + ".0")
	}
	if !ok {
		return "HTTP/1.1", 1, 1
	}
	return m.protocol, major, minor
}

// isHeader says that a parameter is a field of the request's header: HTTP_* or
// CONTENT_* (RFC 3875 4.1.18).
func isHeader(name []byte) bool {
	return bytes.HasPrefix(name, []byte("HTTP_")) || string(name) == "CONTENT_TYPE" || string(name) == "CONTENT_LENGTH"
}
