package client_test

import (
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// A head is sent again only for a request that is the same in all that it says.
func TestARequestUnlikeTheLastIsSentAsItIs(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		got := make(chan request, 1)
		tr := serve(t, p, func(_ int, c *peer) {
			for {
				r, ok := c.receive(p)
				if !ok {
					return
				}
				if p == client.AJP {
					r.params["METHOD"] = r.forward.HTTPMethod()
					r.params["URI"] = string(r.forward.ReqURI)
					r.params["SSL"] = string(rune('0' + r.forward.IsSSL))
					for _, a := range r.forward.Attributes {
						r.params["query"] = string(a.Value)
					}
				}
				got <- r
				if c.send(plainAnswer(p, r.id, "")) != nil || p == client.SCGI {
					return
				}
			}
		}).transport(t)
		ask := func(change func(*http.Request)) map[string]string {
			req := newRequest(t, "POST", "http://example.org/path?query", strings.NewReader("body"))
			req.Header = http.Header{"X-A": {"a"}, "X-B": {"b"}}
			change(req)
			if _, _, err := do(tr, req); err != nil {
				t.Fatal(err)
			}
			return (<-got).params
		}
		same := func(*http.Request) {}
		plain := ask(same)
		for range 20 {
			if again := ask(same); !maps.Equal(again, plain) {
				t.Fatalf("%v became %v", plain, again)
			}
		}
		for name, change := range map[string]func(*http.Request){
			"method":         func(r *http.Request) { r.Method = "PUT" },
			"path":           func(r *http.Request) { r.URL.Path = "/other" },
			"query":          func(r *http.Request) { r.URL.RawQuery = "other" },
			"host":           func(r *http.Request) { r.Host = "www.example.org" },
			"length":         func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("b")), 1 },
			"a value":        func(r *http.Request) { r.Header["X-B"] = []string{"c"} },
			"a second value": func(r *http.Request) { r.Header["X-B"] = []string{"b", "c"} },
			"escapes":        func(r *http.Request) { r.URL.RawPath = "/p%61th" },
			"a name":         func(r *http.Request) { delete(r.Header, "X-B"); r.Header["X-C"] = []string{"b"} },
			"one less":       func(r *http.Request) { delete(r.Header, "X-B") },
			"one more":       func(r *http.Request) { r.Header["X-C"] = []string{"c"} },
			"TLS":            func(r *http.Request) { r.TLS = new(tls.ConnectionState) },
		} {
			if other := ask(change); maps.Equal(other, plain) {
				t.Errorf("another %s is sent as %v", name, other)
			}
			if again := ask(same); !maps.Equal(again, plain) {
				t.Errorf("after another %s: %v", name, again)
			}
		}
		vegeta := func(r *http.Request) {
			r.Header["X-Vegeta-Seq"], r.Header["X-Vegeta-Attack"] = []string{"1"}, []string{"a"}
		}
		if again := ask(vegeta); !maps.Equal(again, plain) {
			t.Errorf("vegeta's headers are sent: %v", again)
		}
	})
}

func TestARequestThatWouldSmuggleIsRefusedAfterGoodOnesToo(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := serve(t, p, echo(p)).transport(t)
		req := newRequest(t, "GET", "http://example.org/", nil)
		req.Header.Set("X-A", "b")
		for range 20 {
			if _, _, err := do(tr, req); err != nil {
				t.Fatal(err)
			}
		}
		req.Header["X-A"] = []string{"b\r\nX-B: c"}
		if _, _, err := do(tr, req); err == nil {
			t.Error("it is sent")
		}
	})
}

// A request without a body is sent as bytes that all connections share: they
// keep their flags, whatever one connection's last request has.
func TestARepeatedRequestClearsKeepConnOnlyWhereItIsTheConnectionsLast(t *testing.T) {
	const each, connections = 12, 3
	got := make(chan request, 1)
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			got <- r
			c.send(fcgiAnswer(r.id, okHead+"x"))
			if r.flags&fcgi.KeepConn == 0 {
				return
			}
		}
	}).transport(t)
	tr.MaxRequestsPerConn = each
	var params map[string]string
	for n := 1; n <= each*connections; n++ {
		if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/path?query", nil)); err != nil {
			t.Fatal(err)
		}
		r := <-got
		if params == nil {
			params = r.params
		}
		if !maps.Equal(r.params, params) {
			t.Fatalf("request %d: %v became %v", n, params, r.params)
		}
		if kept, want := r.flags&fcgi.KeepConn != 0, n%each != 0; kept != want {
			t.Errorf("request %d: KEEP_CONN is %v, expected %v", n, kept, want)
		}
	}
}
