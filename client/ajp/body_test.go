package ajp

import (
	"bytes"
	"testing"
)

func TestMaxDataLen(t *testing.T) {
	for _, tt := range []struct{ packetSize, want int }{
		{0, 8186}, {DefaultPacketSize, 8186}, // section Get Body Chunk
		{MaxPacketSize, 65530}, {NoPacketLimit, 65533}, {1 << 20, 65533}, {6, 0}, {5, 0},
	} {
		if got := MaxDataLen(tt.packetSize); got != tt.want {
			t.Errorf("packet size %d: %d, want %d", tt.packetSize, got, tt.want)
		}
	}
}

func TestDataOnTheWire(t *testing.T) {
	if got, want := AppendData(nil, []byte("abc")), unhex(t, "12 34 00 05 00 03 61 62 63"); !bytes.Equal(got, want) {
		t.Errorf("data: % x, want % x", got, want)
	}
	if got, want := AppendData(nil, nil), unhex(t, "12 34 00 02 00 00"); !bytes.Equal(got, want) {
		t.Errorf("no data: % x, want % x", got, want)
	}
	// Section Get Body Chunk.
	if got, want := AppendEndOfBody(nil), unhex(t, "12 34 00 00"); !bytes.Equal(got, want) {
		t.Errorf("end of body: % x, want % x", got, want)
	}
}

func TestFullDataPacketIsAsLargeAsThePacketSize(t *testing.T) {
	for _, size := range []int{DefaultPacketSize, MaxPacketSize, NoPacketLimit} {
		if got := len(AppendData(nil, make([]byte, MaxDataLen(size)))); got != size {
			t.Errorf("packet size %d: packet of %d", size, got)
		}
	}
	if got := AppendData([]byte("x"), make([]byte, MaxDataLen(NoPacketLimit)+1)); string(got) != "x" {
		t.Errorf("appended %d bytes", len(got)-1)
	}
}

func TestBothFormsOfTheEndOfBodyAreTaken(t *testing.T) {
	for _, wire := range []string{"", "00 00"} {
		if body, err := ParseData(unhex(t, wire)); err != nil || len(body) != 0 {
			t.Errorf("%q: %q, %v", wire, body, err)
		}
	}
}

func TestDataSizeMustBeThatOfTheBytes(t *testing.T) {
	if body, err := ParseData(unhex(t, "00 02 61 62")); err != nil || string(body) != "ab" {
		t.Errorf("%q, %v", body, err)
	}
	_, err := ParseData(unhex(t, "00 03 61 62"))
	wantSyntaxError(t, err, "Packet Headers", 0, "size 2 of the bytes that follow", "3")
	_, err = ParseData(unhex(t, "00 01 61 62"))
	wantSyntaxError(t, err, "Packet Headers", 0, "size 2 of the bytes that follow", "1")
	_, err = ParseData(unhex(t, "00"))
	wantSyntaxError(t, err, "Packet Headers", 0, "a size of 2 bytes", "1 byte")
}

func TestSplitDataHandsOutBytesBeyondTheSize(t *testing.T) {
	body, trailing, err := SplitData(unhex(t, "00 01 61 62 63"))
	if err != nil || string(body) != "a" || string(trailing) != "bc" {
		t.Errorf("%q, %q, %v", body, trailing, err)
	}
}
