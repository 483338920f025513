package specs_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/specs"
)

var update = flag.Bool("update", false, "write testdata/ids.txt again")

// TestNoIDVanishes: an id that has been published stands in expectation files
// and reports of others, so it is never renamed or dropped.
func TestNoIDVanishes(t *testing.T) {
	const file = "testdata/ids.txt"
	var ids []string
	for _, c := range specs.All() {
		ids = append(append(ids, c.ID), c.Was...)
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(ids, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	golden := strings.Fields(string(text))
	for _, id := range golden {
		if !slices.Contains(ids, id) {
			t.Errorf("case %s has vanished: give it back, or an alias", id)
		}
	}
	for _, id := range ids {
		if !slices.Contains(golden, id) {
			t.Errorf("case %s is new: go test ./specs -run TestNoIDVanishes -update", id)
		}
	}
}
