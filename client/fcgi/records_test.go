package fcgi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Appendix A, the table, row by row.
func TestTypesHaveThePropertiesOfAppendixA(t *testing.T) {
	for _, row := range []struct {
		typ                            Type
		fromServer, management, stream bool
	}{
		{TypeGetValues, true, true, false},
		{TypeGetValuesResult, false, true, false},
		{TypeUnknownType, false, true, false},
		{TypeBeginRequest, true, false, false},
		{TypeAbortRequest, true, false, false},
		{TypeEndRequest, false, false, false},
		{TypeParams, true, false, true},
		{TypeStdin, true, false, true},
		{TypeData, true, false, true},
		{TypeStdout, false, false, true},
		{TypeStderr, false, false, true},
		{Type(0), false, false, false},
		{Type(12), false, false, false},
	} {
		if got := row.typ.FromServer(); got != row.fromServer {
			t.Errorf("%v: FromServer is %v", row.typ, got)
		}
		if got := row.typ.IsManagement(); got != row.management {
			t.Errorf("%v: IsManagement is %v", row.typ, got)
		}
		if got := row.typ.IsStream(); got != row.stream {
			t.Errorf("%v: IsStream is %v", row.typ, got)
		}
	}
}

// Section 3.3: the place of each field, high byte first.
func TestHeaderFieldsLieWhereSection33PutsThem(t *testing.T) {
	wire := []byte("\x01\x05\x12\x34\xab\xcd\xfe\x7f")
	want := Header{Version: 1, Type: TypeStdin, RequestID: 0x1234, ContentLength: 0xabcd, PaddingLength: 0xfe, Reserved: 0x7f}
	h, err := ParseHeader(wire)
	if err != nil || h != want {
		t.Errorf("decoded %+v, %v; want %+v", h, err, want)
	}
	if got := want.Append(nil); !bytes.Equal(got, wire) {
		t.Errorf("encoded %x, want %x", got, wire)
	}
	if got := want.Len(); got != 8+0xabcd+0xfe {
		t.Errorf("Len is %d", got)
	}
}

func TestShortHeaderAsksForMore(t *testing.T) {
	for n := range HeaderLen {
		if _, err := ParseHeader(make([]byte, n)); err != ErrShort {
			t.Errorf("%d bytes: error is %v, want ErrShort", n, err)
		}
	}
}

func TestHeaderStringShowsEveryOddField(t *testing.T) {
	for want, h := range map[string]Header{
		"{FCGI_STDIN, 1, 300 bytes}":                           {1, TypeStdin, 1, 300, 0, 0},
		"{FCGI_STDIN, 1, 300 bytes + 4 padding}":               {1, TypeStdin, 1, 300, 4, 0},
		"{type 72, 21584, 12081 bytes, version 72}":            {72, 72, 21584, 12081, 0, 0},
		"{FCGI_DATA, 1, 0 bytes + 255 padding, reserved 0xff}": {1, TypeData, 1, 0, 255, 255},
	} {
		if got := h.String(); got != want {
			t.Errorf("String is %q, want %q", got, want)
		}
	}
}

func TestCheckJudgesVersionAndRequestID(t *testing.T) {
	for typ := TypeBeginRequest; typ <= MaxType; typ++ {
		good, bad := uint16(65535), uint16(0)
		if typ.IsManagement() {
			good, bad = bad, good
		}
		if err := (Header{Version: 1, Type: typ, RequestID: good}).Check(); err != nil {
			t.Errorf("%v with id %d: %v", typ, good, err)
		}
		err := Header{Version: 1, Type: typ, RequestID: bad}.Check()
		wantSyntaxError(t, err, "3.3", 2, typ.String(), fmt.Sprint(bad))
	}
	for _, version := range []uint8{0, 2, 255} {
		err := Header{Version: version, Type: TypeStdin, RequestID: 1}.Check()
		wantSyntaxError(t, err, "3.3", 0, "version 1", fmt.Sprint(version))
	}
	for _, id := range []uint16{0, 1} {
		if err := (Header{Version: 1, Type: 12, RequestID: id}).Check(); err != nil {
			t.Errorf("unknown type with id %d: %v, want none: 4.2 answers it", id, err)
		}
	}
}

