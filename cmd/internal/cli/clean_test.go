package cli

import "testing"

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		"":                         "",
		`1 "a" \ ä €`:              `1 "a" \ ä €`,
		"1\nprotocol: SCGI\x1b[0m": `1\nprotocol: SCGI\x1b[0m`,
		"\r\t\x00\x7f":             `\r\t\x00\x7f`,
		"\u202e\u009b":             `\u202e\u009b`,
		"\xff\ufffd":               `\xff` + "\ufffd",
		"\ufffd":                   "\ufffd",
		"\xc2":                     `\xc2`,
		"a\u2028b":                 `a\u2028b`,
		"a\nb \"c\"":               `a\nb \"c\"`,
	} {
		if got := Clean(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}
