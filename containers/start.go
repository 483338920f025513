package containers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what a peer is to work with.
type Options struct {
	// Dir is the folder in which the peer's scratch folder is made, that for
	// temporary files where it is empty. It has to be short, for a unix
	// socket's path has room for 107 bytes.
	Dir string

	// App is the file of the probe application, in the definition's
	// language; servers need it.
	App string

	// Backend is the server behind a gateway, which needs it: a target as
	// [Peer.Target] gives it, unix:/path, or host:port; for one that spawns it
	// a shell's command with the program's whole path.
	Backend string

	// Container has the peer run in its container, whose image is built first
	// where it isn't there yet; else it runs on this machine.
	Container bool

	// Shared are files and folders that a container sees, too, at the paths
	// that they have here; the application and a backend's folder are anyway.
	Shared []string

	// Env are more environment variables for the peer, as NAME=value.
	Env []string
}

// attempts is how often a start may find the free port that it chose taken
// by somebody else in between; twice in a row is bad luck already.
const attempts = 3

// Start runs the variant of the peer and returns when it accepts connections; ctx
// bounds the start alone. The error of a peer that doesn't come up ends with the
// last lines of its output.
func Start(ctx context.Context, d Definition, v Variant, o Options) (*Peer, error) {
	if !slices.Contains(d.Variants(), v) {
		return nil, fmt.Errorf("%s has no variant %s", d.Name, v)
	}
	if d.ContainerOnly && !o.Container {
		return nil, fmt.Errorf("%s runs in its container only", d.Name)
	}
	if o.Container {
		// Minutes may go into that, and a killed test must leave no scratch folder.
		if _, err := d.Image(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	for range attempts {
		var p *Peer
		if p, err = start(ctx, d, v, o); !errors.Is(err, errTaken) {
			return p, err
		}
	}
	return nil, err
}

func start(ctx context.Context, d Definition, v Variant, o Options) (*Peer, error) {
	dir, err := scratch(d, o.Dir)
	if err != nil {
		return nil, err
	}
	p := &Peer{Definition: d, Variant: v, dir: dir}
	if err := p.run(ctx, o); err != nil {
		return nil, fmt.Errorf("start of %s %s: %w%s", d.Name, v, errors.Join(err, p.Stop()), indented(p.Log()))
	}
	return p, nil
}

// run starts the program and waits until it serves.
func (p *Peer) run(ctx context.Context, o Options) error {
	env, err := p.environment(o)
	if err != nil {
		return err
	}
	if err := p.launch(ctx, append(env, o.Env...), o); err != nil {
		return err
	}
	return p.ready(ctx)
}

// launch starts the program. Where that fails process is nil, or what has to be
// stopped still.
func (p *Peer) launch(ctx context.Context, env []string, o Options) error {
	if !o.Container {
		n, err := spawn(p.dir, env)
		if n != nil {
			p.process = n
		}
		return err
	}
	c, err := contain(ctx, p.Definition, p.dir, env, p.shared(o))
	if c != nil {
		p.process = c
	}
	return err
}

// shared are the paths that the peer's variables name.
func (p *Peer) shared(o Options) []string {
	all := slices.Clone(o.Shared)
	if p.Definition.Kind == Server {
		all = append(all, o.App)
	} else if _, socket, err := backend(o.Backend, p.Variant.Protocol); err == nil && p.Variant.Network == "unix" {
		all = append(all, filepath.Dir(socket))
	}
	for i, path := range all {
		all[i], _ = filepath.Abs(path) // environment has asked for it already
	}
	return all
}

// scratch makes the peer's folder, with a copy of its definition in it. Others
// may search it: Apache's children are another user's when root starts it.
func scratch(d Definition, parent string) (string, error) {
	dir, err := os.MkdirTemp(parent, "peer")
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	folder, err := fs.Sub(folders, d.Name)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(os.Chmod(dir, 0o755), os.CopyFS(filepath.Join(dir, definitionDir), folder))
}

// indented makes of a program's output the end of an error's text.
func indented(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	lines = lines[max(0, len(lines)-lastLines):]
	return strings.TrimRight("\n\t"+strings.Join(lines, "\n\t"), "\n\t")
}

// lastLines of the output are enough for a Python traceback or a cause that
// Java nests in another.
const lastLines = 30

// definitionDir is the folder's copy within the scratch folder.
const definitionDir = "definition"
