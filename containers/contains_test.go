package containers

import (
	"os"
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
