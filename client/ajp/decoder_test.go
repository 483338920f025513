package ajp

import (
	"errors"
	"testing"
)

// decodeAll feeds size bytes at a time and returns the payloads, and the error that ended it: ErrShort at the end.
func decodeAll(d *Decoder, stream []byte, size int) (packets []string, err error) {
	for len(stream) > 0 {
		n := min(size, len(stream))
		d.Feed(stream[:n])
		stream = stream[n:]
		for err = nil; err == nil; {
			var p Packet
			if p, err = d.Next(); err == nil {
				packets = append(packets, p.Magic.String()+string(p.Payload))
			}
		}
		if !errors.Is(err, ErrShort) {
			return packets, err
		}
	}
	return packets, err
}

func TestDecoderTakesAnySegmentation(t *testing.T) {
	stream := unhex(t, "12 34 00 01 0a  41 42 00 00  12 34 00 03 61 62 63  12 34 00 02 61")
	for size := 1; size <= len(stream); size++ {
		var d Decoder
		packets, err := decodeAll(&d, stream, size)
		if !errors.Is(err, ErrShort) || len(packets) != 3 || packets[2] != "12 34abc" {
			t.Errorf("%d bytes at a time: %q, %v", size, packets, err)
		}
		if d.Offset() != 16 || len(d.Buffered()) != 5 {
			t.Errorf("%d bytes at a time: offset %d, %d bytes buffered", size, d.Offset(), len(d.Buffered()))
		}
	}
}

func TestDecoderLocatesAnErrorInTheStreamAndKeepsIt(t *testing.T) {
	var d Decoder
	d.Feed(unhex(t, "12 34 00 01 0a  12 34 ff ff"))
	if _, err := d.Next(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := d.Next()
		wantSyntaxError(t, err, "Packet Size", 7, "a payload of at most 8188 bytes", "65535 bytes")
		d.Feed(AppendCPing(nil))
	}
}

func TestDecoderRefusesTheOtherDirection(t *testing.T) {
	d := Decoder{Direction: ToServer}
	d.Feed(append(AppendCPong(nil), AppendCPing(nil)...))
	if _, err := d.Next(); err != nil {
		t.Fatal(err)
	}
	_, err := d.Next()
	wantSyntaxError(t, err, "Packet Headers", 5, "magic 41 42", "12 34")
	_, again := d.Next()
	wantSyntaxError(t, again, "Packet Headers", 5, "magic 41 42", "12 34")
}

func TestDecoderHoldsNoMemoryForBytesThatALengthPromises(t *testing.T) {
	d := Decoder{PacketSize: NoPacketLimit}
	d.Feed(unhex(t, "12 34 ff ff 00"))
	if _, err := d.Next(); !errors.Is(err, ErrShort) {
		t.Fatal(err)
	}
	if cap(d.buf) > 64 {
		t.Errorf("%d bytes held for 5", cap(d.buf))
	}
}

func TestDecoderMemoryDoesNotGrowWithTheStream(t *testing.T) {
	var d Decoder
	stream := AppendData(nil, make([]byte, 1000))
	for range 1000 {
		d.Feed(stream)
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if cap(d.buf) > 4*len(stream) {
		t.Errorf("%d bytes held after packets of %d", cap(d.buf), len(stream))
	}
	if want := int64(1000 * len(stream)); d.Offset() != want {
		t.Errorf("offset %d, want %d", d.Offset(), want)
	}
}

func TestResetMakesADecoderReadyForAnotherStream(t *testing.T) {
	d := Decoder{PacketSize: 100, Direction: ToServer}
	d.Feed([]byte("GET "))
	if _, err := d.Next(); err == nil {
		t.Fatal("no error")
	}
	d.Reset()
	d.Feed(AppendCPong(nil))
	if p, err := d.Next(); err != nil || p.Magic != ToServer || d.Offset() != 5 || d.PacketSize != 100 {
		t.Errorf("got %v, %v, offset %d, packet size %d", p, err, d.Offset(), d.PacketSize)
	}
}
