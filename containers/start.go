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
	// [Peer.Target] gives it, unix:/path, or host:port.
	Backend string

	// Env are more environment variables for the peer, as NAME=value.
	Env []string
}

// attempts is how often a start may find the free port that it chose taken
// by somebody else in between; twice in a row is bad luck already.
const attempts = 3

// Start runs the variant of the peer on this machine and returns when it
// accepts connections; ctx bounds the start alone. The error of a peer that
// doesn't come up ends with the last lines of its output.
func Start(ctx context.Context, d Definition, v Variant, o Options) (*Peer, error) {
	if !slices.Contains(d.Variants(), v) {
		return nil, fmt.Errorf("%s has no variant %s", d.Name, v)
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
	if p.process, err = spawn(p.dir, append(env, o.Env...)); err != nil {
		return err
	}
	p.Pid = p.process.pid
	return p.ready(ctx)
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
