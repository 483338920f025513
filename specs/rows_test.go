package specs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/specs"
)

// TestEveryRequirementIsACaseOrLeftOut: testdata/rows.txt names the requirements
// of servers, testdata/left-out those that no case is about, each with its reason.
func TestEveryRequirementIsACaseOrLeftOut(t *testing.T) {
	rows := map[string]string{} // what is done about it
	for _, row := range lines(t, "testdata/rows.txt") {
		rows[row] = ""
	}
	for _, c := range specs.All() {
		for _, row := range c.Rows {
			if _, ok := rows[row]; !ok {
				t.Errorf("case %s is about %s, which is no row", c.ID, row)
			}
			rows[row] = "case " + c.ID
		}
	}
	for row, reason := range leftOut(t) {
		switch done, ok := rows[row]; {
		case !ok:
			t.Errorf("%s is left out, and is no row", row)
		case done != "":
			t.Errorf("%s is left out (%s), and %s is about it", row, reason, done)
		case reason == "":
			t.Errorf("%s is left out without a reason", row)
		}
		rows[row] = reason
	}
	for row, done := range rows {
		if done == "" {
			t.Errorf("no case is about %s, and no reason is given", row)
		}
	}
}

// leftOut is the reasons, by row.
func leftOut(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/left-out/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for _, file := range files {
		for _, line := range lines(t, file) {
			row, reason, _ := strings.Cut(line, ": ")
			reasons[row] = strings.TrimSpace(reason)
		}
	}
	return reasons
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
