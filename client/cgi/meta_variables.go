// Package cgi is CGI/1.1 (RFC 3875) as FastCGI and SCGI carry it: the meta-variables of an http.Request (section 4),
// and the CGI answer as status, headers and the place where its body begins (section 6).
//
// Nothing here reads, writes, waits or starts a goroutine.
package cgi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Env is what a request doesn't say of itself: where the script is, and whom the request comes from. The zero value is
// an application at the root, asked from 127.0.0.1.
type Env struct {
	ScriptName     string // SCRIPT_NAME, not URL-encoded; a slash at its end is left out
	ScriptFilename string // SCRIPT_FILENAME, of which php-fpm finds the script; sent only where it is set
	DocumentRoot   string // DOCUMENT_ROOT, and the first part of PATH_TRANSLATED; sent only where it is set
	ServerSoftware string // "" means "fcgikit"
	RemoteAddr     string // "" means "127.0.0.1"; the RemoteAddr of an outgoing http.Request is empty
	RemotePort     string // sent only where it is set

	// Params are more variables, name and value, in this order behind the others. One replaces all that has its name
	// in any case (section 4.1), an earlier one of Params too.
	Params [][2]string
}

// URI is what is asked for, in the form of the wire. It stands beside the http.Request because the URL of a request over
// a unix socket holds the socket's path.
type URI struct {
	Path  string // URL-encoded; "" means "/"
	Query string // URL-encoded, without the "?"
	Host  string // "example.org:8080"; http.Request.Host goes before it, "localhost" is taken where there is no host at all
}

// URIOf is the URI of a request whose URL is an ordinary one.
func URIOf(r *http.Request) URI {
	return URI{Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Host: r.URL.Host}
}

// Each yields the meta-variables of r, each name once and always in the same order, until yield returns false.
// Sections 4.1.1 to 4.1.18.
//
// contentLength is the length of the body in bytes, -1 where it isn't known: then there is no CONTENT_LENGTH. Nor is
// there one for 0, unless a method that means to send something says that it is nothing.
//
// Nothing is checked: see CheckRequest and Env.Check.
func (e *Env) Each(r *http.Request, uri URI, contentLength int64, yield func(name, value string) bool) {
	v := variables{env: e, yield: yield}
	host := hostOf(r, uri)
	v.server(e, r, host)
	v.remote(e)
	v.request(e, r, uri)
	v.body(r, contentLength)
	v.headers(r.Header, host)
	v.params()
}

// variables stops at the first yield that is false and leaves out what Params replace.
type variables struct {
	env   *Env
	yield func(name, value string) bool
	ended bool
}

func (v *variables) set(name, value string) {
	if !v.ended && !isIn(v.env.Params, name) {
		v.ended = !v.yield(name, value)
	}
}

// setIfAny is for the variables that section 4.1 lets be omitted when they are NULL.
func (v *variables) setIfAny(name, value string) {
	if value != "" {
		v.set(name, value)
	}
}

func (v *variables) params() {
	for i, p := range v.env.Params {
		if !v.ended && !isIn(v.env.Params[i+1:], p[0]) {
			v.ended = !v.yield(p[0], p[1])
		}
	}
}

func isIn(params [][2]string, name string) bool {
	for _, p := range params {
		if sameName(p[0], name) {
			return true
		}
	}
	return false
}

// sameName ignores case, of ASCII alone: a name may be any bytes.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if upper(a[i]) != upper(b[i]) {
			return false
		}
	}
	return true
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

// server sets the variables of sections 4.1.4 and 4.1.14 to 4.1.17. HTTPS is the form in which applications expect
// what section 4.1.18 says of a scheme that isn't the protocol.
func (v *variables) server(e *Env, r *http.Request, host string) {
	name, port := splitHost(host)
	https := isHTTPS(r)
	if port == "" {
		port = defaultPort(https)
	}
	v.set("GATEWAY_INTERFACE", "CGI/1.1")
	v.set("SERVER_PROTOCOL", "HTTP/1.1")
	v.set("SERVER_SOFTWARE", or(e.ServerSoftware, "fcgikit"))
	v.set("SERVER_NAME", name)
	v.set("SERVER_PORT", port)
	if https {
		v.set("HTTPS", "on")
	}
}

// remote sets the variable of section 4.1.8. REMOTE_PORT is no part of CGI; all web servers have it.
func (v *variables) remote(e *Env) {
	v.set("REMOTE_ADDR", or(e.RemoteAddr, "127.0.0.1"))
	v.setIfAny("REMOTE_PORT", e.RemotePort)
}

// request sets the variables of sections 4.1.5 to 4.1.7, 4.1.12 and 4.1.13, and the three that php-fpm and others need.
func (v *variables) request(e *Env, r *http.Request, uri URI) {
	path := or(uri.Path, "/")
	scriptName := strings.TrimRight(e.ScriptName, "/")
	pathInfo := pathInfo(path, scriptName)
	v.set("REQUEST_METHOD", or(r.Method, http.MethodGet))
	v.set("REQUEST_URI", requestURI(path, uri.Query, r.URL))
	v.set("SCRIPT_NAME", scriptName)
	v.set("PATH_INFO", pathInfo)
	v.set("QUERY_STRING", uri.Query)
	v.setIfAny("SCRIPT_FILENAME", e.ScriptFilename)
	v.setIfAny("DOCUMENT_ROOT", e.DocumentRoot)
	if e.DocumentRoot != "" && pathInfo != "" {
		v.set("PATH_TRANSLATED", strings.TrimRight(e.DocumentRoot, "/")+pathInfo)
	}
}

// body sets the variables of sections 4.1.2 and 4.1.3.
func (v *variables) body(r *http.Request, contentLength int64) {
	if contentLength > 0 || contentLength == 0 && saysNothing(r.Method) {
		v.set("CONTENT_LENGTH", strconv.FormatInt(contentLength, 10))
	}
	if types := r.Header["Content-Type"]; len(types) > 0 {
		v.set("CONTENT_TYPE", types[0])
	}
}

// saysNothing is true for the methods with which net/http, too, announces a body of no bytes.
func saysNothing(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// pathInfo is the decoded path less scriptName where that is what the path begins with, up to a slash. Section 4.1.5.
func pathInfo(path, scriptName string) string {
	if path == "*" { // of OPTIONS, which asks for no path
		return ""
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	rest, found := strings.CutPrefix(path, scriptName)
	if found && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}

func requestURI(path, query string, u *url.URL) string {
	if query == "" && (u == nil || !u.ForceQuery) {
		return path
	}
	return path + "?" + query
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
