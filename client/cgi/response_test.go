package cgi

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestAnswersOfSection6(t *testing.T) {
	type h = http.Header
	for _, c := range []struct {
		name, head string
		status     int
		text       string
		header     http.Header
		length     int64
		statusLine bool
	}{
		{"SCGI's example", "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n", 200, "200 OK", h{"Content-Type": {"text/plain"}}, -1, false},
		{"6.2.1 no Status", "Content-Type: a/b\n\n", 200, "200 OK", h{"Content-Type": {"a/b"}}, -1, false},
		{"6.2.1 error", "Content-Type: a/b\nStatus: 404 Not Here\n\n", 404, "404 Not Here", h{"Content-Type": {"a/b"}}, -1, false},
		{"6.2.2 local redirect", "Location: /a?b\n\n", 302, "302 Found", h{"Location": {"/a?b"}}, -1, false},
		{"6.2.3 client redirect", "Location: http://h/\r\n\r\n", 302, "302 Found", h{"Location": {"http://h/"}}, -1, false},
		{"6.2.4 its own status", "Location: http://h/\nStatus: 301 Moved\nContent-Type: a/b\n\n", 301, "301 Moved", h{"Location": {"http://h/"}, "Content-Type": {"a/b"}}, -1, false},
		{"6.2.4 that is no redirection", "Status: 201 Created\nLocation: /new\n\n", 201, "201 Created", h{"Location": {"/new"}}, -1, false},
		{"6.3 both line ends", "A: 1\r\nB: 2\nC: 3\r\n\n", 200, "200 OK", h{"A": {"1"}, "B": {"2"}, "C": {"3"}}, -1, false},
		{"6.3 blank line of CRLF behind LF", "A: 1\n\r\n", 200, "200 OK", h{"A": {"1"}}, -1, false},
		{"6.3 names in any case", "sTATUS: 404\ncontent-TYPE: a/b\nx-some-thing: s\n\n", 404, "404 Not Found", h{"Content-Type": {"a/b"}, "X-Some-Thing": {"s"}}, -1, false},
		{"6.3 whitespace around the value", "A:1\nB: \t 2 \t\r\n\n", 200, "200 OK", h{"A": {"1"}, "B": {"2"}}, -1, false},
		{"6.3 empty values", "A:\nStatus:\nLocation: \nContent-Length:\n\n", 200, "200 OK", h{"A": {""}, "Location": {""}, "Content-Length": {""}}, -1, false},
		{"6.3 no field", "\n", 200, "200 OK", h{}, -1, false},
		{"6.3 no field, CRLF", "\r\n", 200, "200 OK", h{}, -1, false},
		{"6.3 colons and bytes in a value", "A: b:c\t\xe4\xff\n\n", 200, "200 OK", h{"A": {"b:c\t\xe4\xff"}}, -1, false},
		{"6.3 the same Status again", "Status: 404 A\nStatus: 404 B\n\n", 404, "404 B", h{}, -1, false},
		{"6.3.3 no reason", "Status: 404\n\n", 404, "404 Not Found", h{}, -1, false},
		{"6.3.3 no reason, a space", "Status: 500 \r\n\r\n", 500, "500 Internal Server Error", h{}, -1, false},
		{"6.3.3 of 200", "Status: 200\n\n", 200, "200 OK", h{}, -1, false},
		{"6.3.3 a code that no one knows", "Status: 799\n\n", 799, "799", h{}, -1, false},
		{"6.3.3 least", "Status: 100 Continue\n\n", 100, "100 Continue", h{}, -1, false},
		{"6.3.3 greatest", "Status: 999 x\n\n", 999, "999 x", h{}, -1, false},
		{"6.3.4 several of a name", "Set-Cookie: a=1\nX: y\nset-cookie: b=2\nSet-Cookie: c=3\n\n", 200, "200 OK", h{"Set-Cookie": {"a=1", "b=2", "c=3"}, "X": {"y"}}, -1, false},
		{"6.3.4 Content-Length", "Content-Length: 42\n\n", 200, "200 OK", h{"Content-Length": {"42"}}, 42, false},
		{"6.3.4 Content-Length 0", "Content-Length: 0\n\n", 200, "200 OK", h{"Content-Length": {"0"}}, 0, false},
		{"6.3.4 the same Content-Length again", "Content-Length: 5\ncontent-length: 05\n\n", 200, "200 OK", h{"Content-Length": {"5", "05"}}, 5, false},
		{"5.2 status line", "HTTP/1.1 202 Taken\r\nA: b\r\n\r\n", 202, "202 Taken", h{"A": {"b"}}, -1, true},
		{"5.2 status line without reason", "HTTP/1.0 404\n\n", 404, "404 Not Found", h{}, -1, true},
		{"5.2 status line and Status", "HTTP/1.1 200 OK\nStatus: 404 No\nLocation: /\n\n", 404, "404 No", h{"Location": {"/"}}, -1, true},
		{"5.2 status line and Location", "HTTP/1.1 200 OK\nLocation: /\n\n", 200, "200 OK", h{"Location": {"/"}}, -1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := Answer{c.status, c.text, c.header, c.length, c.statusLine}
			for _, body := range []string{"", "42", "\n\n", "\r\nA: b\n\n"} {
				got, n, err := ParseAnswer([]byte(c.head + body))
				if err != nil || n != len(c.head) || !reflect.DeepEqual(got, want) {
					t.Errorf("with body %q\ngot  %+v, %d, %v\nwant %+v, %d", body, got, n, err, want, len(c.head))
				}
			}
		})
	}
}

