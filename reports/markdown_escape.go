package reports

import (
	"strings"
)

// mdEscapes take their meaning from the characters of Markdown, of HTML within
// it, and of what GitHub makes a link of. They keep the text readable in its
// source, so the rest stays as it is: text stands behind a label or in a cell,
// where nothing begins a list or a heading.
var mdEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "$", `\$`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;",
	"@", "@<!-- -->", "#", "#<!-- -->", "://", ":<!-- -->//", "www.", "www<!-- -->.",
)

// mdText is a text of others in a line of Markdown.
func mdText(s string) string { return mdEscapes.Replace(clean(s)) }

// mdCode is a text as code, in a table's cell, too.
func mdCode(s string) string {
	s = clean(s)
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}

// longestRun is how often a byte stands in a row.
func longestRun(s string, b byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if run++; s[i] != b {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// mdLink is a text with its link, where that may be followed.
func mdLink(text, link string) string {
	link = webLink(link)
	if link == "" {
		return mdText(text)
	}
	return "[" + mdText(text) + "](<" + mdDestination.Replace(link) + ">)"
}

// mdDestination keeps a link within its brackets and a table's cell.
var mdDestination = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", `\`, "%5C", "\n", "", "\r", "")
