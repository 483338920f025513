package ajp

import (
	"bytes"
	"errors"
	"testing"
)

func TestPacketsOfBothDirectionsParse(t *testing.T) {
	for _, tt := range []struct {
		wire string
		want Magic
	}{
		{"12 34 00 02 61 62", ToContainer}, // section Packet Headers, Packet Format (Server->Container)
		{"41 42 00 02 61 62", ToServer},    // section Packet Headers, Packet Format (Container->Server)
	} {
		wire := unhex(t, tt.wire)
		p, n, err := ParsePacket(append(wire, "next"...), 0)
		if err != nil || n != 6 || p.Magic != tt.want || string(p.Payload) != "ab" {
			t.Errorf("%s: got %v, %d, %v", tt.wire, p, n, err)
		}
		if got := AppendPacket(nil, tt.want, []byte("ab")); !bytes.Equal(got, wire) {
			t.Errorf("appended % x, want %s", got, tt.wire)
		}
	}
}

func TestEveryPrefixOfAPacketIsShort(t *testing.T) {
	wire := unhex(t, "41 42 00 02 05 01")
	for n := range wire {
		if p, used, err := ParsePacket(wire[:n], 0); !errors.Is(err, ErrShort) || used != 0 || p.Payload != nil {
			t.Errorf("%d bytes: got %v, %d, %v", n, p, used, err)
		}
	}
}

func TestOtherMagicIsRefusedAfterTwoBytes(t *testing.T) {
	for _, tt := range []struct{ wire, got string }{
		{"12 35", "12 35"}, {"47 45 54 20", "47 45"}, {"34 12 00 00", "34 12"}, {"42 41", "42 41"}, {"00 00 00 00", "00 00"},
	} {
		_, _, err := ParsePacket(unhex(t, tt.wire), 0)
		wantSyntaxError(t, err, "Packet Headers", 0, "magic 12 34 or 41 42", tt.got)
	}
}

func TestPacketSizeIsCheckedAgainstTheHeaderAlone(t *testing.T) {
	for _, tt := range []struct {
		packetSize, largest int
	}{
		{0, 8188}, {DefaultPacketSize, 8188}, {1000, 996}, {MaxPacketSize, 65532}, {NoPacketLimit, 65535}, {1 << 30, 65535},
	} {
		full := AppendPacket(nil, ToContainer, make([]byte, tt.largest))
		if p, n, err := ParsePacket(full, tt.packetSize); err != nil || n != len(full) || len(p.Payload) != tt.largest {
			t.Errorf("packet size %d: a payload of %d bytes: %v", tt.packetSize, tt.largest, err)
		}
		if tt.largest == 0xFFFF {
			continue
		}
		header := AppendPacket(nil, ToContainer, make([]byte, tt.largest+1))[:HeaderLen]
		_, _, err := ParsePacket(header, tt.packetSize)
		wantSyntaxError(t, err, "Packet Size", 2, "a payload of at most "+countBytes(tt.largest), countBytes(tt.largest+1))
	}
}

func TestPayloadThatNoLengthCanTellAppendsNothing(t *testing.T) {
	if got := AppendPacket([]byte("x"), ToServer, make([]byte, 0x10000)); string(got) != "x" {
		t.Errorf("appended %d bytes", len(got)-1)
	}
	if got := AppendPacket([]byte("x"), ToServer, make([]byte, 0xFFFF)); len(got) != 1+NoPacketLimit {
		t.Errorf("%d bytes, want %d", len(got), 1+NoPacketLimit)
	}
}

func TestSyntaxErrorIsOneLine(t *testing.T) {
	_, _, err := ParsePacket([]byte("GET / HTTP/1.1\r\n"), 0)
	const want = "ajp: offset 0: expected magic 12 34 or 41 42, got 47 45 (section Packet Headers)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestPrefixCodeOfAPacket(t *testing.T) {
	if c, ok := (Packet{ToServer, []byte{5, 1}}).PrefixCode(); !ok || c != TypeEndResponse {
		t.Errorf("got %v, %v", c, ok)
	}
	if c, ok := (Packet{ToContainer, nil}).PrefixCode(); ok {
		t.Errorf("an empty packet has prefix code %v", c)
	}
}