func TestAnswersThatSection6DoesNotKnow(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		section      string
		offset       int64
		expected     string
		got          string
	}{
		{"no colon", "A: b\nhello\n\n", "6.3", 5, "a colon", `"hello"`},
		{"a document without header", "<html>\n\n", "6.3", 0, "a colon", `"<html>"`},
		{"empty name", "A: b\n: c\n\n", "6.3", 5, "a field name", `": c"`},
		{"space before the colon", "Content-Type : a/b\n\n", "6.3", 12, "a token up to its colon", `" : a/b"`},
		{"space within the name", "Some Thing: a\n\n", "6.3", 4, "a token", `" Thing: a"`},
		{"folded line", "A: b\n c: d\n\n", "6.3", 5, "a token", `" c: d"`},
		{"control byte in a name", "A\x01B: c\n\n", "6.3", 1, "a token", `"\x01B: c"`},
		{"NUL in a value", "A: b\x00c\n\n", "6.3", 4, "a value of A without control bytes", `"\x00c"`},
		{"CR in a value", "A: b\rB: c\n\n", "6.3", 4, "a value of A without control bytes", `"\rB: c"`},
		{"two CR at the end", "A: b\r\r\n\n", "6.3", 4, "a value of A without control bytes", `"\r"`},
		{"DEL in a value", "A: \x7f\n\n", "6.3", 3, "a value of A without control bytes", `"\x7f"`},
		{"Status of letters", "Status: abc\n\n", "6.3.3", 8, "100 to 999", `"abc"`},
		{"Status of two digits", "Status: 99\n\n", "6.3.3", 8, "100 to 999", `"99"`},
		{"Status 0", "Status: 0\n\n", "6.3.3", 8, "100 to 999", `"0"`},
		{"Status 099", "Status:  099 x\n\n", "6.3.3", 9, "100 to 999", `"099 x"`},
		{"Status 1000", "Status: 1000\n\n", "6.3.3", 8, "100 to 999", `"1000"`},
		{"Status with a sign", "Status: -20\n\n", "6.3.3", 8, "100 to 999", `"-20"`},
		{"Status with letters behind", "Status: 200OK\n\n", "6.3.3", 8, "100 to 999", `"200OK"`},
		{"two Status", "Status: 200 OK\nStatus: 404 No\n\n", "6.3", 23, "one Status", `"404 No" after "200 OK"`},
		{"Content-Length negative", "Content-Length: -1\n\n", "6.3.4", 16, "digits", `"-1"`},
		{"Content-Length with a sign", "Content-Length: +1\n\n", "6.3.4", 16, "digits", `"+1"`},
		{"Content-Length as a list", "Content-Length: 5, 5\n\n", "6.3.4", 16, "digits", `"5, 5"`},
		{"Content-Length hexadecimal", "Content-Length: 0x5\n\n", "6.3.4", 16, "digits", `"0x5"`},
		{"Content-Length 2^63", "Content-Length: 9223372036854775808\n\n", "6.3.4", 16, "below 2^63", `"9223372036854775808"`},
		{"two Content-Length", "Content-Length: 5\nContent-Length: 6\n\n", "6.3.4", 34, "one Content-Length", `"6" after "5"`},
		{"status line of letters", "HTTP/1.1 OK\n\n", "5.2", 8, "100 to 999", `"HTTP/1.1 OK"`},
		{"status line without status", "HTTP/1.1\n\n", "5.2", 8, "100 to 999", `"HTTP/1.1"`},
		{"status line with NUL", "HTTP/1.1 200 \x00\n\n", "5.2", 13, "without control bytes", `"\x00"`},
		{"status line that isn't first", "A: b\nHTTP/1.1 200 OK\n\n", "6.3", 5, "a colon", `"HTTP/1.1 200 OK"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, n, err := ParseAnswer([]byte(c.answer))
			wantSyntax(t, err, c.section, c.offset, c.expected, c.got)
			if n != 0 || !reflect.DeepEqual(a, Answer{}) {
				t.Errorf("it consumed %d bytes and gave %+v", n, a)
			}
			if cut := len(c.answer) - 1; !errors.Is(errorOf(c.answer[:cut]), ErrShort) {
				t.Errorf("before the blank line: %v", errorOf(c.answer[:cut]))
			}
		})
	}
}

func errorOf(answer string) error {
	_, _, err := ParseAnswer([]byte(answer))
	return err
}

// grown parses what grows by n bytes at a time, as a stream does.
func grown(p *Parser, answer []byte, n int) (a Answer, length int, err error) {
	for have := 0; ; {
		have = min(have+n, len(answer))
		a, length, err = p.Parse(answer[:have:have])
		if err != ErrShort || have == len(answer) {
			return a, length, err
		}
	}
}

func TestAnySegmentationIsTheSameAnswer(t *testing.T) {
	for _, answer := range []string{
		"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n42",
		"A: 1\n\r\n\n\n", "\r\n", "\n", "\r", "A: 1\r\n\r", "A: b\nhello\n\nbody", "",
	} {
		a, length, err := ParseAnswer([]byte(answer))
		whole := fmt.Sprintf("%+v %d %v", a, length, err)
		for n := 1; n <= len(answer); n++ {
			a, length, err := grown(&Parser{}, []byte(answer), n)
			if got := fmt.Sprintf("%+v %d %v", a, length, err); got != whole {
				t.Errorf("%q in pieces of %d is\n%s, whole it is\n%s", answer, n, got, whole)
			}
		}
	}
}

func TestLimitIsTheSameInAnySegmentation(t *testing.T) {
	const head = "A: 1\nB: 2\n\n"
	for limit := 1; limit < len(head)+2; limit++ {
		for n := 1; n < len(head)+5; n++ {
			p := Parser{MaxHeaderBytes: limit}
			_, length, err := grown(&p, []byte(head+"body"), n)
			if limit >= len(head) {
				if length != len(head) || err != nil {
					t.Errorf("limit %d, pieces of %d: %d, %v", limit, n, length, err)
				}
				continue
			}
			wantSyntax(t, err, "6.2", int64(limit), fmt.Sprintf("within %d bytes", limit), "none")
		}
	}
}

func TestDefaultLimit(t *testing.T) {
	long := []byte("A: " + strings.Repeat("x", DefaultMaxHeaderBytes))
	if _, _, err := ParseAnswer(long[:DefaultMaxHeaderBytes-1]); err != ErrShort {
		t.Errorf("a byte below the limit: %v", err)
	}
	_, _, err := ParseAnswer(long[:DefaultMaxHeaderBytes])
	wantSyntax(t, err, "6.2", DefaultMaxHeaderBytes, "a blank line", "none")
}

// TestNoByteIsSearchedTwice is exact where a measurement of time would not be: the search begins where it ended.
func TestNoByteIsSearchedTwice(t *testing.T) {
	answer := []byte("A: " + strings.Repeat("x", 1000) + "\nB: c")
	var p Parser
	for n := range len(answer) + 1 {
		if _, _, err := p.Parse(answer[:n]); err != ErrShort || p.searched != n {
			t.Fatalf("after %d bytes %d are searched, %v", n, p.searched, err)
		}
	}
	p.Reset()
	if _, n, err := p.Parse([]byte("A: b\n\n")); n != 6 || err != nil {
		t.Errorf("after Reset: %d, %v", n, err)
	}
}

func TestAnswerSharesNoMemoryWithItsBytes(t *testing.T) {
	b := []byte("Status: 404 No\nA: b\n\n")
	a, _, err := ParseAnswer(b)
	clear(b)
	if err != nil || a.StatusText != "404 No" || a.Header.Get("A") != "b" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestValuesCannotGrowIntoEachOther(t *testing.T) {
	a, _, _ := ParseAnswer([]byte("A: 1\nB: 2\n\n"))
	a.Header.Add("A", "x")
	if a.Header.Get("B") != "2" {
		t.Errorf("got %v", a.Header)
	}
}

func TestUsualAnswerTakesFourAllocations(t *testing.T) {
	b := []byte("Status: 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 42\r\nSet-Cookie: a=1\r\nX-Powered-By: PHP\r\nDate: x\r\n\r\n")
	var p Parser
	allocs := testing.AllocsPerRun(100, func() {
		p.Reset()
		if _, _, err := p.Parse(b); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 4 {
		t.Errorf("%v allocations, want at most 4", allocs)
	}
	allocs = testing.AllocsPerRun(100, func() {
		p.Reset()
		for n := range len(b) - 1 {
			if _, _, err := p.Parse(b[:n]); err != ErrShort {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations before the blank line, want 0", allocs)
	}
}

// TestNetHTTPServesTheSameAnswer has net/http/cgi, which knows nothing of this package, read the answers.
func TestNetHTTPServesTheSameAnswer(t *testing.T) {
	for _, answer := range []string{
		"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n42",
		"Content-Type: a/b\nX-A: 1\nx-a: 2\n\nbody\n\n",
		"Content-Type: a/b\r\nStatus: 404 Not Here\n\r\nno",
		"Location: http://h/\n\n",
		"Location: http://h/\nStatus: 301 Moved\nContent-Type: a/b\n\nmoved",
		"Status: 503\ncontent-type:a/b\n\n",
		"Content-Type: a/b\nContent-Length: 3\nSet-Cookie: a=1\nSet-Cookie: b=2\n\nabc",
	} {
		want := servedByNetHTTP(t, answer)
		got, n, err := ParseAnswer([]byte(answer))
		if err != nil {
			t.Errorf("%q: %v", answer, err)
			continue
		}
		body := bodyOf(t, want)
		if got.Status != want.StatusCode || !reflect.DeepEqual(got.Header, want.Header) || answer[n:] != body {
			t.Errorf("%q: got %+v and %q, net/http/cgi has %d, %v and %q", answer, got, answer[n:], want.StatusCode, want.Header, body)
		}
	}
}

// FuzzParser: any segmentation is the same, and what was read is read again from what AppendAnswer makes of it.
func FuzzParser(f *testing.F) {
	for _, s := range []string{
		"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n42", "Location: /\n\n", "\n", "HTTP/1.1 200 OK\n\n", "A: b\n c: d\n\n",
		"Set-Cookie: a\nset-cookie: b\n\n", "Content-Length: 5\nContent-Length: 6\n\n", "A:\x00\n\n", "Status: 99\n\n",
	} {
		f.Add([]byte(s), 1, 1000)
		f.Add([]byte(s), 3, 10)
	}
	f.Fuzz(func(t *testing.T, answer []byte, n, limit int) {
		n, limit = 1+int(uint(n)%64), 1+int(uint(limit)%4096)
		whole, length, err := (&Parser{MaxHeaderBytes: limit}).Parse(answer)
		parts, length2, err2 := grown(&Parser{MaxHeaderBytes: limit}, answer, n)
		if length != length2 || fmt.Sprint(err) != fmt.Sprint(err2) || !reflect.DeepEqual(whole, parts) {
			t.Fatalf("whole %+v, %d, %v\nin pieces of %d %+v, %d, %v", whole, length, err, n, parts, length2, err2)
		}
		if err != nil {
			return
		}
		again, _, err := ParseAnswer(AppendAnswer(nil, whole.Status, whole.Header))
		if err != nil || again.Status != whole.Status || !reflect.DeepEqual(again.Header, whole.Header) {
			t.Fatalf("%+v came back as %+v, %v", whole, again, err)
		}
	})
}
