package reports

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// progress rewrites the line that tells how far the run is.
func (t *Text) progress(last result.Result) {
	if !t.Progress {
		return
	}
	line := fmt.Sprint(t.done)
	if t.Total > 0 {
		line = fmt.Sprintf("%d of %d", t.done, t.Total)
	}
	if t.broken > 0 {
		line += fmt.Sprintf(", %d not well", t.broken)
	}
	line += "  " + clean(last.ID)
	t.Clear()
	// One column stays free: in the last one some terminals begin a new line.
	t.line = shorten(line, t.width()-1)
	t.printf("%s", t.line)
}

// Clear takes the progress line away, for others that print on the terminal.
func (t *Text) Clear() {
	if t.line == "" {
		return
	}
	t.printf("\r%s\r", strings.Repeat(" ", len([]rune(t.line))))
	t.line = ""
}

func (t *Text) width() int {
	if t.Width <= 0 {
		return defaultWidth
	}
	return t.Width
}
