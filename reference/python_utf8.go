package reference

import (
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF8 takes s for UTF-8 as Python 2 does, which lets surrogates through.
// Two that make a pair are one character when they are encoded again.
func decodeUTF8(s string) (text string, ok bool) {
	if utf8.ValidString(s) {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for len(s) > 0 {
		if r, n := surrogatePair(s); n > 0 {
			b, s = utf8.AppendRune(b, r), s[n:]
			continue
		}
		n := characterLen(s)
		if n == 0 {
			return "", false
		}
		b, s = append(b, s[:n]...), s[n:]
	}
	return string(b), true
}

// characterLen is how many bytes the character has that s begins with, 0 if it
// is none.
func characterLen(s string) int {
	if _, n := surrogate(s); n > 0 {
		return n
	}
	if r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1 {
		return n
	}
	return 0
}

// surrogate is the surrogate that s begins with, encoded in n bytes like the
// characters beside it; n is 0 if there is none.
func surrogate(s string) (r rune, n int) {
	if len(s) < 3 || s[0] != 0xED || s[1]&0xE0 != 0xA0 || s[2]&0xC0 != 0x80 {
		return 0, 0
	}
	return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
}

// surrogatePair is the character that s begins with as two surrogates, high and
// low.
func surrogatePair(s string) (r rune, n int) {
	high, n := surrogate(s)
	low, m := surrogate(s[n:])
	if n == 0 || m == 0 {
		return 0, 0
	}
	if r = utf16.DecodeRune(high, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, n + m
}
