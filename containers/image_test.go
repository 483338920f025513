package containers

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestImages builds what isn't there yet, and asks each image for its version, by
// the entry point that it has by itself.
func TestImages(t *testing.T) {
	contains(t)
	eachPeer(t, func(t *testing.T, d Definition) {
		image, err := d.Image(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		output, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", "--network", "none", image, "version").CombinedOutput()
		found, err := version(d, output, err)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(image, found)
	})
}

// eachPeer runs f for every peer, several at a time.
func eachPeer(t *testing.T, f func(t *testing.T, d Definition)) {
	t.Helper()
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			f(t, d)
		})
	}
}

var (
	base       = regexp.MustCompile(`(?m)^FROM debian:(bookworm|bullseye)-slim( AS \S+)?$`)
	publishes  = regexp.MustCompile(`(?mi)^\s*EXPOSE\b`)
	entryPoint = "COPY . /peer\nENTRYPOINT [\"sh\", \"/peer/run\"]\n"
)

func TestDockerfilesKeepToTheConventions(t *testing.T) {
	eachPeer(t, func(t *testing.T, d Definition) {
		text, err := folders.ReadFile(d.Name + "/Dockerfile")
		if err != nil {
			t.Fatal(err)
		}
		if !base.Match(text) {
			t.Error("it is built from neither debian:bookworm-slim nor debian:bullseye-slim")
		}
		if publishes.Match(text) {
			t.Error("it exposes a port: containers have the host's network")
		}
		if !strings.HasSuffix(string(text), entryPoint) {
			t.Errorf("it doesn't end with\n%s", entryPoint)
		}
	})
}

func TestTheTagIsOfWhatAnImageIsBuiltFrom(t *testing.T) {
	first, err := lookup(t, "nginx").buildContext()
	if err != nil {
		t.Fatal(err)
	}
	second, err := lookup(t, "nginx").buildContext()
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("the same folder gives two archives")
	}
	for name, want := range map[string]bool{"Dockerfile": true, "nginx.conf.in": true, "run": true, "peer.yaml": false} {
		if got := strings.Contains(string(first), name+"\x00"); got != want {
			t.Errorf("%s in the archive: %v", name, got)
		}
	}
}

func TestWhatIsKnownOfAPeerIsNotOfItsImage(t *testing.T) {
	archive, err := lookup(t, "flup").buildContext()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(archive, []byte("expect")) {
		t.Error("an expectation is in the archive")
	}
	if _, err := folders.ReadFile("flup/expect-threaded.yaml"); err != nil {
		t.Errorf("and there is none: %v", err)
	}
}

func TestAnImageThatCanNotBeBuiltSaysWhy(t *testing.T) {
	contains(t)
	d := Definition{Name: "no-such-peer"}
	if _, err := d.Image(t.Context()); err == nil || !strings.Contains(err.Error(), "no-such-peer") {
		t.Error(err)
	}
}
