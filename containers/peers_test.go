package containers

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// tests that start peers mostly wait for them, so more may run at once than
// there are processors.
const parallel = "6"

func TestMain(m *testing.M) {
	if dir := os.Getenv(orphanDir); dir != "" {
		abandon(dir)
	}
	if app := os.Getenv(orphanContainer); app != "" {
		abandonContainer(app)
	}
	flag.Parse()
	if !peersAskedFor() { // Ginkgo wants it unset
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if dir, err := builtDir(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// available skips the test where the peer isn't installed, but fails it where
// the environment says that all peers have to be that can.
func available(t testing.TB, d Definition) {
	t.Helper()
	missing := d.Missing()
	switch {
	case missing == "":
	case os.Getenv("FCGIKIT_REQUIRE_PEERS") == "1" && !d.ContainerOnly:
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}

func lookup(t testing.TB, name string) Definition {
	t.Helper()
	d, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// application writes the probe application of a server to a file.
func application(t testing.TB, d Definition) string {
	t.Helper()
	name, source, err := probeapp.Source(d.Language)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, source, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// started starts the peer for the length of the test, and shows its output
// where the test fails.
func started(t testing.TB, d Definition, v Variant, o Options) *Peer {
	t.Helper()
	p, err := Start(t.Context(), d, v, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("output of %s %s:\n%s", d.Name, v, p.Log())
		}
	})
	return p
}
