package containers

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// known are the smokes that a gateway, or the server behind it, can't pass: each
// has to fail.
var known = []struct{ peer, protocol, smoke, reason string }{
	{"lighttpd", "ajp", "URL", "mod_ajp13 sends SCRIPT_NAME as req_uri, and so decodes it"},
	{"lighttpd", "ajp", "body of a byte", unlengthed},
	{"lighttpd", "ajp", "body of 64 KiB", unlengthed},
	{"lighttpd", "ajp", "long body", unlengthed},
	{"lighttpd", "ajp", "content type", unlengthed},
	{"django", "", "two cookies", "a HttpResponse has one value for each header"},
}

// whyNot is why peers can't pass it; empty where they have to.
func whyNot(smoke, protocol string, peers ...string) string {
	for _, k := range known {
		if k.smoke == smoke && slices.Contains(peers, k.peer) && (k.protocol == "" || k.protocol == protocol) {
			return k.reason
		}
	}
	return ""
}

// TestGateways has every gateway, in its container, carry requests to the
// reference server and its answers back.
func TestGateways(t *testing.T) {
	contains(t)
	variants := gatewayVariants(t)
	for i, g := range variants {
		t.Run(g.peer.Name+"/"+g.variant.String(), func(t *testing.T) {
			t.Parallel()
			back := g.variant
			back.Method = []string{"threaded", "prefork"}[i%2]
			gateway := started(t, g.peer, g.variant, Options{
				Container: true,
				Backend:   behind(t, back),
				Shared:    programs(t, g.variant),
			})
			smokesThrough(t, gateway, "", 0)
		})
	}
}

// gatewayVariants are all that gateways have.
func gatewayVariants(t *testing.T) (all []target) {
	t.Helper()
	definitions, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		if d.Kind != Gateway {
			continue
		}
		for _, v := range d.Variants() {
			all = append(all, target{d, v})
		}
	}
	return all
}

// programs are what a gateway starts itself.
func programs(t *testing.T, v Variant) []string {
	t.Helper()
	if v.Network != Spawned {
		return nil
	}
	file, err := runfcgi()
	if err != nil {
		t.Fatal(err)
	}
	return []string{file}
}

// TestChains has Apache and lighttpd in front of flup and of Django's runfcgi:
// what Django's page describes, each program in its container.
func TestChains(t *testing.T) {
	contains(t)
	for i, c := range chains() {
		t.Run(c.gateway+"/"+c.server+"/"+c.protocol, func(t *testing.T) {
			t.Parallel()
			front, back := lookup(t, c.gateway), lookup(t, c.server)
			v := Variant{Protocol: c.protocol, Network: c.network}
			if !slices.Contains(front.Variants(), v) {
				t.Fatalf("%s has no variant %s", c.gateway, v)
			}
			v.Method = []string{"threaded", "prefork"}[i%2]
			server := started(t, back, v, Options{Container: true, App: application(t, back)})
			v.Method = ""
			gateway := started(t, front, v, Options{Container: true, Backend: server.Target()})
			smokesThrough(t, gateway, c.server, 64<<10)
		})
	}
}

type chain struct{ gateway, server, protocol, network string }

// chains are every pair of them over every protocol. flup's AJP is TCP's alone.
func chains() (all []chain) {
	for _, protocol := range []string{"fcgi", "scgi", "ajp"} {
		for _, server := range []string{"flup", "django"} {
			for _, gateway := range []string{"apache", "lighttpd"} {
				network := "unix"
				if protocol == "ajp" {
					network = "tcp"
				}
				all = append(all, chain{gateway, server, protocol, network})
			}
		}
	}
	return all
}

// smokesThrough runs all smokes, with bodies up to the limit. A known one has to
// fail.
func smokesThrough(t *testing.T, gateway *Peer, server string, limit int) {
	t.Helper()
	version, err := gateway.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s", gateway.Definition.Name, version)
	transport := &http.Transport{MaxIdleConnsPerHost: atOnce}
	defer transport.CloseIdleConnections()
	protocol := gateway.Variant.Protocol
	for _, s := range smokes {
		reason := whyNot(s.name, protocol, gateway.Definition.Name, server)
		patience := 30 * time.Second
		if reason != "" {
			patience = 2 * time.Second // it may be that nothing comes
		}
		c := &http.Client{Transport: transport, Timeout: patience}
		err := s.run(through{client: c, base: gateway.URL(), limit: limit, ajp: protocol == "ajp"})
		switch {
		case err != nil && reason == "":
			t.Errorf("%s: %v", s.name, err)
		case err == nil && reason != "":
			t.Errorf("%s: it is expected to fail and does not: %s", s.name, reason)
		}
	}
}
