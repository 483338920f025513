package ajp

import (
	"bytes"
	"testing"
)

// noAllocation runs f once to warm its slices, then checks that it allocates nothing.
func noAllocation(t *testing.T, name string, f func()) {
	t.Helper()
	f()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%s: %v allocations a run", name, n)
	}
}

func TestTheHotPathDoesNotAllocate(t *testing.T) {
	request, response := fullRequestValue(), okHeadersValue()
	requestWire, responseWire := unhex(t, fullRequest), unhex(t, okHeaders)
	chunk := bytes.Repeat([]byte("x"), MaxChunkLen(0))
	var (
		buf  []byte
		in   Request
		out  ResponseHeaders
		data Decoder
		err  error
	)
	noAllocation(t, "Request.Append", func() { buf = request.Append(buf[:0]) })
	noAllocation(t, "Request.Check", func() { err = request.Check(0) })
	noAllocation(t, "Request.Decode", func() { err = in.Decode(requestWire[HeaderLen:]) })
	noAllocation(t, "ResponseHeaders.Append", func() { buf = response.Append(buf[:0]) })
	noAllocation(t, "ResponseHeaders.Decode", func() { err = out.Decode(responseWire[HeaderLen:]) })
	noAllocation(t, "AppendSendBodyChunk", func() { buf = AppendSendBodyChunk(buf[:0], chunk) })
	noAllocation(t, "ParseSendBodyChunk", func() { _, _, err = ParseSendBodyChunk(buf[HeaderLen:]) })
	noAllocation(t, "AppendData", func() { buf = AppendData(buf[:0], chunk) })
	noAllocation(t, "ParseData", func() { _, err = ParseData(buf[HeaderLen:]) })
	noAllocation(t, "Decoder", func() {
		data.Feed(requestWire[:10])
		data.Feed(requestWire[10:])
		_, err = data.Next()
	})
	noAllocation(t, "names", func() {
		RequestHeaderCode("user-agent")
		RequestHeaderName(0xA00E)
		ResponseHeaderCode("www-authenticate")
		ResponseHeaderName(0xA00B)
		MethodCode("PATCH")
		MethodName(27)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkRequestAppend(b *testing.B) {
	r := fullRequestValue()
	buf := r.Append(nil)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = r.Append(buf[:0])
	}
}

func BenchmarkRequestDecode(b *testing.B) {
	payload := unhex(b, fullRequest)[HeaderLen:]
	var r Request
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Decode(payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResponseHeadersDecode(b *testing.B) {
	payload := unhex(b, okHeaders)[HeaderLen:]
	var h ResponseHeaders
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Decode(payload); err != nil {
			b.Fatal(err)
		}
	}
}

// A response of one full chunk: what a decoder sees most. It sets no bytes a second: the same 8 KiB stay in the first cache,
// and the rate would be that of a copy there.
func BenchmarkDecoderResponse(b *testing.B) {
	h := okHeadersValue()
	stream := AppendSendBodyChunk(h.Append(nil), make([]byte, MaxChunkLen(0)))
	stream = AppendEndResponse(stream, true)
	d := Decoder{Direction: ToServer}
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(stream)
		for range 3 {
			if _, err := d.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
