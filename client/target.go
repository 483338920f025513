// Package client speaks FastCGI, SCGI and AJP/1.3 to application servers as an
// http.RoundTripper, so that any http.Client can. It finds out which of the
// three a server speaks, too.
//
//	t := &http.Transport{}
//	new(client.Transport).RegisterProtocol(t)
//	c := &http.Client{Transport: t}
//	c.Get("fcgi+unix:/tmp/app.sock:/path?query")
package client

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Protocol names a protocol as Django's runfcgi did. The zero value is one that
// is not known yet.
type Protocol string

const (
	FastCGI Protocol = "fcgi"
	SCGI    Protocol = "scgi"
	AJP     Protocol = "ajp"
)

// Protocols are all three, in the order in which they are listed everywhere.
var Protocols = []Protocol{FastCGI, SCGI, AJP}

// ParseProtocol takes fcgi, scgi or ajp.
func ParseProtocol(s string) (Protocol, error) {
	for _, p := range Protocols {
		if s == string(p) {
			return p, nil
		}
	}
	return "", fmt.Errorf("%q is no protocol: expected fcgi, scgi or ajp", s)
}

// Target is a server's address, with its protocol where that is known. Targets
// compare with ==.
type Target struct {
	Protocol Protocol
	Network  string // "unix" or "tcp"
	Address  string // a path, @name for an abstract socket, or host:port
}

const targetExample = "expected a target such as unix:/tmp/app.sock, 127.0.0.1:9000 or fcgi+unix:/tmp/app.sock"

func badTarget(s, why string) error {
	return fmt.Errorf("target %q: %s: %s", s, why, targetExample)
}

// ParseTarget reads a target:
//
//	unix:/tmp/app.sock  /tmp/app.sock  unix:@abstract
//	127.0.0.1:9000  localhost:9000  :9000  tcp:[::1]:9000
//	fcgi+unix:/tmp/app.sock  scgi://127.0.0.1:4000  ajp://127.0.0.1:8009
//
// A port without a host is one of 127.0.0.1. The error shows a right example.
func ParseTarget(s string) (Target, error) {
	t := Target{}
	rest := s
	for _, p := range Protocols {
		if after, ok := cutScheme(s, string(p)); ok {
			t.Protocol, rest = p, after
		}
	}
	switch {
	case rest == "":
		return Target{}, badTarget(s, "it has no address")
	case strings.HasPrefix(rest, "unix:") && strings.Contains(rest[len("unix:"):], ":/"):
		return Target{}, badTarget(s, "it has a path behind its socket, which belongs to a request")
	case strings.HasPrefix(rest, "unix:"):
		return unixTarget(s, t, strings.TrimPrefix(rest, "unix:"))
	case strings.HasPrefix(rest, "tcp:"):
		return tcpTarget(s, t, strings.TrimPrefix(strings.TrimPrefix(rest, "tcp:"), "//"))
	case looksLikePath(rest):
		return unixTarget(s, t, rest)
	}
	return tcpTarget(s, t, rest)
}

// looksLikePath holds for what has a slash, but for what is a URL's host and
// path: there the slash follows a port.
func looksLikePath(s string) bool {
	if strings.HasPrefix(s, "@") {
		return true
	}
	first, _, slash := strings.Cut(s, "/")
	if !slash || strings.Contains(s, "://") {
		return false
	}
	_, port, err := net.SplitHostPort(first)
	return err != nil || !isPort(port)
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// cutScheme takes "fcgi+", "fcgi://" or "fcgi:" off the front.
func cutScheme(s, scheme string) (rest string, ok bool) {
	for _, sep := range []string{"+", "://", ":"} {
		if rest, ok := strings.CutPrefix(s, scheme+sep); ok {
			return rest, true
		}
	}
	return "", false
}

// maxUnixPath is what Linux's sockaddr_un holds less the final NUL; a longer
// path fails in connect with "invalid argument", which tells nobody why.
const maxUnixPath = 107

func unixTarget(s string, t Target, path string) (Target, error) {
	if strings.HasPrefix(path, "//") { // of unix:///tmp/app.sock
		path = "/" + strings.TrimLeft(path, "/")
	}
	switch {
	case path == "" || path == "@":
		return Target{}, badTarget(s, "the socket has no path")
	case len(path) > maxUnixPath:
		return Target{}, badTarget(s, fmt.Sprintf("the socket's path has %d bytes, %d are possible", len(path), maxUnixPath))
	case strings.ContainsAny(path, "\x00\r\n"):
		return Target{}, badTarget(s, "the socket's path has a control character")
	}
	t.Network, t.Address = "unix", path
	return t, nil
}

func tcpTarget(s string, t Target, address string) (Target, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.Contains(port, "/") {
		return Target{}, badTarget(s, "it has a path behind its port, which belongs to a request")
	}
	if err != nil {
		if strings.Contains(err.Error(), "missing port") {
			return Target{}, badTarget(s, "it has no port, and no slash that would make it a socket's path")
		}
		return Target{}, badTarget(s, "it is neither host:port nor a socket's path")
	}
	if !isPort(port) {
		return Target{}, badTarget(s, fmt.Sprintf("%q is no port from 1 to 65535", port))
	}
	if strings.ContainsAny(host, "/ \x00\r\n") {
		return Target{}, badTarget(s, fmt.Sprintf("%q is no host", host))
	}
	if host == "" {
		host = "127.0.0.1"
	}
	t.Network, t.Address = "tcp", net.JoinHostPort(host, port)
	return t, nil
}

// String is the target in the form that ParseTarget reads.
func (t Target) String() string {
	switch {
	case t.Network == "unix" && t.Protocol == "":
		return "unix:" + t.Address
	case t.Network == "unix":
		return string(t.Protocol) + "+unix:" + t.Address
	case t.Protocol == "":
		return t.Address
	}
	return string(t.Protocol) + "://" + t.Address
}
