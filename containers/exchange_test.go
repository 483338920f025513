package containers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// TestExchanges holds the client against every server. A server is started once
// for all checks, which leave it as able to serve as they found it.
func TestExchanges(t *testing.T) {
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Kind != Server {
			continue
		}
		for _, v := range d.Variants() {
			t.Run(d.Name+"/"+v.String(), func(t *testing.T) {
				t.Parallel()
				available(t, d)
				p := started(t, d, v, Options{App: application(t, d)})
				for _, check := range exchanges {
					t.Run(check.what, func(t *testing.T) { check.holds(t, p) })
				}
			})
		}
	}
}

var exchanges = []struct {
	what  string
	holds func(*testing.T, *Peer)
}{
	{"detection", detects},
	{"the contract", keepsContract},
	{"request bodies", takesBodies},
	{"a request body of unknown length", takesUnknownLength},
	{"answers", givesAnswers},
	{"connections that are kept", keepsConnections},
	{"connections that are not kept", closesConnections},
	{"connections that are shared", sharesConnections},
	{"1000 parameters", takesParameters},
	{"the error stream", writesErrors},
	{"no answer in time", servesAfterTimeouts},
	{"a cancelled wait", servesAfterCancelledWait},
	{"a cancelled answer", servesAfterCancelledAnswer},
	{"a cancelled request body", servesAfterCancelledBody},
	{"an unread request body", leavesBodyUnread},
}

// A caller asks a server through connections of its own.
type caller struct{ *client.Transport }

// callerOf gives one that keeps connections where the server does. All that it
// opened must be given back at the end.
func callerOf(t *testing.T, p *Peer) caller {
	t.Helper()
	c := caller{direct(t, p).Transport.(*client.Transport)}
	c.Timeout = 30 * time.Second // nothing here takes two
	c.DisableKeepAlives = p.Definition.Closes
	c.DialContext = acknowledgingAtOnce
	t.Cleanup(func() {
		c.CloseIdleConnections()
		if s := c.Stats(); s.Open != 0 {
			t.Errorf("connections are left: %+v", s)
		}
	})
	return c
}

// A reply is an answer that was read to its end.
type reply struct {
	exchange client.Exchange
	status   int
	header   http.Header
	body     []byte
}

// ask makes a request of which an answer is expected.
func (c caller) ask(t *testing.T, method, query string, body io.Reader) reply {
	t.Helper()
	r, err := c.try(t, method, query, body)
	if err != nil {
		t.Fatalf("%s ?%s: %v", method, query, err)
	}
	return r
}

func (c caller) try(t *testing.T, method, query string, body io.Reader) (reply, error) {
	t.Helper()
	var r reply
	ctx := client.WithExchange(t.Context(), &r.exchange)
	request, err := http.NewRequestWithContext(ctx, method, "http://probe.example/a?"+query, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.RoundTrip(request)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	r.status, r.header = response.StatusCode, response.Header
	r.body, err = io.ReadAll(response.Body)
	return r, err
}

// serves asks for what any server can give.
func (c caller) serves(t *testing.T) {
	t.Helper()
	r := c.ask(t, http.MethodGet, "size=26", nil)
	if r.status != http.StatusOK || !bytes.Equal(r.body, probeapp.Letters(26)) {
		t.Errorf("status %d, body %q", r.status, r.body)
	}
}

// failsBy is whether the server is known to fail the case, which is about the same
// as what is asked here.
func failsBy(t *testing.T, p *Peer, id string) bool {
	t.Helper()
	known, err := expectations(p.Definition, p.Variant)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(known, func(e reports.Expectation) bool { return e.ID == id })
}

func keepsContract(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	var able struct{ Can []string }
	if err := json.Unmarshal(c.ask(t, http.MethodGet, "", nil).body, &able); err != nil {
		t.Fatal(err)
	}
	t.Log("extras: ", able.Can)
	for _, e := range probeapp.Contract {
		if e.Needs != "" && !slices.Contains(able.Can, e.Needs) || e.Needs == "duplex" && failsBy(t, p, "fcgi/6.2/duplex") {
			continue
		}
		r, err := c.try(t, e.Method, e.Query, bytes.NewReader(e.Body))
		if err == nil {
			err = e.Check(r.status, r.header, r.body)
		}
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}
