package reports

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// The marks around the matrix in a page of a repository.
const (
	matrixBegin = "<!-- matrix -->\n"
	matrixEnd   = "<!-- /matrix -->\n"
)

// InsertMatrix is a Markdown page with the matrix's table between its marks,
// <!-- matrix --> and <!-- /matrix -->, each on a line of its own.
func InsertMatrix(page []byte, m result.Matrix) ([]byte, error) {
	head, rest, begins := strings.Cut(string(page), matrixBegin)
	_, tail, ends := strings.Cut(rest, matrixEnd)
	if !begins || !ends {
		return nil, fmt.Errorf("the page has no lines %q and %q around the matrix", strings.TrimSpace(matrixBegin), strings.TrimSpace(matrixEnd))
	}
	var b bytes.Buffer
	b.WriteString(head + matrixBegin + "\n")
	if err := MatrixMarkdown(&b, m); err != nil {
		return nil, err
	}
	b.WriteString("\n" + matrixEnd + tail)
	return b.Bytes(), nil
}
