package reports

import (
	"encoding/json"
	"io"

	"github.com/fcgikit/fcgikit/reports/result"
)

// JSON writes a run.
func JSON(w io.Writer, run result.Run) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(run)
}
