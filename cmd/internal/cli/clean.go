package cli

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean is what a server said, for a line of ours: what would end the line, or a
// terminal act on, is written as Go's strings have it.
func Clean(s string) string {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