// Section 3.3: content and padding at their bounds, the padding of any bytes.
func TestRecordKeepsEveryByte(t *testing.T) {
	for _, c := range []struct{ content, padding int }{
		{0, 0}, {1, 0}, {0, 1}, {0, 255}, {1, 7}, {65535, 0}, {65535, 255},
	} {
		wire := []byte{1, 6, 0, 1, byte(c.content >> 8), byte(c.content), byte(c.padding), 0xee}
		wire = append(wire, bytes.Repeat([]byte{'c'}, c.content)...)
		wire = append(wire, bytes.Repeat([]byte{0xff}, c.padding)...)
		r, n, err := ParseRecord(append(wire[:len(wire):len(wire)], "next"...))
		if err != nil || n != len(wire) || len(r.Content) != c.content || len(r.Padding) != c.padding {
			t.Fatalf("%+v: took %d of %d, content %d, padding %d, %v", c, n, len(wire), len(r.Content), len(r.Padding), err)
		}
		if got := r.Append(nil); !bytes.Equal(got, wire) {
			t.Errorf("%+v: went out other than it came in", c)
		}
		for _, cut := range []int{0, 7, 8, len(wire) - 1} {
			if _, n, err := ParseRecord(wire[:min(cut, len(wire)-1)]); err != ErrShort || n != 0 {
				t.Errorf("%+v cut at %d: took %d, %v; want ErrShort", c, cut, n, err)
			}
		}
	}
}

func TestContentAndPaddingCannotGrowIntoWhatFollows(t *testing.T) {
	wire := []byte("\x01\x06\x00\x01\x00\x02\x02\x00abPPnext")
	r, _, err := ParseRecord(wire)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = append(r.Content, '!'), append(r.Padding, '!')
	if got := string(wire[8:]); got != "abPPnext" {
		t.Errorf("an append to a view changed the input to %q", got)
	}
}

func TestRecordWithWrongLengthsGoesOutWrong(t *testing.T) {
	r := Record{Header: Header{1, TypeStdin, 1, 1000, 9, 0}, Content: []byte("abc")}
	if got, want := string(r.Append(nil)), "\x01\x05\x00\x01\x03\xe8\x09\x00abc"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestAppendRecordCountsAndPadsWithZeros(t *testing.T) {
	got := string(AppendRecord([]byte("before"), TypeStdout, 0x102, []byte("abc"), 5))
	if want := "before\x01\x06\x01\x02\x00\x03\x05\x00abc\x00\x00\x00\x00\x00"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestAppendRecordHoldsTheLargestRecordAndNoMore(t *testing.T) {
	if got := len(AppendRecord(nil, TypeStdin, 1, make([]byte, 65535), 255)); got != 65798 {
		t.Errorf("the largest record has %d bytes, want 65798", got)
	}
	for _, c := range []struct{ content, padding int }{{65536, 0}, {0, 256}, {0, -1}} {
		wantPanic(t, func() { AppendRecord(nil, TypeStdin, 1, make([]byte, c.content), c.padding) })
	}
}

func wantPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if said, ok := recover().(string); !ok || !strings.HasPrefix(said, "fcgi: ") {
			t.Errorf("panicked with %v, want a line that begins with fcgi:", said)
		}
	}()
	f()
}

// Section 3.3: boundaries that are multiples of eight.
func TestPaddingEndsOnEightByteBoundaries(t *testing.T) {
	for content, want := range map[int]int{0: 0, 1: 7, 7: 1, 8: 0, 9: 7, 65528: 0, 65529: 7, 65535: 1} {
		if got := PaddingFor(content); got != want {
			t.Errorf("padding for %d bytes is %d, want %d", content, got, want)
		}
	}
	if MaxAlignedContent != 65528 {
		t.Errorf("MaxAlignedContent is %d", MaxAlignedContent)
	}
}

