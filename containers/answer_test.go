package containers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// An answer is what is looked at of the probe application's.
type answer struct {
	Probe    int
	Server   string
	Protocol string
	Method   string
	Params   map[string]string
}

// ask gets the answer, which has to be the probe application's.
func ask(c *http.Client, url string) (answer, error) {
	var a answer
	response, err := c.Get(url)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return a, fmt.Errorf("%s: %w", response.Status, err)
	}
	if a.Probe != 1 || response.StatusCode != http.StatusOK {
		return a, fmt.Errorf("%s is no answer of the probe application", response.Status)
	}
	return a, nil
}

// direct is a client of the server itself.
func direct(t *testing.T, p *Peer) *http.Client {
	t.Helper()
	target, err := client.ParseTarget(p.Target())
	if err != nil {
		t.Fatal(err)
	}
	transport, err := client.New(target)
	if err != nil {
		t.Fatal(err)
	}
	transport.ScriptFilename, transport.Secret = p.ScriptFilename, p.Variant.Secret
	transport.PacketSize = p.Variant.PacketSize
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// answersItself asks the server for what it is.
func answersItself(t *testing.T, p *Peer) {
	t.Helper()
	a, err := ask(direct(t, p), "http://localhost/a/b?x=1")
	if err != nil {
		t.Fatal(err)
	}
	if a.Protocol != p.Variant.Protocol {
		t.Errorf("protocol %q, want %q", a.Protocol, p.Variant.Protocol)
	}
	if a.Method != "" && a.Method != p.Variant.Method {
		t.Errorf("method %q, want %q", a.Method, p.Variant.Method)
	}
	if a.Params["QUERY_STRING"] != "x=1" {
		t.Errorf("QUERY_STRING %q", a.Params["QUERY_STRING"])
	}
	t.Log(a.Server)
}

// atOnce is how many connections the cases and small loads use side by side.
const atOnce = 4

// servesSeveral asks with so long an answer that several can't be had one
// after the other in the time.
func servesSeveral(t *testing.T, p *Peer) {
	t.Helper()
	const delay = 500 * time.Millisecond
	c := direct(t, p)
	timed(t, delay, func() error {
		begin := time.Now()
		err := allAtOnce(atOnce, func() error {
			_, err := ask(c, fmt.Sprintf("http://localhost/?delay=%d", delay.Milliseconds()))
			return err
		})
		if took := time.Since(begin); err == nil && took >= atOnce*delay {
			err = fmt.Errorf("%d requests of %v took %v: they were served one after the other", atOnce, delay, took)
		}
		return err
	})
}

// answersThrough asks by the gateway. The path has one segment, since lighttpd
// sends no more over AJP.
func answersThrough(t *testing.T, gateway *Peer) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	a, err := ask(c, gateway.URL()+"probe?x=1")
	if err != nil {
		t.Fatal(err)
	}
	if a.Protocol != gateway.Variant.Protocol {
		t.Errorf("protocol %q, want %q", a.Protocol, gateway.Variant.Protocol)
	}
	if uri, _, _ := strings.Cut(a.Params["REQUEST_URI"], "?"); uri != "/probe" {
		t.Errorf("REQUEST_URI is %q", a.Params["REQUEST_URI"])
	}
	if path, ok := a.Params["PATH_INFO"]; ok && path != "/probe" {
		t.Errorf("PATH_INFO is %q", path)
	}
}
