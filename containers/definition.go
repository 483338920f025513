package containers

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"
)

// Each folder with a peer.yaml is a peer; the second pattern takes all that is
// beside it.
//
//go:embed */peer.yaml */*
var folders embed.FS

// The kinds of peers.
const (
	Server  = "server"  // speaks FastCGI, SCGI or AJP to those that connect
	Gateway = "gateway" // speaks HTTP in front, and one of the protocols to a server behind it
)

// A Definition says what a peer is, as its peer.yaml has it.
type Definition struct {
	Name    string `yaml:"name"` // the name of its folder
	Kind    string `yaml:"kind"` // [Server] or [Gateway]
	Summary string `yaml:"summary"`

	// Language is that of the probe application that a server runs, as
	// "fcgiprobe app" names it. Gateways have none.
	Language string `yaml:"language"`

	// ScriptFilename tells that the server finds its application by the
	// parameter SCRIPT_FILENAME.
	ScriptFilename bool `yaml:"script-filename"`

	// Ready is a regular expression for the line of its output that says
	// that it serves, where an accepted connection doesn't.
	Ready string `yaml:"ready"`

	// ContainerOnly tells that it doesn't run natively, for what it needs is
	// nothing that one has: an old Python, say.
	ContainerOnly bool `yaml:"container-only"`

	// Builds tells that its program is compiled when it starts.
	Builds bool `yaml:"builds"`

	// Closes tells that a server ends each connection with its first answer,
	// also where FCGI_KEEP_CONN asks to keep it.
	Closes bool `yaml:"closes"`

	// Multiplexes tells that a server has FCGI_MPXS_CONNS=1.
	Multiplexes bool `yaml:"multiplexes"`

	// OneAtATime tells that what one case sends can end the process in which
	// others are served, so that none may run beside it.
	OneAtATime bool `yaml:"one-at-a-time"`

	// Stderr is what comes of stderr=TEXT on FastCGI's error stream, with TEXT
	// for the text; empty where nothing does.
	Stderr string `yaml:"stderr"`

	// NeedsLength are the protocols over which a request body of unknown length
	// is taken for none.
	NeedsLength []string `yaml:"needs-length"`

	Serves []Service `yaml:"variants"`
	Needs  []Need    `yaml:"needs"`
	Notes  []string  `yaml:"notes"`
}

// A Service is a protocol, and the methods and networks that go with it.
type Service struct {
	Protocol string   `yaml:"protocol"`
	Methods  []string `yaml:"methods"` // none for gateways
	Networks []string `yaml:"networks"`
	Secret   string   `yaml:"secret"`

	// PacketSize is how long AJP's packets may be, on which both sides must
	// agree; 0 is 8192.
	PacketSize int `yaml:"packet-size"`
}

// Definitions returns all peers, by name.
func Definitions() ([]Definition, error) {
	entries, err := fs.ReadDir(folders, ".")
	if err != nil {
		return nil, err
	}
	var all []Definition
	for _, e := range entries {
		if _, err := fs.Stat(folders, path.Join(e.Name(), "peer.yaml")); err != nil {
			continue // a folder of something else
		}
		d, err := Lookup(e.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// Lookup returns the peer of that name.
func Lookup(name string) (Definition, error) {
	file := path.Join(name, "peer.yaml")
	text, err := folders.ReadFile(file)
	if err != nil {
		return Definition{}, fmt.Errorf("no peer is named %q", name)
	}
	var d Definition
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d); err != nil {
		return Definition{}, fmt.Errorf("%s: %w", file, err)
	}
	if err := d.check(name); err != nil {
		return Definition{}, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}
