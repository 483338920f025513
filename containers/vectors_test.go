package containers

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var writeVectors = flag.Bool("vectors", false, "write what TestCaptureVectors captures into the wire packages' testdata")

// A vector is one direction of one connection as another program sent it. The
// fields are those that the wire packages' tests read, and for a deviation why
// it is one and what our decoder says to it.
type vector struct {
	Program   string `json:"program"`
	Version   string `json:"version"`
	Direction string `json:"direction"`
	What      string `json:"what"`
	Reason    string `json:"reason,omitempty"`
	Refusal   string `json:"refusal,omitempty"`
}

// TestCaptureVectors captures what the installed gateways and servers send. With
// -vectors the captures are written; without, those that are there of the same
// versions have to be of the same shape.
func TestCaptureVectors(t *testing.T) {
	dir := vectorsDir(t)
	t.Run("gateways", func(t *testing.T) { captureGateways(t, dir) })
	t.Run("servers", func(t *testing.T) { captureServers(t, dir) })
}

// neutralDir is where the peers' folders are while captures are written, since
// their paths are among the parameters.
const neutralDir = "/srv/fcgikit"

func vectorsDir(t *testing.T) string {
	t.Helper()
	if !*writeVectors {
		return "" // t.TempDir is closed to Apache's user
	}
	if err := os.Mkdir(neutralDir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(neutralDir); err != nil {
			t.Error(err)
		}
	})
	return neutralDir
}

// keep writes a capture as NAME.bin and NAME.json into the folder of a wire
// package, or holds it against what is there.
func keep(t *testing.T, wirePackage, name string, v vector, wire []byte) {
	t.Helper()
	folder := "vectors"
	if d, ok := deviations[wirePackage+"/"+name]; ok {
		folder, v.Reason, v.Refusal = "deviations", d.reason, d.refusal
	}
	stem := filepath.Join("..", "client", wirePackage, "testdata", folder, name)
	if *writeVectors {
		write(t, stem, v, wire)
		return
	}
	description, err := os.ReadFile(stem + ".json")
	if err != nil {
		t.Fatalf("%v: make vectors writes it", err)
	}
	var kept vector
	if err := json.Unmarshal(description, &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Version != v.Version {
		t.Skipf("kept of version %s, %s is installed", kept.Version, v.Version)
	}
	if kept != v {
		t.Errorf("it is described as %+v, want %+v", kept, v)
	}
	old, err := os.ReadFile(stem + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	got, want := shape(t, wirePackage, v.Direction, wire), shape(t, wirePackage, v.Direction, old)
	if !slices.Equal(got, want) {
		t.Errorf("its shape is now\n%s\nwas\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func write(t *testing.T, stem string, v vector, wire []byte) {
	t.Helper()
	if len(wire) == 0 {
		t.Fatal("nothing came")
	}
	var description bytes.Buffer
	e := json.NewEncoder(&description)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(stem), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stem+".json", description.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stem+".bin", wire, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCapturesAreSmallAndNeutral: a clone carries them, and nobody's home is in them.
func TestCapturesAreSmallAndNeutral(t *testing.T) {
	const most = 3 << 19 // 1.5 MiB: about twenty bodies of 70000 bytes
	files, err := filepath.Glob("../client/*/testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no captures")
	}
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum += len(content)
		for _, path := range []string{os.TempDir() + "/", "/home/", "/root", "/Users/", checkout + "/"} {
			if bytes.Contains(content, []byte(path)) {
				t.Errorf("%s has a path of a machine, %s", f, path)
			}
		}
	}
	if sum > most {
		t.Errorf("the captures have %d bytes, more than %d", sum, most)
	}
}
