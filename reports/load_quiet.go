package reports

import (
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadVerdict prints what a run of fcgibench found in sentences, and nothing
// else.
func LoadVerdict(w io.Writer, run result.Load) error {
	_, err := io.WriteString(w, strings.Join(loadVerdict(run), "\n")+"\n")
	return err
}
