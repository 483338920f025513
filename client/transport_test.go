package client_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

// registered is an http.Client that knows the six schemes.
func registered(t *testing.T) (*http.Client, *client.Transport) {
	h := &http.Transport{}
	tr := new(client.Transport)
	tr.RegisterProtocol(h)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: h}, tr
}

// urlOn is a URL of a path on a server.
func urlOn(s *scripted, path string) string {
	if s.target.Network == "unix" {
		return s.target.String() + ":" + path
	}
	return s.target.String() + path
}

func TestAnHTTPClientSpeaksAllSixSchemes(t *testing.T) {
	c, _ := registered(t)
	for network, serve := range map[string]func(testing.TB, client.Protocol, func(int, *peer)) *scripted{"unix": serve, "tcp": serveTCP} {
		for _, p := range client.Protocols {
			s := serve(t, p, echo(p))
			resp, err := c.Get(urlOn(s, "/get"))
			if err != nil {
				t.Errorf("%s %s: %v", p, network, err)
				continue
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(body) != "GET /get " || resp.StatusCode != 200 || resp.Proto != "HTTP/1.1" || resp.Request == nil {
				t.Errorf("%s %s: %s %q, %v", p, network, resp.Status, body, err)
			}
			resp, err = c.Post(urlOn(s, "/post"), "text/plain", strings.NewReader("hello"))
			if err != nil {
				t.Errorf("%s %s: %v", p, network, err)
				continue
			}
			body, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(body) != "POST /post hello" {
				t.Errorf("%s %s: %q, %v", p, network, body, err)
			}
		}
	}
}

func TestStatsCountWhatBecameOfConnections(t *testing.T) {
	s := serve(t, client.FastCGI, echo(client.FastCGI))
	tr := s.transport(t)
	for i, want := range []client.Stats{
		{Opened: 1, Open: 1, Idle: 1},
		{Opened: 1, Reused: 1, Open: 1, Idle: 1},
		{Opened: 1, Reused: 2, Open: 1, Idle: 1},
	} {
		get(t, tr, fmt.Sprint("/", i))
		if got := tr.Stats(); got != want {
			t.Errorf("after %d requests: %+v, want %+v", i+1, got, want)
		}
	}
	tr.CloseIdleConnections()
	if got, want := tr.Stats(), (client.Stats{Opened: 1, Reused: 2}); got != want {
		t.Errorf("after closing: %+v", got)
	}
	soon(t, "the server sees the end", func() bool { return s.open.Load() == 0 })
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
