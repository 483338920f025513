package reference

import (
	"context"
	"crypto/tls"
	"maps"
	"net/http"
	"slices"
)

// madeHTTP is an http.Request to copy, where the same request comes again.
// Handlers change what they get, though they should not, so each one's header
// and URL are its own. Only the values' memory is shared: a handler that writes
// there, rather than to Set a field, is found out, and the request made anew.
type madeHTTP struct {
	req    http.Request
	values []string // of the header's fields: the shared memory
	were   []string
}

// keepMade keeps a request without a body whose header has each field once.
func keepMade(req *http.Request) *madeHTTP {
	if req.Body != http.NoBody {
		return nil
	}
	m := &madeHTTP{req: *req.WithContext(context.Background()), values: make([]string, 0, len(req.Header))}
	m.req.Header = make(http.Header, len(req.Header))
	for name, values := range req.Header {
		if len(values) != 1 {
			return nil
		}
		m.values = append(m.values, values[0])
		n := len(m.values)
		m.req.Header[name] = m.values[n-1 : n : n]
	}
	u := *req.URL
	m.req.URL, m.were = &u, slices.Clone(m.values)
	return m
}

func (m *madeHTTP) isSound() bool { return m != nil && slices.Equal(m.values, m.were) }

// again makes the request of one that was the same.
func (x *httpExchange) again(m *madeHTTP) {
	x.req, x.url = *m.req.WithContext((*httpContext)(x)), *m.req.URL
	x.req.URL, x.req.Header = &x.url, maps.Clone(m.req.Header)
	if m.req.TLS != nil {
		x.req.TLS = &tls.ConnectionState{HandshakeComplete: true}
	}
	x.isHead = m.req.Method == http.MethodHead
}
