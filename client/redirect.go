package client

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

// keepRedirect makes a redirect that stays on this server a reference to it: see
// RegisterProtocol. It is relative where that is possible: of a relative one
// http.Client keeps Request.Host.
func (x *call) keepRedirect(location string) {
	if location == "" {
		return
	}
	if x.p.target.Network == "unix" {
		x.keepOnSocket(location)
	} else {
		x.keepOnPort(location)
	}
}

// keepOnSocket makes a URL of this socket, which a relative reference could not
// say: a socket's path is the URL's own.
func (x *call) keepOnSocket(location string) {
	to := x.uri()
	base, err := url.Parse("http://" + to.Host + to.Path)
	if err != nil {
		return
	}
	if u, err := base.Parse(location); err == nil && names(u, to.Host) {
		setLocation(x.resp.Header, onSocket(x.p.target, u.RequestURI()), u)
	}
}

// keepOnPort leaves what names no host alone: it is relative to a URL that is
// good already.
func (x *call) keepOnPort(location string) {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return
	}
	if own := x.req.URL.Host; (names(u, x.uri().Host) || names(u, own)) && !x.asksForTLS(u) {
		setLocation(x.resp.Header, "//"+own+u.RequestURI(), u)
	}
}

// asksForTLS is whether all that a redirect changes is the scheme: an application
// wants HTTPS of its web server, and would ask for it for ever.
func (x *call) asksForTLS(u *url.URL) bool {
	uri := x.uri()
	asked := cmp.Or(uri.Path, "/")
	if uri.Query != "" {
		asked += "?" + uri.Query
	}
	return u.Scheme == "https" && u.RequestURI() == asked
}

func setLocation(h http.Header, reference string, u *url.URL) {
	if u.Fragment != "" {
		reference += "#" + u.EscapedFragment()
	}
	h.Set("Location", reference)
}

// names is whether u is an HTTP URL of an authority, where none of the ports, or
// one of them, may be the scheme's own. Without a scheme u is http's.
func names(u *url.URL, authority string) bool {
	port := "80"
	switch u.Scheme {
	case "", "http":
	case "https":
		port = "443"
	default:
		return false
	}
	return strings.EqualFold(withPort(u.Host, port), withPort(authority, port))
}

// withPort is an authority with its port, which may go unsaid.
func withPort(authority, port string) string {
	authority = strings.TrimSuffix(authority, ":")
	if strings.LastIndexByte(authority, ':') > strings.LastIndexByte(authority, ']') {
		return authority
	}
	return authority + ":" + port
}
