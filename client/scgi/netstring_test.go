package scgi

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestNetstringExamplesOfSection4(t *testing.T) {
	for _, c := range []struct{ s, wire string }{
		{"hello world!", "\x31\x32\x3a\x68\x65\x6c\x6c\x6f\x20\x77\x6f\x72\x6c\x64\x21\x2c"},
		{"", "0:,"},
	} {
		if got := string(AppendNetstring(nil, []byte(c.s))); got != c.wire {
			t.Errorf("AppendNetstring(%q) = %q, want %q", c.s, got, c.wire)
		}
		for _, behind := range []string{"", "7:another,"} {
			s, n, err := ParseNetstring([]byte(c.wire+behind), len(c.s))
			if string(s) != c.s || n != len(c.wire) || err != nil {
				t.Errorf("ParseNetstring(%q) = %q, %d, %v, want %q, %d", c.wire+behind, s, n, err, c.s, len(c.wire))
			}
		}
	}
}

func TestNetstringIsShortUntilItsComma(t *testing.T) {
	const wire = "12:hello world!,"
	for i := range wire {
		if s, n, err := ParseNetstring([]byte(wire[:i]), 100); s != nil || n != 0 || err != ErrShort {
			t.Errorf("ParseNetstring(%q) = %q, %d, %v, want ErrShort", wire[:i], s, n, err)
		}
	}
}

func TestNetstringRefusesWhatSection4DoesNotKnow(t *testing.T) {
	for _, c := range []struct {
		name, wire string
		max        int
		offset     int64
		expected   string
		got        string
	}{
		{"leading zero", "012:hello world!,", 100, 0, "leading zeros", `"01"`},
		{"two zeros", "00:,", 100, 0, "leading zeros", `"00"`},
		{"plus", "+12:", 100, 0, "a digit", `"+"`},
		{"minus", "-5:", 100, 0, "a digit", `"-"`},
		{"space before", " 12:", 100, 0, "a digit", `" "`},
		{"space behind", "12 :", 100, 2, `a digit or ":"`, `" "`},
		{"hexadecimal", "0x96:", 100, 1, `a digit or ":"`, `"x"`},
		{"no digit", ":,", 100, 0, "a digit", `":"`},
		{"letters", "GET / HTTP/1.1\r\n", 100, 0, "a digit", `"G"`},
		{"NUL", "1\x00", 100, 1, `a digit or ":"`, `"\x00"`},
		{"a FastCGI record", "\x01\x01\x00\x01", 100, 0, "a digit", `"\x01"`},
		{"over the maximum, before its colon", "101", 100, 0, "at most 100", `"101"`},
		{"a first digit over the maximum", "5", 3, 0, "at most 3", `"5"`},
		{"2^32+12", "4294967308:", 1 << 20, 0, "at most 1048576", `"4294967"`},
		{"2^64+12", "18446744073709551628:", math.MaxInt, 0, "at most", `"18446744073`},
		{"digits for ever", strings.Repeat("1", 1000), 100, 0, "at most 100", `"111"`},
		{"wrong terminator", "3:abc;", 100, 5, `","`, `";"`},
		{"one too short", "2:abc,", 100, 4, `","`, `"c"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, n, err := ParseNetstring([]byte(c.wire), c.max)
			wantSyntax(t, err, "4", c.offset, c.expected, c.got)
			if s != nil || n != 0 {
				t.Errorf("it consumed %d bytes and gave %q", n, s)
			}
		})
	}
}

func TestNetstringAtItsMaximum(t *testing.T) {
	if _, _, err := ParseNetstring([]byte("100:"), 100); err != ErrShort {
		t.Errorf("a length of the maximum: %v", err)
	}
	if _, _, err := ParseNetstring([]byte("9223372036854775807:"), math.MaxInt); math.MaxInt == math.MaxInt64 && err != ErrShort {
		t.Errorf("the longest length of all: %v", err)
	}
	if _, n, err := ParseNetstring([]byte("0:,"), 0); n != 3 || err != nil {
		t.Errorf("the empty netstring with a maximum of 0: %d, %v", n, err)
	}
}

func TestErrorIsOneLineWithOffsetAndSection(t *testing.T) {
	_, _, err := ParseNetstring([]byte("12 :"), 100)
	const want = `scgi: offset 2: expected a digit or ":", got " " (section 4)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func wantSyntax(t *testing.T, err error, section string, offset int64, expected, got string) {
	t.Helper()
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want a *SyntaxError", err)
	}
	if e.Section != section || e.Offset != offset {
		t.Errorf("section %s, offset %d, want section %s, offset %d (%v)", e.Section, e.Offset, section, offset, e)
	}
	if !strings.Contains(e.Expected, expected) {
		t.Errorf("expected %q, want it to have %q", e.Expected, expected)
	}
	if !strings.Contains(e.Got, got) {
		t.Errorf("got %q, want it to have %q", e.Got, got)
	}
}

func FuzzParseNetstring(f *testing.F) {
	for _, s := range []string{"12:hello world!,", "0:,", "012:", "3:abc;", "99999999999999999999:", ":", "-1:"} {
		f.Add([]byte(s), 100)
	}
	f.Fuzz(func(t *testing.T, b []byte, max int) {
		s, n, err := ParseNetstring(b, max)
		if err != nil {
			if s != nil || n != 0 {
				t.Fatalf("%q consumed with %v", b[:n], err)
			}
			return
		}
		if len(s) > max {
			t.Fatalf("%d bytes with a maximum of %d", len(s), max)
		}
		if again := AppendNetstring(nil, s); string(again) != string(b[:n]) {
			t.Fatalf("%q came back as %q", b[:n], again)
		}
	})
}
