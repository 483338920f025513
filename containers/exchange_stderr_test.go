package containers

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

// writesErrors wants what the definition says on FastCGI's error stream, and
// nothing in the answer. The other protocols have no such stream.
func writesErrors(t *testing.T, p *Peer) {
	const text = "a line for the error stream"
	c := callerOf(t, p)
	var request, transport strings.Builder
	c.Stderr = &transport
	want := ""
	if p.Variant.Protocol == "fcgi" {
		want = strings.ReplaceAll(p.Definition.Stderr, "TEXT", text)
	}
	query := "size=26&stderr=" + strings.ReplaceAll(text, " ", "%20")

	x := &client.Exchange{Stderr: &request}
	r, err := http.NewRequestWithContext(client.WithExchange(t.Context(), x), http.MethodGet, "http://probe.example/?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != 26 || err != nil {
		t.Errorf("want a body of 26 bytes, got %d: %v", n, err)
	}
	if request.String() != want || x.StderrBytes != int64(len(want)) || transport.Len() > 0 {
		t.Errorf("got %q (%d bytes), want %q", request.String(), x.StderrBytes, want)
	}
	if a := c.ask(t, http.MethodGet, query, nil); len(a.body) != 26 || transport.String() != want {
		t.Errorf("got %q and a body of %d bytes, want %q and 26", transport.String(), len(a.body), want)
	}
	if want == "" && p.Definition.Language == "wsgi" && strings.Count(p.Log(), text) != 2 {
		t.Errorf("the text is not in the server's output, where wsgi.errors goes")
	}
}
