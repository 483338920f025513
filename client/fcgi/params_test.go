package fcgi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Section 5.2 and appendix B, example 1, padded to eight bytes (3.3).
func TestParamsAreAStreamOfPairsAndItsEnd(t *testing.T) {
	e := EncodeParams([]byte(begin1), 1)
	e.Add("SERVER_PORT", "80")
	e.Add("SERVER_ADDR", "199.170.183.42")
	want := begin1 + "\x01\x04\x00\x01\x00\x2a\x06\x00" + bothPairs + "\x00\x00\x00\x00\x00\x00" + params1End
	if got := string(e.End()); got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestNoParamsAreOnlyTheEnd(t *testing.T) {
	e := EncodeParams([]byte(begin2Keep), 2)
	if got, want := string(e.End()), begin2Keep+params2End; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

// valueFor makes a pair of n bytes on the wire with a name of one byte.
func valueFor(n int) string {
	if n > 2+1+127 {
		return strings.Repeat("v", n-6)
	}
	return strings.Repeat("v", n-3)
}

func TestPairStaysWithinOneRecordIfItFits(t *testing.T) {
	for _, c := range []struct {
		what    string
		pairs   []int // bytes on the wire
		records []int // bytes of content; whole pairs unless a pair is longer than a record
	}{
		{"one record's worth", []int{65535}, []int{65535}},
		{"filled to the last byte", []int{100, 65435}, []int{65535}},
		{"a byte too many", []int{100, 65436}, []int{100, 65436}},
		{"the largest last", []int{3, 65535}, []int{3, 65535}},
		{"the largest first", []int{65535, 3}, []int{65535, 3}},
		{"each full", []int{40000, 40000, 40000}, []int{40000, 40000, 40000}},
		{"longer than a record", []int{65536}, []int{65528, 8}},
		{"longer, among others", []int{10, 70000, 20}, []int{10, 65528, 4472, 20}},
		{"longer twice", []int{65536, 140000}, []int{65528, 8, 65528, 65528, 8944}},
	} {
		e := EncodeParams(nil, 9)
		var value []byte
		for _, n := range c.pairs {
			e.Add("N", valueFor(n))
			value = AppendPair(value, "N", valueFor(n))
		}
		contents, stream := recordsOf(t, e.End())
		if want := append(c.records, 0); fmt.Sprint(contents) != fmt.Sprint(want) {
			t.Errorf("%s: records of %v bytes, want %v", c.what, contents, want)
		}
		if !bytes.Equal(stream, value) {
			t.Errorf("%s: the stream's value is another", c.what)
		}
	}
}

// recordsOf decodes a PARAMS stream of request 9: how long each content is,
// and the stream's value. Content and padding together stay within what php-fpm
// takes, 65535 bytes.
func recordsOf(t *testing.T, wire []byte) (contents []int, stream []byte) {
	t.Helper()
	for len(wire) > 0 {
		r, n, err := ParseRecord(wire)
		if err != nil || r.Check() != nil || r.Type != TypeParams || r.RequestID != 9 {
			t.Fatalf("record %v, %v", r, err)
		}
		if n > 8+65535 {
			t.Errorf("%v: content and padding exceed 65535 bytes", r)
		}
		if n%8 != 0 && n+PaddingFor(n) <= 8+65535 {
			t.Errorf("%v does not end on an eight-byte boundary", r)
		}
		contents, stream = append(contents, len(r.Content)), append(stream, r.Content...)
		wire = wire[n:]
	}
	return contents, stream
}

func TestParamsAreEncodedWithoutAllocation(t *testing.T) {
	buf := make([]byte, 0, 1000)
	wantNoAllocs(t, "ParamsEncoder", func() {
		e := EncodeParams(buf[:0], 1)
		e.Add("SERVER_PORT", "80")
		e.Add("SERVER_ADDR", "199.170.183.42")
		buf = e.End()
	})
}

func FuzzParamsEncoder(f *testing.F) {
	f.Add([]byte{0, 1, 5, 127, 128, 255}, uint32(1))
	f.Add([]byte{9, 200, 200, 255}, uint32(500))
	f.Add([]byte{1, 1, 1}, uint32(65529))
	f.Fuzz(func(t *testing.T, sizes []byte, scale uint32) {
		e := EncodeParams(nil, 9)
		var value []byte
		for i, size := range sizes[:min(len(sizes), 8)] {
			name, text := strings.Repeat("N", i*60), strings.Repeat("v", int(size)*int(scale%1000)+int(scale%70000))
			e.Add(name, text)
			value = AppendPair(value, name, text)
		}
		contents, stream := recordsOf(t, e.End())
		if !bytes.Equal(stream, value) {
			t.Fatalf("records of %v bytes hold another stream", contents)
		}
		for i, n := range contents {
			if (n == 0) != (i == len(contents)-1) {
				t.Fatalf("records of %v bytes: the empty one is to be the last", contents)
			}
		}
	})
}

func BenchmarkParamsEncoder(b *testing.B) {
	buf := make([]byte, 0, 2000)
	b.ReportAllocs()
	for b.Loop() {
		e := EncodeParams(buf[:0], 1)
		for range 25 {
			e.Add("SERVER_ADDR", "199.170.183.42")
		}
		buf = e.End()
	}
}
