package reports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports"
)

// committedMatrix is the summary that make matrix renews.
const committedMatrix = "matrix.json"

// TestTheREADMEHasTheMatrix holds the README's table against the committed
// summary; -update writes the table again, as make matrix does.
func TestTheREADMEHasTheMatrix(t *testing.T) {
	file, err := os.Open(committedMatrix)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := reports.ReadMatrix(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Peers) == 0 {
		t.Fatalf("%s has no implementation", committedMatrix)
	}
	name := filepath.Join("..", "README.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want, err := reports.InsertMatrix(page, m)
	if err != nil {
		t.Fatal(err)
	}
	if *update && !bytes.Equal(page, want) {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page), string(want)); diff != "" {
		t.Errorf("go test ./reports -run TestTheREADMEHasTheMatrix -update writes it again:\n%s", diff)
	}
}

func TestTheCommittedMatrixIsValid(t *testing.T) {
	text, err := os.ReadFile(committedMatrix)
	if err != nil {
		t.Fatal(err)
	}
	if err := validBy(t, reports.MatrixSchema, text); err != nil {
		t.Error(err)
	}
}

func TestTheMatrixIsInsertedBetweenItsMarks(t *testing.T) {
	m := matrixOf(t, matrixFiles()...).Summary()
	got, err := reports.InsertMatrix([]byte("before\n<!-- matrix -->\nold\n<!-- /matrix -->\nbehind\n"), m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := reports.InsertMatrix(got, m)
	if err != nil || !bytes.Equal(got, again) {
		t.Errorf("it is not the same when it is inserted again: %v", err)
	}
	if !bytes.HasPrefix(got, []byte("before\n<!-- matrix -->\n\n| implementation")) || !bytes.HasSuffix(got, []byte("\n<!-- /matrix -->\nbehind\n")) {
		t.Errorf("the page is\n%s", got)
	}
	for _, page := range []string{"", "<!-- matrix -->\n", "<!-- /matrix -->\n<!-- matrix -->\n"} {
		if _, err := reports.InsertMatrix([]byte(page), m); err == nil {
			t.Errorf("%q has a place for it", page)
		}
	}
}
