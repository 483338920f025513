package ajp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeviationsOfOtherProgramsAreRefused reads captures that break a rule: why they do, and what is said to it, is in the
// description beside each.
func TestDeviationsOfOtherProgramsAreRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/deviations/*.bin")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("testdata/deviations has no captures")
	}
	for _, file := range files {
		stem := strings.TrimSuffix(file, ".bin")
		t.Run(filepath.Base(stem), func(t *testing.T) {
			stream, v := readVector(t, file)
			description, err := os.ReadFile(stem + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var d struct{ Reason, Refusal string }
			if err := json.Unmarshal(description, &d); err != nil {
				t.Fatal(err)
			}
			if d.Reason == "" || d.Refusal == "" {
				t.Fatalf("expected reason and refusal, got %+v", d)
			}
			if err := checkStream(stream, directions[v.Direction]); err == nil || !strings.Contains(err.Error(), d.Refusal) {
				t.Errorf("got error %v, want one that says %q, since %s", err, d.Refusal, d.Reason)
			}
		})
	}
}
