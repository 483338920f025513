package reports

import (
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// hangWords say what a hang's form means.
var hangWords = map[result.HangForm]string{
	result.Silent:  "silent: not a byte came",
	result.Stalled: "stalled: the bytes stop within a record",
	result.Unended: "unended: it answered, and neither went on nor closed",
}

// kindWords are a failure's kind in words, nothing for a broken rule.
func kindWords(r result.Result) string {
	switch r.Kind {
	case result.Breach:
		return ""
	case result.Crash:
		return "crash: the server is gone afterwards"
	case result.Hang:
		if words := hangWords[r.Hang]; words != "" {
			return "hang, " + words
		}
		return "hang: nothing came, and no close, within the limit"
	}
	return clean(string(r.Kind))
}

// came is what a message says beside its first line, the check.
func came(r result.Result) []string {
	lines := cleanLines(r.Message)
	if len(lines) > 0 && len(cleanLines(r.Check)) > 0 && lines[0] == cleanLines(r.Check)[0] {
		lines = lines[1:]
	}
	return lines
}

// joined makes one line of several.
func joined(lines []string) string {
	var parts []string
	for _, line := range lines {
		parts = append(parts, strings.TrimSpace(line))
	}
	return strings.Join(parts, " ")
}
