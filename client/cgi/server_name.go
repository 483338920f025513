package cgi

import (
	"net/http"
	"strings"
)

func hostOf(r *http.Request, uri URI) string {
	switch {
	case r.Host != "":
		return r.Host
	case uri.Host != "":
		return uri.Host
	default:
		return "localhost" // SERVER_NAME must be set (section 4.1.14), HTTP/1.1 must have a Host
	}
}

// splitHost takes "name:port" apart. The brackets around an IPv6 address stay (section 4.1.14). What isn't a port in
// digits is part of the name.
func splitHost(host string) (name, port string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || i < strings.IndexByte(host, ']') {
		return host, ""
	}
	if !isNumber(host[i+1:]) {
		return strings.TrimSuffix(host, ":"), ""
	}
	if host[0] != '[' && strings.IndexByte(host, ':') < i {
		return host, "" // an IPv6 address without its brackets
	}
	return host[:i], host[i+1:]
}

func isHTTPS(r *http.Request) bool {
	return r.TLS != nil || r.URL != nil && r.URL.Scheme == "https"
}

func defaultPort(https bool) string {
	if https {
		return "443"
	}
	return "80"
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
