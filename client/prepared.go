package client

import (
	"net/http"
	"net/url"
	"strings"
)

// prepared is a request's head as it goes on the wire, and what it was made of.
// A load is the same request over and over: the next one that is alike is sent
// as the same bytes, and need not be checked again.
type prepared struct {
	method, host string
	url          url.URL
	secure       bool
	length       int64
	headers      []headerField
	head         []byte
	whole        []byte // FastCGI's request without a body
}

type headerField struct{ name, value string }

// maxPrepared is longer than the heads that a load repeats, and short enough to
// be copied on suspicion.
const maxPrepared = 4 << 10

// prepareEvery is how often, among requests unlike the last one, a head is kept:
// a load's is found soon, and requests that differ hardly pay for it.
const prepareEvery = 8

// preparedFor is the last request's head where this is the same request, which
// goes to the same target then.
func (p *pool) preparedFor(req *http.Request) *prepared {
	h := p.prepared.Load()
	if h == nil || h.method != req.Method || h.host != req.Host || !sameURL(&h.url, req.URL) || h.secure != isSecure(req) ||
		len(h.headers) != len(req.Header) && len(h.headers) != sentHeaders(req.Header) {
		return nil
	}
	for i := range h.headers {
		values := req.Header[h.headers[i].name]
		if len(values) != 1 || values[0] != h.headers[i].value {
			return nil
		}
	}
	return h
}

// sameURL says that two URLs are the same in all that finds a target and what is
// asked of it.
func sameURL(a, b *url.URL) bool {
	return a.Path == b.Path && a.RawQuery == b.RawQuery && a.Host == b.Host && a.Scheme == b.Scheme &&
		a.Opaque == b.Opaque && a.RawPath == b.RawPath && a.ForceQuery == b.ForceQuery
}

func isSecure(r *http.Request) bool { return r.TLS != nil || r.URL.Scheme == "https" }

// sentHeaders counts the headers that go on the wire: vegeta's don't.
func sentHeaders(h http.Header) int {
	n := len(h)
	if _, ok := h["X-Vegeta-Seq"]; ok {
		n--
	}
	if _, ok := h["X-Vegeta-Attack"]; ok {
		n--
	}
	return n
}

// prepare copies a head for requests that are the same; nil where it is not to be
// kept.
func (p *pool) prepare(x *call, head []byte) *prepared {
	if p.unlike.Add(1)%prepareEvery != 1 || len(head) > maxPrepared {
		return nil
	}
	h := &prepared{method: x.req.Method, host: x.req.Host, url: *x.req.URL, secure: isSecure(x.req), length: x.length}
	for name, values := range x.req.Header {
		switch {
		case name == "X-Vegeta-Seq" || name == "X-Vegeta-Attack":
		case len(values) != 1 || strings.HasPrefix(name, "X-Vegeta-"):
			return nil
		default:
			h.headers = append(h.headers, headerField{name, values[0]})
		}
	}
	h.head = append(h.head, head...)
	return h
}
