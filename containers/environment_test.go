package containers

import (
	"slices"
	"testing"
)

func TestBackendTakesTargetsApart(t *testing.T) {
	for _, test := range []struct{ target, protocol, network, address string }{
		{"fcgi+unix:/run/a.sock", "fcgi", "unix", "/run/a.sock"},
		{"unix:/run/a.sock", "scgi", "unix", "/run/a.sock"},
		{"/run/a.sock", "ajp", "unix", "/run/a.sock"},
		{"ajp://127.0.0.1:8009", "ajp", "tcp", "127.0.0.1:8009"},
		{"127.0.0.1:9000", "fcgi", "tcp", "127.0.0.1:9000"},
		{"", "fcgi", "", ""},
		{"ajp://127.0.0.1:8009", "fcgi", "", ""},
		{"fcgi+unix:a.sock", "fcgi", "", ""},
		{"127.0.0.1", "fcgi", "", ""},
		{"fcgi://127.0.0.1:9000/path", "fcgi", "", ""},
	} {
		network, address, err := backend(test.target, test.protocol)
		if network != test.network || address != test.address || (err == nil) != (test.network != "") {
			t.Errorf("%q of %s: %q %q %v, want %q %q", test.target, test.protocol, network, address, err, test.network, test.address)
		}
	}
}

func TestABackendOnTheOtherNetworkIsRefused(t *testing.T) {
	_, err := Start(t.Context(), lookup(t, "nginx"), Variant{Protocol: "fcgi", Network: "unix"}, Options{Backend: "127.0.0.1:9000"})
	if err == nil {
		t.Error("started")
	}
}

func TestInheritedLeavesOutWhatChangesAPeer(t *testing.T) {
	t.Setenv("PEER_SECRET", "hush")
	t.Setenv("FCGI_WEB_SERVER_ADDRS", "192.0.2.1")
	t.Setenv("FCGIKIT_FLUP", "/somewhere")
	env := inherited()
	if slices.Contains(env, "PEER_SECRET=hush") || slices.Contains(env, "FCGI_WEB_SERVER_ADDRS=192.0.2.1") {
		t.Errorf("%v", env)
	}
	if !slices.Contains(env, "FCGIKIT_FLUP=/somewhere") {
		t.Error("FCGIKIT_FLUP is lost")
	}
}
