package ajp

import (
	"bytes"
	"testing"
)

// Section Basic Packet Structure.
func TestIntegersAndStringsOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  []byte
		want string
	}{
		{"integer, high-order byte first", AppendInteger(nil, 0x1FFA), "1f fa"},
		{"largest integer", AppendInteger(nil, 0xFFFF), "ff ff"},
		{"string", AppendString(nil, []byte("ab")), "00 02 61 62 00"},
		{"empty string", AppendString(nil, []byte{}), "00 00 00"},
		{"null string", AppendString(nil, nil), "ff ff"},
	} {
		if !bytes.Equal(tt.got, unhex(t, tt.want)) {
			t.Errorf("%s: got % x, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestStringsReadBack(t *testing.T) {
	for _, s := range [][]byte{nil, {}, []byte("a"), []byte("a\x00b"), make([]byte, MaxStringLen)} {
		r := reader{payload: AppendString(nil, s)}
		got := r.string("", "")
		if r.err != nil || !bytes.Equal(got, s) || (got == nil) != (s == nil) || r.at != len(r.payload) {
			t.Errorf("%d bytes, null %v: got %d bytes, null %v, %v", len(s), s == nil, len(got), got == nil, r.err)
		}
		if r.unterminated.Count != 0 {
			t.Errorf("%d bytes: counted as unterminated", len(s))
		}
	}
}

func TestStringAsLongAsTheNullMarkAppendsNothing(t *testing.T) {
	if got := AppendString([]byte("x"), make([]byte, MaxStringLen+1)); string(got) != "x" {
		t.Errorf("appended %d bytes", len(got)-1)
	}
}

func TestStringThatRunsPastThePayloadIsRefused(t *testing.T) {
	for _, tt := range []struct{ wire, expected, got string }{
		{"", "s of 2 bytes", "0 bytes up to the end of the payload"},
		{"00", "s of 2 bytes", "1 byte up to the end of the payload"},
		{"7f ff 61", "s of 32768 bytes", "1 byte up to the end of the payload"},
		{"00 00", "s of 1 byte", "0 bytes up to the end of the payload"},
		{"00 02 61 62", "s of 3 bytes", "2 bytes up to the end of the payload"}, // the NUL is missing
	} {
		r := reader{payload: unhex(t, tt.wire)}
		if got := r.string("S", "s"); got != nil {
			t.Errorf("%s: got %q", tt.wire, got)
		}
		wantSyntaxError(t, r.err, "S", int64(min(len(r.payload), 2)&^1), tt.expected, tt.got)
	}
}

func TestStringsWithoutNULAreReadAndCounted(t *testing.T) {
	r := reader{payload: unhex(t, "00 01 61 00  00 01 62 78  00 00 79")}
	for _, want := range []string{"a", "b", ""} {
		if got := r.string("", ""); string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if want := (Unterminated{Count: 2, Offset: 7, Byte: 'x'}); r.err != nil || r.unterminated != want {
		t.Errorf("got %+v, want %+v, %v", r.unterminated, want, r.err)
	}
}
