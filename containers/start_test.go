package containers

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryServerStartsAndStops(t *testing.T) {
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
				connectable(t, p)
				answersItself(t, p)
				servesSeveral(t, p)
				stopsWhole(t, p)
			})
		}
	}
}

func connectable(t *testing.T, p *Peer) {
	t.Helper()
	if !strings.HasPrefix(p.Target(), p.Variant.Protocol) || !strings.HasSuffix(p.Target(), p.address) {
		t.Errorf("target %s", p.Target())
	}
	if p.network == "unix" {
		info, err := os.Stat(p.address)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o666 != 0o666 {
			t.Errorf("the socket's mode is %v: other users' gateways can't connect", info.Mode())
		}
	}
	c, err := net.Dial(p.network, p.address)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func stopsWhole(t *testing.T, p *Peer) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if left := p.process.pids(); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if _, err := os.Stat(p.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the scratch folder: %v", err)
	}
	if c, err := net.Dial(p.network, p.address); err == nil {
		c.Close()
		t.Errorf("%s accepts still", p.address)
	}
	select {
	case <-p.Done():
	default:
		t.Error("the program isn't done")
	}
}

// backends are a server for each protocol and network. They are shared by the
// gateways, for Tomcat takes some seconds to start.
var backends = []struct {
	server  string
	variant Variant
}{
	{"go-net-http-fcgi", Variant{Protocol: "fcgi", Method: "threaded", Network: "unix"}},
	{"go-net-http-fcgi", Variant{Protocol: "fcgi", Method: "threaded", Network: "tcp"}},
	{"uwsgi", Variant{Protocol: "scgi", Method: "prefork", Network: "unix"}},
	{"uwsgi", Variant{Protocol: "scgi", Method: "prefork", Network: "tcp"}},
	{"tomcat", Variant{Protocol: "ajp", Method: "threaded", Network: "unix"}},
	{"tomcat", Variant{Protocol: "ajp", Method: "threaded", Network: "tcp", Secret: "hush"}},
	{"flup", Variant{Protocol: "ajp", Method: "threaded", Network: "tcp"}},
}

func TestEveryGatewayReachesItsBackend(t *testing.T) {
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range backends {
		t.Run(b.variant.String(), func(t *testing.T) {
			t.Parallel()
			server := lookup(t, b.server)
			available(t, server)
			backend := started(t, server, b.variant, Options{App: application(t, server)})
			for _, d := range all {
				v := Variant{Protocol: b.variant.Protocol, Network: b.variant.Network, Secret: b.variant.Secret}
				if d.Kind == Gateway && slices.Contains(d.Variants(), v) {
					t.Run(d.Name, func(t *testing.T) {
						available(t, d)
						gateway := started(t, d, v, Options{Backend: backend.Target()})
						answersThrough(t, gateway)
						stopsWhole(t, gateway)
					})
				}
			}
		})
	}
}

func TestAServerThatDiesAtItsStartSaysWhy(t *testing.T) {
	d := lookup(t, "php-fpm")
	available(t, d)
	for _, test := range []struct {
		what    string
		options Options
		want    string
	}{
		{"no application", Options{}, "no application in php is given"},
		{"a folder that isn't there", Options{App: "a.php", Dir: "/nonexistent"}, "/nonexistent"},
		{"too long a path", Options{App: "a.php", Dir: long(t)}, "more than the 107"},
	} {
		_, err := Start(t.Context(), d, Variant{Protocol: "fcgi", Method: "prefork", Network: "unix"}, test.options)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

func long(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", maxSocketPath))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheErrorOfAStartHasTheOutput(t *testing.T) {
	d := lookup(t, "libfcgi")
	available(t, d)
	app := filepath.Join(t.TempDir(), "broken.c")
	if err := os.WriteFile(app, []byte("#error not a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err := Start(t.Context(), d, Variant{Protocol: "fcgi", Method: "prefork", Network: "tcp"}, Options{App: app, Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "not a program") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("want the compiler's message, got %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
}

func TestAStartEndsWithItsContext(t *testing.T) {
	d := lookup(t, "nginx")
	available(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, d, Variant{Protocol: "fcgi", Network: "tcp"}, Options{Backend: "127.0.0.1:9"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's error, got %v", err)
	}
}

func TestATakenPortIsNoticed(t *testing.T) {
	eachPeer(t, func(t *testing.T, d Definition) {
		available(t, d)
		noticesATakenPort(t, d, false)
	})
}

func noticesATakenPort(t *testing.T, d Definition, container bool) {
	t.Helper()
	at := slices.IndexFunc(d.Variants(), func(v Variant) bool { return v.Network == "tcp" })
	if at < 0 {
		t.Skip("no variant of it has to do with TCP")
	}
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	p := onAddress(t, d, d.Variants()[at], stranger.Addr().String(), container)
	if err := p.ready(t.Context()); !errors.Is(err, errTaken) {
		t.Errorf("%v", err)
	}
}

// onAddress starts the peer on an address that isn't its own choice.
func onAddress(t *testing.T, d Definition, v Variant, address string, container bool) *Peer {
	t.Helper()
	o := Options{Backend: "127.0.0.1:9", Container: container}
	if d.Kind == Server {
		o.App = application(t, d)
	}
	dir, err := scratch(d, "")
	if err != nil {
		t.Fatal(err)
	}
	p := &Peer{Definition: d, Variant: v, dir: dir}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	env, err := p.environment(o)
	if err != nil {
		t.Fatal(err)
	}
	p.address = address
	if err := p.launch(t.Context(), append(env, "PEER_ADDRESS="+address, "PEER_LISTEN="+address), o); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnUnknownVariantIsRefused(t *testing.T) {
	_, err := Start(t.Context(), lookup(t, "flup"), Variant{Protocol: "ajp", Method: "threaded", Network: "unix"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "flup has no variant ajp/threaded/unix") {
		t.Error(err)
	}
}
