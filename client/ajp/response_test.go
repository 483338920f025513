package ajp

import (
	"bytes"
	"reflect"
	"testing"
)

// Written from the grammar in section Response Packet Structure.
const okHeaders = `
	41 42 00 22                                 | packet header
	04                                          | prefix_code
	00 c8                                       | http_status_code 200
	00 02 4f 4b 00                              | http_status_msg OK
	00 02                                       | num_headers
	a0 01 00 09 74 65 78 74 2f 68 74 6d 6c 00   | Content-Type, coded: text/html
	00 03 58 2d 41 00 00 01 31 00               | X-A, a string: 1`

func okHeadersValue() ResponseHeaders {
	return ResponseHeaders{Status: 200, Message: []byte("OK"), Headers: []Header{
		{Name: []byte("Content-Type"), Code: 0xA001, Value: []byte("text/html")},
		{Name: []byte("X-A"), Value: []byte("1")},
	}}
}

func TestSendHeadersEncodeAsTheGrammarSays(t *testing.T) {
	h := okHeadersValue()
	want := unhex(t, okHeaders)
	if got := h.Append([]byte("before")); !bytes.Equal(got, append([]byte("before"), want...)) {
		t.Errorf("got\n% x\nwant\n% x", got[6:], want)
	}
	if err := h.Check(len(want)); err != nil {
		t.Error(err)
	}
	wantEncodeError(t, h.Check(len(want)-1), "Packet Size")
}

func TestSendHeadersDecodeAsTheGrammarSays(t *testing.T) {
	payload := unhex(t, okHeaders)[HeaderLen:]
	var h ResponseHeaders
	for range 2 { // a second time into the same slice
		if err := h.Decode(payload); err != nil {
			t.Fatal(err)
		}
		if want := okHeadersValue(); !reflect.DeepEqual(h, want) {
			t.Errorf("got\n%+v\nwant\n%+v", h, want)
		}
	}
	for n := range payload {
		if err := h.Decode(payload[:n]); err == nil {
			t.Errorf("%d of %d bytes were accepted", n, len(payload))
		}
	}
}

func TestRawValuesOfSendHeadersAreKept(t *testing.T) {
	var h ResponseHeaders
	if err := h.Decode(unhex(t, "04 03 e8 ff ff 00 01 a0 0c 00 01 61 62  00 78")); err != nil {
		t.Fatal(err)
	}
	if h.Status != 1000 || h.Message != nil || string(h.Trailing) != "\x00x" {
		t.Errorf("got %+v", h)
	}
	if got := h.Headers[0]; got.Code != 0xA00C || got.Name != nil || string(got.Value) != "a" {
		t.Errorf("header %+v", got)
	}
	if want := (Unterminated{1, 12, 'b'}); h.Unterminated != want {
		t.Errorf("unterminated %+v, want %+v", h.Unterminated, want)
	}
}

func TestSendHeadersThatNoPacketHoldsAreAnErrorAndAppendNothing(t *testing.T) {
	for _, tt := range []struct {
		what, section string
		h             ResponseHeaders
	}{
		{"message", "Basic Packet Structure", ResponseHeaders{Message: make([]byte, MaxStringLen+1)}},
		{"header code", "Headers", ResponseHeaders{Headers: []Header{{Code: 1}}}},
		{"packet", "Packet Size", ResponseHeaders{Message: make([]byte, 40000), Trailing: make([]byte, 40000)}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			wantEncodeError(t, tt.h.Check(NoPacketLimit), tt.section)
			if got := tt.h.Append([]byte("x")); string(got) != "x" {
				t.Errorf("appended %d bytes", len(got)-1)
			}
		})
	}
}

func TestMaxChunkLen(t *testing.T) {
	for _, tt := range []struct{ packetSize, want int }{
		{0, 8184}, {DefaultPacketSize, 8184}, {MaxPacketSize, 65528}, {NoPacketLimit, 65531}, {7, 0},
	} {
		if got := MaxChunkLen(tt.packetSize); got != tt.want {
			t.Errorf("packet size %d: %d, want %d", tt.packetSize, got, tt.want)
		}
	}
	for _, size := range []int{DefaultPacketSize, NoPacketLimit} {
		if got := len(AppendSendBodyChunk(nil, make([]byte, MaxChunkLen(size)))); got != size {
			t.Errorf("packet size %d: packet of %d", size, got)
		}
	}
	if got := AppendSendBodyChunk([]byte("x"), make([]byte, MaxChunkLen(NoPacketLimit)+1)); string(got) != "x" {
		t.Errorf("appended %d bytes", len(got)-1)
	}
}

