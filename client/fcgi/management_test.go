package fcgi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Section 4.1: a query names variables with empty values, in a record with the
// null request id. Its length is 14+2 + 13+2 + 15+2 = 48 bytes.
const getValues = "\x01\x09\x00\x00\x00\x30\x00\x00" +
	"\016\000FCGI_MAX_CONNS" + "\015\000FCGI_MAX_REQS" + "\017\000FCGI_MPXS_CONNS"

// Section 4.1: an answer with its values; the variables' examples are the text's.
const getValuesResult = "\x01\x0a\x00\x00\x00\x34\x00\x00" +
	"\016\002FCGI_MAX_CONNS10" + "\015\001FCGI_MAX_REQS1" + "\017\001FCGI_MPXS_CONNS0"

// Section 4.2: {FCGI_UNKNOWN_TYPE, 0, {T}} for T = 200.
const unknownType200 = "\x01\x0b\x00\x00\x00\x08\x00\x00" + "\xc8\x00\x00\x00\x00\x00\x00\x00"

func TestQueryIsEncodedAsSection41Says(t *testing.T) {
	if got := string(AppendGetValues(nil, 0, FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS)); got != getValues {
		t.Errorf("encoded %q, want %q", got, getValues)
	}
	if got, want := string(AppendGetValues(nil, 3)), "\x01\x09\x00\x00\x00\x00\x03\x00\x00\x00\x00"; got != want {
		t.Errorf("a query for nothing, padded: %q, want %q", got, want)
	}
}

func TestAnswerIsEncodedAsSection41Says(t *testing.T) {
	got := AppendGetValuesResult(nil,
		Pair{Name: []byte(FCGI_MAX_CONNS), Value: []byte("10")},
		Pair{Name: []byte(FCGI_MAX_REQS), Value: []byte("1")},
		Pair{Name: []byte(FCGI_MPXS_CONNS), Value: []byte("0")})
	if string(got) != getValuesResult {
		t.Errorf("encoded %q, want %q", got, getValuesResult)
	}
	if got, want := string(AppendGetValuesResult(nil)), "\x01\x0a\x00\x00\x00\x00\x00\x00"; got != want {
		t.Errorf("an answer to unknown names: %q, want %q", got, want)
	}
}

func TestQueryThatNoRecordHoldsPanics(t *testing.T) {
	largest := strings.Repeat("N", 65535-5)
	if got := len(AppendGetValues(nil, 0, largest)); got != 8+65535 {
		t.Errorf("the largest query has %d bytes", got)
	}
	wantPanic(t, func() { AppendGetValues(nil, 0, largest+"N") })
	wantPanic(t, func() { AppendGetValuesResult(nil, Pair{Name: []byte(largest + "N")}) })
}

func TestValuesAreDecodedInTheirOrder(t *testing.T) {
	for wire, want := range map[string]string{
		getValues:                          "FCGI_MAX_CONNS= FCGI_MAX_REQS= FCGI_MPXS_CONNS= ",
		getValuesResult:                    "FCGI_MAX_CONNS=10 FCGI_MAX_REQS=1 FCGI_MPXS_CONNS=0 ",
		"\x01\x0a\x00\x00\x00\x00\x00\x00": "",
		"\x01\x0a\x00\x00\x00\x13\x00\x00\001\001A1\001\001A2\001\000B\001\000C\001\002D34": "A=1 A=2 B= C= D=34 ",
	} {
		r, _, err := ParseRecord([]byte(wire))
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := ParseValues(r.Content)
		var got strings.Builder
		for _, p := range pairs {
			fmt.Fprintf(&got, "%s=%s ", p.Name, p.Value)
		}
		if err != nil || got.String() != want {
			t.Errorf("%v: %q, %v; want %q", r, got.String(), err, want)
		}
	}
}

func TestValuesThatEndWithinAPairTellWhere(t *testing.T) {
	for content, at := range map[string]int64{
		"\001":                      0,
		"\001\001A1\001\005A":       4,
		"\001\001A1\x80\x00":        4,
		"\001\000A\xff\xff\xff\xff": 3,
	} {
		pairs, err := ParseValues([]byte(content))
		wantSyntaxError(t, err, "4.1", at, "a whole name-value pair", fmt.Sprintf("%d bytes", len(content)-int(at)))
		if whole := min(int(at), 1); len(pairs) != whole {
			t.Errorf("%q: %d pairs before the error, want %d", content, len(pairs), whole)
		}
	}
}

func TestUnknownTypeIsEncodedAndDecodedAsSection42Says(t *testing.T) {
	if got := string(AppendUnknownType(nil, 200)); got != unknownType200 {
		t.Errorf("encoded %q, want %q", got, unknownType200)
	}
	r, _, err := ParseRecord([]byte(unknownType200))
	if err != nil || r.Check() != nil {
		t.Fatal(err, r.Check())
	}
	if b, err := ParseUnknownType(r.Content); err != nil || b != (UnknownTypeBody{Type: 200}) {
		t.Errorf("decoded %v, %v", b, err)
	}
}

func FuzzValues(f *testing.F) {
	f.Add([]byte(getValues[8:]))
	f.Add([]byte(getValuesResult[8:]))
	f.Add([]byte("\001\001A1\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		pairs, err := ParseValues(content)
		var again []byte
		for _, p := range pairs {
			again = p.Append(again)
		}
		rest := len(content)
		if err != nil {
			rest = int(err.(*SyntaxError).Offset)
		}
		if !bytes.Equal(again, content[:rest]) {
			t.Fatalf("%x went out as %x, error %v", content, again, err)
		}
		if streamed, streamErr := pairsOf(new(PairDecoder), content, oneByOne); len(streamed) != len(pairs) && len(pairs) <= DefaultMaxCount {
			t.Fatalf("%d values, as a stream %d pairs, %v", len(pairs), len(streamed), streamErr)
		}
	})
}
