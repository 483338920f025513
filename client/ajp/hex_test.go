package ajp

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// unhex reads bytes written as in the specification: pairs of hexadecimal digits, a field a line, a comment after "|".
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		bytes, _, _ := strings.Cut(line, "|")
		digits.WriteString(strings.Join(strings.Fields(bytes), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wantSyntaxError checks where an error is and what it says.
func wantSyntaxError(t *testing.T, err error, section string, offset int64, expected, got string) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("error %v, want a SyntaxError", err)
	}
	if want := (SyntaxError{section, offset, expected, got}); *syntax != want {
		t.Errorf("got  %v\nwant %v", syntax, &want)
	}
}

func wantEncodeError(t *testing.T, err error, section string) {
	t.Helper()
	var encode *EncodeError
	if !errors.As(err, &encode) {
		t.Fatalf("error %v, want an EncodeError", err)
	}
	if encode.Section != section {
		t.Errorf("%v, want section %s", err, section)
	}
}
