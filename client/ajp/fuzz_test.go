package ajp

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func FuzzParsePacket(f *testing.F) {
	f.Add(unhex(f, fullRequest), 0)
	f.Add(unhex(f, okHeaders), MaxPacketSize)
	f.Add([]byte("GET / HTTP/1.1\r\n"), 100)
	f.Add(unhex(f, "12 34 ff ff 00"), NoPacketLimit)
	f.Fuzz(func(t *testing.T, b []byte, packetSize int) {
		p, n, err := ParsePacket(b, packetSize)
		if err != nil {
			if n != 0 || p.Payload != nil {
				t.Errorf("%v, but %d bytes consumed", err, n)
			}
			return
		}
		if again := AppendPacket(nil, p.Magic, p.Payload); !bytes.Equal(again, b[:n]) {
			t.Errorf("encoded again: % x, want % x", again, b[:n])
		}
	})
}

func FuzzDecoder(f *testing.F) {
	f.Add(append(unhex(f, fullRequest), AppendData(nil, []byte("hello"))...), uint8(3), 0)
	f.Add(append(AppendCPong(nil), "AB\xff\xff"...), uint8(2), 0)
	f.Add(append(AppendCPing(nil), AppendCPong(nil)...), uint8(5), NoPacketLimit)
	f.Fuzz(func(t *testing.T, stream []byte, size uint8, packetSize int) {
		for _, direction := range []Magic{0, ToContainer, ToServer} {
			d := Decoder{PacketSize: packetSize, Direction: direction}
			whole, wholeErr := decodeAll(&d, stream, len(stream))
			e := Decoder{PacketSize: packetSize, Direction: direction}
			parts, partsErr := decodeAll(&e, stream, int(size)+1)
			if !reflect.DeepEqual(whole, parts) || !sameError(wholeErr, partsErr) || d.Offset() != e.Offset() {
				t.Errorf("direction %v, %d bytes at a time: %q, %v at %d; whole: %q, %v at %d", direction, int(size)+1,
					parts, partsErr, e.Offset(), whole, wholeErr, d.Offset())
			}
		}
	})
}

func sameError(a, b error) bool {
	if a == nil || b == nil || errors.Is(a, ErrShort) {
		return a == b
	}
	return a.Error() == b.Error()
}

func FuzzRequest(f *testing.F) {
	f.Add(unhex(f, fullRequest)[HeaderLen:])
	f.Add(append(unhex(f, fullRequest)[HeaderLen:], "trailing"...))
	f.Add(unhex(f, "02 c8 ff ff ff ff ff ff ff ff ff ff ff ff 02 00 01 a0 00 00 01 31 78 ff"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var r, again Request
		if len(payload) > 0xFFFF || r.Decode(payload) != nil {
			return
		}
		encoded := r.Append(nil)
		if err := again.Decode(encoded[HeaderLen:]); err != nil {
			t.Fatal(err)
		}
		if r.Unterminated.Count == 0 && !bytes.Equal(encoded[HeaderLen:], payload) {
			t.Errorf("encoded again:\n% x\nwant\n% x", encoded[HeaderLen:], payload)
		}
		r.Unterminated = Unterminated{}
		if !reflect.DeepEqual(r, again) {
			t.Errorf("decoded again:\n%+v\nwant\n%+v", again, r)
		}
		if err := r.Check(len(encoded)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzResponseHeaders(f *testing.F) {
	f.Add(unhex(f, okHeaders)[HeaderLen:])
	f.Add(unhex(f, "04 03 e8 ff ff 00 01 a0 0c 00 01 61 62  00 78"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var h, again ResponseHeaders
		if len(payload) > 0xFFFF || h.Decode(payload) != nil {
			return
		}
		encoded := h.Append(nil)
		if err := again.Decode(encoded[HeaderLen:]); err != nil {
			t.Fatal(err)
		}
		if h.Unterminated.Count == 0 && !bytes.Equal(encoded[HeaderLen:], payload) {
			t.Errorf("encoded again:\n% x\nwant\n% x", encoded[HeaderLen:], payload)
		}
		h.Unterminated = Unterminated{}
		if !reflect.DeepEqual(h, again) {
			t.Errorf("decoded again:\n%+v\nwant\n%+v", again, h)
		}
	})
}

func FuzzData(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0})
	f.Add([]byte{0, 2, 'a', 'b'})
	f.Add([]byte{0, 1, 'a', 'b'})
	f.Fuzz(func(t *testing.T, payload []byte) {
		body, trailing, err := SplitData(payload)
		if err == nil && len(payload) > 0 && !bytes.Equal(append(body, trailing...), payload[2:]) {
			t.Errorf("% x split into % x and % x", payload, body, trailing)
		}
		strict, strictErr := ParseData(payload)
		if (strictErr == nil) != (err == nil && len(trailing) == 0) {
			t.Fatalf("ParseData: %v; SplitData: %v, trailing % x", strictErr, err, trailing)
		}
		if strictErr != nil || len(payload) == 0 || len(payload) > 0xFFFF {
			return
		}
		if again := AppendData(nil, strict); !bytes.Equal(again[HeaderLen:], payload) {
			t.Errorf("encoded again: % x, want % x", again[HeaderLen:], payload)
		}
	})
}

func FuzzSendBodyChunk(f *testing.F) {
	f.Add(unhex(f, "03 00 02 61 62"))
	f.Add(unhex(f, "03 00 02 61 62 00"))
	f.Add(unhex(f, "03 00 00"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		chunk, trailing, err := ParseSendBodyChunk(payload)
		if err != nil || len(payload) > 0xFFFF {
			return
		}
		if 3+len(chunk)+len(trailing) != len(payload) {
			t.Fatalf("%d bytes split into %d and %d", len(payload), len(chunk), len(trailing))
		}
		if len(chunk) > MaxChunkLen(NoPacketLimit) {
			return // written without a NUL, which AppendSendBodyChunk has no room for
		}
		again, nul, err := ParseSendBodyChunk(AppendSendBodyChunk(nil, chunk)[HeaderLen:])
		if err != nil || !bytes.Equal(again, chunk) || string(nul) != "\x00" {
			t.Errorf("encoded again: % x, % x, %v; want % x", again, nul, err, chunk)
		}
	})
}

func FuzzEndResponse(f *testing.F) {
	f.Add([]byte{5, 1})
	f.Add([]byte{5})
	f.Fuzz(func(t *testing.T, payload []byte) {
		reuse, err := ParseEndResponse(payload)
		if err != nil {
			return
		}
		again, err := ParseEndResponse(AppendEndResponse(nil, reuse != 0)[HeaderLen:])
		if err != nil || (again != 0) != (reuse != 0) || reuse != payload[1] {
			t.Errorf("%d became %d, %v", reuse, again, err)
		}
	})
}

func FuzzGetBodyChunk(f *testing.F) {
	f.Add([]byte{6, 0x1F, 0xFA})
	f.Add([]byte{6, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		n, err := ParseGetBodyChunk(payload)
		if err != nil {
			return
		}
		if again := AppendGetBodyChunk(nil, n)[HeaderLen:]; !bytes.Equal(again, payload[:3]) {
			t.Errorf("encoded again: % x, want % x", again, payload[:3])
		}
	})
}
