package containers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// engine is Docker, found as testcontainers does: by DOCKER_HOST or the usual
// sockets.
var engine = sync.OnceValues(func() (*testcontainers.DockerProvider, error) {
	// Its reaper would be an image from a registry; a guardian does the same.
	os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	log.SetDefault(log.NewNoopLogger()) // errors say what is of interest
	// Else it makes a network of its own, and attaches each container to it.
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithDefaultBridgeNetwork("host"))
	if err != nil {
		return nil, err
	}
	if err := provider.Health(context.Background()); err != nil {
		return nil, err
	}
	return provider, command()
})

// command is why the docker command, by which a guardian removes what a killed test
// leaves, doesn't reach an engine. With a wrong DOCKER_HOST it doesn't, where
// testcontainers goes on to the usual sockets.
func command() error {
	output, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput()
	if err != nil {
		return fmt.Errorf("the docker command fails: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// Engine is why containers can't be run here, nil where they can.
func Engine() error {
	if _, err := engine(); err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n") // more are about other kinds of engines
		return fmt.Errorf("no Docker engine: %s", line)
	}
	return nil
}
