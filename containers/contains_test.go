package containers

import (
	"os"
	"strings"
	"testing"
)

// contains skips the test where no container can be run, but fails it where the
// environment says that they have to.
func contains(t testing.TB) {
	t.Helper()
	err := Engine()
	switch {
	case err == nil:
	case os.Getenv("FCGIKIT_REQUIRE_DOCKER") == "1":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// TestACommandThatReachesNoEngineIsNoticed by what says so, where containers could
// be made without it.
func TestACommandThatReachesNoEngineIsNoticed(t *testing.T) {
	contains(t)
	if err := command(); err != nil {
		t.Error(err)
	}
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	if err := command(); err == nil || !strings.Contains(err.Error(), "/nonexistent/docker.sock") {
		t.Errorf("want an error that names the engine that isn't there, got %v", err)
	}
	t.Setenv("PATH", "")
	if err := command(); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("without the command: want that it is not found, got %v", err)
	}
}
