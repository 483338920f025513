package client

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/fcgikit/fcgikit/client/cgi"
)

// unixSuffix marks a URL scheme whose address is a unix socket's path.
const unixSuffix = "+unix"

const urlExample = "expected a URL such as fcgi://127.0.0.1:9000/path?query or fcgi+unix:/tmp/app.sock:/path?query"

// destination is where a request goes and what it asks for there.
type destination struct {
	target Target
	path   string // escaped, begins with a slash (or is "*")
	query  string // as it stands after the question mark
	host   string // the authority, of which SERVER_NAME and Host are made
}

// locate takes a URL of one of the six schemes apart. A colon ends the path of
// a unix socket, as nginx writes it; a colon within it is written %3A.
func locate(u *url.URL) (destination, error) {
	scheme, unix := strings.CutSuffix(u.Scheme, unixSuffix)
	protocol, err := ParseProtocol(scheme)
	if err != nil {
		return destination{}, fmt.Errorf("URL %q: %s", u, urlExample)
	}
	if unix {
		return locateUnix(u, protocol)
	}
	t, err := tcpTarget(u.Host, Target{Protocol: protocol}, u.Host)
	if err != nil {
		return destination{}, fmt.Errorf("URL %q: its host needs a port: %s", u, urlExample)
	}
	return destination{t, pathOf(u), u.RawQuery, u.Host}, nil
}

func locateUnix(u *url.URL, protocol Protocol) (destination, error) {
	rest := u.Opaque // of @abstract and of a relative path
	if rest == "" {
		rest = u.EscapedPath()
	}
	socket, path := rest, ""
	if i := strings.Index(rest, ":"); i >= 0 {
		socket, path = rest[:i], rest[i+1:]
	}
	socket, err := url.PathUnescape(socket)
	if err != nil {
		return destination{}, fmt.Errorf("URL %q: %v: %s", u, err, urlExample)
	}
	t, err := unixTarget(u.String(), Target{Protocol: protocol}, socket)
	if err != nil || u.Host != "" {
		return destination{}, fmt.Errorf("URL %q: no unix socket in it: %s", u, urlExample)
	}
	if path == "" {
		path = "/"
	}
	if !strings.HasPrefix(path, "/") {
		return destination{}, fmt.Errorf("URL %q: the path %q after the socket begins with no slash: %s", u, path, urlExample)
	}
	return destination{t, path, u.RawQuery, "localhost"}, nil
}

func (d destination) uri() cgi.URI { return cgi.URI{Path: d.path, Query: d.query, Host: d.host} }

func pathOf(u *url.URL) string {
	if path := u.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

// onSocket is a reference to uri on a unix socket's target, for a redirect. It
// is relative where that is possible: of a relative one http.Client keeps
// Request.Host.
func onSocket(t Target, uri string) string {
	reference := escapeSocket(t.Address) + ":" + uri
	if strings.HasPrefix(t.Address, "/") {
		return reference
	}
	return string(t.Protocol) + unixSuffix + ":" + reference
}

func escapeSocket(path string) string {
	return strings.NewReplacer("%", "%25", ":", "%3A", "?", "%3F", "#", "%23", " ", "%20").Replace(path)
}
