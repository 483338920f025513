package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/exec"
)

// A contained is a program in a container.
type contained struct {
	container testcontainers.Container
	namespace namespace
	exited    chan struct{} // closed when the program has ended
	err       error         // how, from then on
	guardian  *guardian
}

// endLimit bounds a stop: the engine has to answer some time.
const endLimit = 30 * time.Second

// contain runs the peer's image with its scratch folder and shared, files and
// folders, at the paths that they have here.
func contain(ctx context.Context, d Definition, dir string, env, shared []string) (_ *contained, err error) {
	image, err := d.Image(ctx)
	if err != nil {
		return nil, err
	}
	provider, err := engine()
	if err != nil {
		return nil, err
	}
	name := "fcgikit-" + d.Name + "-" + filepath.Base(dir)
	c := &contained{exited: make(chan struct{})}
	if c.guardian, err = guardContainer(name, dir); err != nil {
		return nil, err
	}
	c.container, err = provider.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image: image,
		Name:  name,
		// A file and not the engine's pipe, for the reasons of logName.
		Entrypoint: []string{"sh", "-c", `exec sh /peer/run >>"$PEER_DIR/` + logName + `" 2>&1`},
		Env:        variables(env),
		ConfigModifier: func(config *container.Config) {
			config.WorkingDir = dir
			config.User = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
		},
		HostConfigModifier: func(host *container.HostConfig) {
			host.NetworkMode = "host"
			host.Init = new(true)
			host.Binds = binds(append([]string{dir}, shared...))
		},
	})
	if err == nil {
		err = c.start(ctx, provider.Client())
	}
	if err != nil {
		return nil, errors.Join(err, c.end())
	}
	return c, nil
}

func (c *contained) start(ctx context.Context, api client.APIClient) error {
	if err := c.container.Start(ctx); err != nil {
		return err
	}
	state, err := c.container.Inspect(ctx)
	if err != nil {
		return err
	}
	// One that has ended already has none, and its wait returns at once.
	c.namespace, _ = namespaceOf(state.State.Pid)
	go func() {
		wait := api.ContainerWait(context.Background(), c.container.GetContainerID(), client.ContainerWaitOptions{})
		select {
		case r := <-wait.Result:
			if r.StatusCode != 0 {
				c.err = fmt.Errorf("exit status %d", r.StatusCode)
			}
		case c.err = <-wait.Error:
		}
		close(c.exited)
	}()
	return nil
}

func (c *contained) done() <-chan struct{} { return c.exited }

func (c *contained) outcome() error { return c.err }

func (c *contained) pids() []int { return c.namespace.pids() }

func (c *contained) script(ctx context.Context, argument string) ([]byte, error) {
	code, output, err := c.container.Exec(ctx, []string{"sh", "/peer/run", argument}, exec.Multiplexed())
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(output)
	if err == nil && code != 0 {
		err = fmt.Errorf("exit status %d", code)
	}
	return text, err
}

// end has the engine stop and remove the container.
func (c *contained) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	if c.container != nil {
		if err := c.container.Terminate(ctx, testcontainers.StopTimeout(grace)); err != nil {
			return err // the guardian tries again
		}
	}
	return c.guardian.dismiss()
}

// variables makes a map of NAME=value.
func variables(env []string) map[string]string {
	m := map[string]string{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		m[name] = value
	}
	return m
}

// binds are the engine's words for paths that are the same on both sides.
func binds(paths []string) []string {
	var all []string
	for _, p := range paths {
		all = append(all, p+":"+p)
	}
	return all
}
