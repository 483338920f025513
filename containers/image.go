package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// buildSlots are how many images are built at once: of two, one downloads while
// the other unpacks.
var buildSlots = make(chan struct{}, 2)

// ofTheImage is false of the files that are read here, and change nothing there.
func ofTheImage(name string) bool {
	return name != "peer.yaml" && !(strings.HasPrefix(name, "expect") && strings.HasSuffix(name, ".yaml"))
}

// Image builds the peer's image where it isn't there yet, and returns its name:
// the tag is a hash of what it is built from. The error of a build ends with the
// last lines of its output.
func (d Definition) Image(ctx context.Context) (string, error) {
	provider, err := engine()
	if err != nil {
		return "", err
	}
	archive, err := d.buildContext()
	if err != nil {
		return "", fmt.Errorf("image of %s: %w", d.Name, err)
	}
	repo, tag := "fcgikit/"+d.Name, fmt.Sprintf("%.6x", sha256.Sum256(archive))
	name := repo + ":" + tag
	there := func() bool { _, err := provider.Client().ImageInspect(ctx, name); return err == nil }
	if there() {
		return name, nil
	}
	unlock, err := lock(ctx, d.Name)
	if err != nil {
		return "", err
	}
	defer unlock()
	if there() {
		return name, nil
	}
	if err := d.build(ctx, provider, archive, repo, tag); err != nil {
		return "", fmt.Errorf("image of %s: %w", d.Name, err)
	}
	return name, nil
}

func (d Definition) build(ctx context.Context, provider *testcontainers.DockerProvider, archive []byte, repo, tag string) error {
	buildSlots <- struct{}{}
	defer func() { <-buildSlots }()
	var output bytes.Buffer
	_, err := provider.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(archive),
		Repo:           repo,
		Tag:            tag,
		BuildLogWriter: &output,
		// The host's network: its names resolve there, too, if need be by a server on the loopback.
		BuildOptionsModifier: func(o *client.ImageBuildOptions) { o.NetworkMode = "host" },
	}})
	if err != nil {
		return fmt.Errorf("%w%s", err, indented(output.String()))
	}
	return nil
}

// buildContext is the peer's folder as an archive, the same for the same files.
func (d Definition) buildContext() ([]byte, error) {
	folder, err := fs.Sub(folders, d.Name)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err = fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !ofTheImage(name) {
			return err
		}
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		// The time has to be some, and always that.
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: time.Unix(0, 0)}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err != nil {
		return nil, err
	}
	return archive.Bytes(), w.Close()
}
