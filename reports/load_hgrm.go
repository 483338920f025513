package reports

import (
	"bytes"
	"fmt"
	"io"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadHgrm writes the response times of a run in the percentile text of
// HdrHistogram, in milliseconds: a section for each subject, all its rounds as
// one, after a comment with its name. A line's value is, as in the other reports,
// the first that so many percent do not exceed. The error is of w, or of a
// histogram that can't be read.
func LoadHgrm(w io.Writer, run result.Load) error {
	sums, err := sumsOf(run)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for i, s := range sums {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "#[%s: response times in milliseconds]\n", clean(s.Name))
		if s.response.TotalCount() == 0 {
			b.WriteString("#[no request ended]\n")
			continue
		}
		if _, err := s.response.PercentilesPrint(&b, hgrmTicks, 1000); err != nil {
			return err
		}
	}
	_, err = w.Write(b.Bytes())
	return err
}

// hgrmTicks are lines for each halving of what is left, as HdrHistogram's own
// tools have them.
const hgrmTicks = 5