// Section 3.3: only the empty record is the end, so no content makes none.
func TestStreamIsCutIntoAlignedRecordsWithoutAnEnd(t *testing.T) {
	for _, c := range []struct {
		size    int
		records []int
	}{
		{0, nil}, {1, []int{1}}, {65528, []int{65528}}, {65529, []int{65528, 1}}, {200000, []int{65528, 65528, 65528, 3416}},
	} {
		content := pattern(c.size)
		wire := AppendStream(nil, TypeStdin, 7, content)
		if len(wire)%8 != 0 {
			t.Errorf("%d bytes: %d on the wire, no multiple of eight", c.size, len(wire))
		}
		var value []byte
		for i := 0; len(wire) > 0; i++ {
			r, n, err := ParseRecord(wire)
			if err != nil || i >= len(c.records) || len(r.Content) != c.records[i] || r.Type != TypeStdin || r.RequestID != 7 {
				t.Fatalf("%d bytes: record %d is %v, %v; want contents of %v", c.size, i, r, err, c.records)
			}
			value = append(value, r.Content...)
			wire = wire[n:]
		}
		if !bytes.Equal(value, content) {
			t.Errorf("%d bytes: the stream's value is another", c.size)
		}
	}
}

func TestEndOfStreamIsAnEmptyRecord(t *testing.T) {
	if got, want := string(AppendEndOfStream(nil, TypeParams, 258)), "\x01\x04\x01\x02\x00\x00\x00\x00"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestRecordsAreEncodedAndDecodedWithoutAllocation(t *testing.T) {
	content, buf := pattern(8000), make([]byte, 0, 70000)
	wire := AppendRecord(nil, TypeStdout, 1, content, 7)
	wantNoAllocs(t, "AppendRecord", func() { buf = AppendRecord(buf[:0], TypeStdout, 1, content, 7) })
	wantNoAllocs(t, "AppendStream", func() { buf = AppendStream(buf[:0], TypeStdin, 1, content) })
	wantNoAllocs(t, "ParseRecord", func() { sinkRecord, _, _ = ParseRecord(wire) })
	wantNoAllocs(t, "Record.Append", func() { buf = sinkRecord.Append(buf[:0]) })
	wantNoAllocs(t, "ParseRecord of a part", func() { _, _, sinkErr = ParseRecord(wire[:100]) })
	wantNoAllocs(t, "Check", func() { sinkErr = sinkRecord.Check() })
}

var (
	sinkRecord Record
	sinkPair   Pair
	sinkErr    error
)

func wantNoAllocs(t *testing.T, what string, f func()) {
	t.Helper()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%s allocates %v times", what, n)
	}
}

// pattern is n bytes that differ from their neighbours.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

func FuzzRecord(f *testing.F) {
	for _, flow := range appendixB {
		f.Add([]byte(flow.toApplication))
		f.Add([]byte(flow.toServer))
	}
	f.Add([]byte("\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n, err := ParseRecord(b)
		if err != nil {
			if err != ErrShort || n != 0 {
				t.Fatalf("took %d, %v; the only error is ErrShort", n, err)
			}
			if h, err := ParseHeader(b); err == nil && h.Len() <= len(b) {
				t.Fatalf("%d bytes are a whole record of %d", len(b), h.Len())
			}
			return
		}
		if n != r.Len() || len(r.Content) != int(r.ContentLength) || len(r.Padding) != int(r.PaddingLength) {
			t.Fatalf("%v has %d + %d bytes, took %d", r.Header, len(r.Content), len(r.Padding), n)
		}
		if got := r.Append(nil); !bytes.Equal(got, b[:n]) {
			t.Fatalf("%x went out as %x", b[:n], got)
		}
		_, _ = r.String(), r.Check()
	})
}

func BenchmarkAppendRecord(b *testing.B) {
	content, buf := pattern(8184), make([]byte, 0, 9000)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendRecord(buf[:0], TypeStdout, 1, content, 0)
	}
}

func BenchmarkParseRecord(b *testing.B) {
	wire := AppendRecord(nil, TypeStdout, 1, pattern(8184), 0)
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		sinkRecord, _, sinkErr = ParseRecord(wire)
	}
}