func TestSendBodyChunkEndsWithNUL(t *testing.T) {
	for chunk, want := range map[string]string{
		"ab": "41 42 00 06 03 00 02 61 62 00",
		"":   "41 42 00 04 03 00 00 00", // a flush, as Tomcat sends it
	} {
		if got := AppendSendBodyChunk(nil, []byte(chunk)); !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%q: % x, want %s", chunk, got, want)
		}
	}
}

func TestSendBodyChunkTellsWhatFollowsTheChunk(t *testing.T) {
	for _, tt := range []struct{ payload, chunk, trailing string }{
		{"03 00 02 61 62", "ab", ""},
		{"03 00 02 61 62 00", "ab", "\x00"},
		{"03 00 02 61 62 00 78", "ab", "\x00x"},
		{"03 00 01 61 62", "a", "b"},
		{"03 00 00", "", ""},
		{"03 00 00 00", "", "\x00"},
	} {
		chunk, trailing, err := ParseSendBodyChunk(unhex(t, tt.payload))
		if err != nil || string(chunk) != tt.chunk || string(trailing) != tt.trailing {
			t.Errorf("%s: %q, %q, %v", tt.payload, chunk, trailing, err)
		}
	}
}

func TestSendBodyChunkLongerThanItsPacketIsRefused(t *testing.T) {
	_, _, err := ParseSendBodyChunk(unhex(t, "03 00 03 61 62"))
	wantSyntaxError(t, err, "Send Body Chunk", 3, "chunk of 3 bytes", "2 bytes up to the end of the payload")
	_, _, err = ParseSendBodyChunk(unhex(t, "03 00"))
	wantSyntaxError(t, err, "Response Packet Structure", 1, "chunk_length of 2 bytes", "1 byte up to the end of the payload")
	_, _, err = ParseSendBodyChunk(unhex(t, "04 00 00"))
	wantSyntaxError(t, err, "Response Packet Structure", 0, "prefix code 3 (Send Body Chunk)", "prefix code 4 (Send Headers)")
}

func TestEndResponse(t *testing.T) {
	if got := AppendEndResponse(nil, true); !bytes.Equal(got, unhex(t, "41 42 00 02 05 01")) {
		t.Errorf("reuse: % x", got)
	}
	if got := AppendEndResponse(nil, false); !bytes.Equal(got, unhex(t, "41 42 00 02 05 00")) {
		t.Errorf("no reuse: % x", got)
	}
	for payload, want := range map[string]byte{"05 00": 0, "05 01": 1, "05 ff": 0xFF, "05 01 00": 1} {
		if got, err := ParseEndResponse(unhex(t, payload)); err != nil || got != want {
			t.Errorf("%s: %d, %v", payload, got, err)
		}
	}
	_, err := ParseEndResponse([]byte{5})
	wantSyntaxError(t, err, "End Response", 1, "reuse of 1 byte", "0 bytes up to the end of the payload")
}

func TestGetBodyChunk(t *testing.T) {
	if got := AppendGetBodyChunk(nil, 8186); !bytes.Equal(got, unhex(t, "41 42 00 03 06 1f fa")) {
		t.Errorf("% x", got)
	}
	for payload, want := range map[string]uint16{"06 1f fa": 8186, "06 00 00": 0, "06 ff ff 00": 65535} {
		if got, err := ParseGetBodyChunk(unhex(t, payload)); err != nil || got != want {
			t.Errorf("%s: %d, %v", payload, got, err)
		}
	}
	_, err := ParseGetBodyChunk([]byte{6})
	wantSyntaxError(t, err, "Get Body Chunk", 1, "requested_length of 2 bytes", "0 bytes up to the end of the payload")
}
