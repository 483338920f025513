package reports

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean is a text in one line and without what a terminal or a browser acts on:
// control characters, those that turn or hide text, and bytes that are no UTF-8
// are written as Go's strings have them. What a server sent stands in messages,
// so every report cleans what it shows.
func clean(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && invalidAt(s, i):
			b.WriteString(`\x`)
			b.WriteString(strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// invalidAt tells a byte that is no UTF-8 from U+FFFD itself.
func invalidAt(s string, i int) bool {
	_, n := utf8.DecodeRuneInString(s[i:])
	return n == 1
}

// cleanLines are a text's lines, those with nothing to read left out.
func cleanLines(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		line = clean(strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), " \r"))
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// shorten cuts a line that was cleaned after n characters.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:max(n-3, 0)]) + "..."
}

// number is a count and what is counted: 1 failure, 2 failures.
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
