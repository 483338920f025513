package scgi

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func headersOf(pairs ...string) []Header {
	var headers []Header
	for i := 0; i < len(pairs); i += 2 {
		headers = append(headers, Header{[]byte(pairs[i]), []byte(pairs[i+1])})
	}
	return headers
}

func blockOf(headers []Header) []byte {
	var block []byte
	for _, h := range headers {
		block = AppendHeader(block, h.Name, h.Value)
	}
	return block
}

func TestAppendHeaderTakesStringsAndBytes(t *testing.T) {
	const want = "SCGI\x001\x00"
	for _, got := range []string{
		string(AppendHeader(nil, "SCGI", "1")),
		string(AppendHeader(nil, []byte("SCGI"), "1")),
		string(AppendHeader(nil, "SCGI", []byte("1"))),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHeadersOfSection3(t *testing.T) {
	for _, c := range []struct {
		name, block string
		want        []Header
	}{
		{"none", "", nil},
		{"one", "SCGI\x001\x00", headersOf("SCGI", "1")},
		{"empty value", "A\x00\x00B\x00b\x00", headersOf("A", "", "B", "b")},
		{"bytes of all kinds", "A\x01\xff\x00\x80=\r\n\x00", headersOf("A\x01\xff", "\x80=\r\n")},
		{"empty name, for CheckHeaders to refuse", "\x00v\x00", headersOf("", "v")},
		{"NUL bytes alone", "\x00\x00\x00\x00", headersOf("", "", "", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseHeaders([]byte(c.block))
			if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
			if again := blockOf(got); string(again) != c.block {
				t.Errorf("%q came back as %q", c.block, again)
			}
		})
	}
}

func TestHeadersThatSection3CannotTakeApart(t *testing.T) {
	for _, c := range []struct {
		name, block, expected, got string
		before                     int
	}{
		{"a name without NUL", "SCGI", "NUL at the end of a name", `"SCGI"`, 0},
		{"a value without NUL", "SCGI\x001", `NUL at the end of the value of "SCGI"`, `"1"`, 0},
		{"an odd number of items", "SCGI\x001\x00REST\x00", `NUL at the end of the value of "REST"`, `""`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers, err := ParseHeaders([]byte(c.block))
			wantSyntax(t, err, "3", int64(len(c.block)), c.expected, c.got)
			if len(headers) != c.before {
				t.Errorf("%d headers before the error, want %d", len(headers), c.before)
			}
		})
	}
}

func TestParsedHeadersCannotGrowOverTheWire(t *testing.T) {
	block := []byte("A\x00a\x00B\x00b\x00")
	headers, _ := ParseHeaders(block)
	_ = append(headers[0].Name, 'x')
	_ = append(headers[0].Value, 'x')
	if string(block) != "A\x00a\x00B\x00b\x00" {
		t.Errorf("the block became %q", block)
	}
}

func TestRulesOfSection3(t *testing.T) {
	many := []string{"CONTENT_LENGTH", "0", "SCGI", "1"}
	for i := range fewHeaders {
		many = append(many, fmt.Sprint("N", i), "")
	}
	for _, c := range []struct {
		name     string
		headers  []Header
		offset   int64
		expected string // "" when the rules are kept
		got      string
	}{
		{"kept", headersOf("CONTENT_LENGTH", "27", "SCGI", "1", "REQUEST_METHOD", "POST"), 0, "", ""},
		{"SCGI last", headersOf("CONTENT_LENGTH", "0", "A", "", "SCGI", "1"), 0, "", ""},
		{"leading zeros are digits", headersOf("CONTENT_LENGTH", "0005", "SCGI", "1"), 0, "", ""},
		{"2^63-1", headersOf("CONTENT_LENGTH", "9223372036854775807", "SCGI", "1"), 0, "", ""},
		{"many", headersOf(many...), 0, "", ""},
		{"no header", nil, 0, "CONTENT_LENGTH", "no header"},
		{"CONTENT_LENGTH missing", headersOf("SCGI", "1"), 0, "CONTENT_LENGTH as the first name", `"SCGI"`},
		{"CONTENT_LENGTH second", headersOf("SCGI", "1", "CONTENT_LENGTH", "0"), 0, "CONTENT_LENGTH as the first name", `"SCGI"`},
		{"CONTENT_LENGTH in small letters", headersOf("content_length", "0", "SCGI", "1"), 0, "CONTENT_LENGTH as the first name", `"content_length"`},
		{"CONTENT_LENGTH empty", headersOf("CONTENT_LENGTH", "", "SCGI", "1"), 15, "digits", `""`},
		{"CONTENT_LENGTH negative", headersOf("CONTENT_LENGTH", "-1", "SCGI", "1"), 15, "digits", `"-1"`},
		{"CONTENT_LENGTH signed", headersOf("CONTENT_LENGTH", "+5", "SCGI", "1"), 15, "digits", `"+5"`},
		{"CONTENT_LENGTH with a space", headersOf("CONTENT_LENGTH", "5 ", "SCGI", "1"), 15, "digits", `"5 "`},
		{"CONTENT_LENGTH of letters", headersOf("CONTENT_LENGTH", "abc", "SCGI", "1"), 15, "digits", `"abc"`},
		{"2^63", headersOf("CONTENT_LENGTH", "9223372036854775808", "SCGI", "1"), 15, "below 2^63", `"9223372036854775808"`},
		{"2^64+2", headersOf("CONTENT_LENGTH", "18446744073709551618", "SCGI", "1"), 15, "below 2^63", `"18446744073709551618"`},
		{"CONTENT_LENGTH twice", headersOf("CONTENT_LENGTH", "5", "SCGI", "1", "CONTENT_LENGTH", "2"), 24, "each name once", `"CONTENT_LENGTH"`},
		{"another name twice", headersOf("CONTENT_LENGTH", "0", "SCGI", "1", "A", "", "A", ""), 27, "each name once", `"A"`},
		{"one of many twice", headersOf(append(many, "N0", "")...), int64(len(blockOf(headersOf(many...)))), "each name once", `"N0"`},
		{"an empty name", headersOf("CONTENT_LENGTH", "0", "SCGI", "1", "", "v"), 24, "at least one byte", "an empty name"},
		{"NUL in a name", headersOf("CONTENT_LENGTH", "0", "SCGI", "1", "A\x00B", "v"), 25, "a name without NUL", `"A\x00B"`},
		{"NUL in a value", headersOf("CONTENT_LENGTH", "0", "SCGI", "1", "A", "v\x00"), 27, `a value of "A" without NUL`, `"v\x00"`},
		{"SCGI missing", headersOf("CONTENT_LENGTH", "0", "A", "1"), 21, "a header SCGI", "the end"},
		{"SCGI 2", headersOf("CONTENT_LENGTH", "0", "SCGI", "2"), 22, `"1"`, `"2"`},
		{"SCGI empty", headersOf("CONTENT_LENGTH", "0", "SCGI", ""), 22, `"1"`, `""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckHeaders(c.headers)
			if c.expected == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantSyntax(t, err, "3", c.offset, c.expected, c.got)
		})
	}
}

func TestLongValuesAreShortenedInErrors(t *testing.T) {
	err := CheckHeaders(headersOf("CONTENT_LENGTH", strings.Repeat("x", 10000)))
	if len(err.Error()) > 200 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

func TestHeadersTakeNoMemoryTwice(t *testing.T) {
	headers := headersOf("CONTENT_LENGTH", "0", "SCGI", "1", "REQUEST_METHOD", "GET", "REQUEST_URI", "/a", "PATH_INFO", "/a")
	block := blockOf(headers)
	room := make([]Header, 0, 8)
	buf := make([]byte, 0, 4096)
	allocs := testing.AllocsPerRun(100, func() {
		parsed, err := ParseHeadersInto(room[:0], block)
		if err != nil || CheckHeaders(parsed) != nil {
			t.Fatal("refused")
		}
		b := AppendNetstring(buf[:0], block)
		_ = AppendRequest(b, parsed, nil)
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}

func FuzzParseHeaders(f *testing.F) {
	for _, s := range []string{"", "SCGI\x001\x00", "A\x00\x00", "\x00\x00", "A\x00", "CONTENT_LENGTH\x0027\x00SCGI\x001\x00A\x00a\x00A\x00a\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		headers, err := ParseHeaders(block)
		again := blockOf(headers)
		if err == nil && string(again) != string(block) {
			t.Fatalf("%q came back as %q", block, again)
		}
		if !strings.HasPrefix(string(block), string(again)) {
			t.Fatalf("%q gave headers %q", block, again)
		}
		if CheckHeaders(headers) == nil && !keepsSection3(headers) {
			t.Fatalf("accepted %q", headers)
		}
	})
}

// keepsSection3 is the rules once more, in another way.
func keepsSection3(headers []Header) bool {
	byName := map[string]string{}
	for _, h := range headers {
		byName[string(h.Name)] = string(h.Value)
	}
	_, empty := byName[""]
	return len(byName) == len(headers) && !empty && byName["SCGI"] == "1" &&
		string(headers[0].Name) == "CONTENT_LENGTH" && strings.Trim(byName["CONTENT_LENGTH"], "0123456789") == "" &&
		byName["CONTENT_LENGTH"] != ""
}

func TestRequestGetGivesTheFirst(t *testing.T) {
	r := Request{Headers: headersOf("A", "1", "A", "2")}
	if value, ok := r.Get("A"); string(value) != "1" || !ok {
		t.Errorf("got %q, %v", value, ok)
	}
	if value, ok := r.Get("a"); value != nil || ok {
		t.Errorf("got %q, %v for a name that isn't there", value, ok)
	}
	if !reflect.DeepEqual(r.Headers, headersOf("A", "1", "A", "2")) {
		t.Error("Get changed the headers")
	}
}
