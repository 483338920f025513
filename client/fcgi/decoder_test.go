package fcgi

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// decodeAll feeds segments of the sizes that next gives and returns all
// records as they stood, with their offsets, and how the stream ended.
func decodeAll(stream []byte, next func() int) (records []string, end error) {
	var d Decoder
	for {
		for {
			at := d.Offset()
			r, err := d.Next()
			if err != nil {
				break
			}
			records = append(records, fmt.Sprintf("%d %x", at, r.Append(nil)))
		}
		if len(stream) == 0 {
			return records, d.End()
		}
		n := min(max(next(), 0), len(stream))
		d.Feed(stream[:n])
		stream = stream[n:]
	}
}

func atOnce() int   { return 1 << 30 }
func oneByOne() int { return 1 }

// Section 3.3 knows no segments: they carry no meaning.
func TestSegmentationOfRecordsCarriesNoMeaning(t *testing.T) {
	for _, flow := range appendixB {
		for _, wire := range []string{flow.toApplication, flow.toServer} {
			want, _ := decodeAll([]byte(wire), atOnce)
			for size := 1; size < len(wire); size++ {
				got, err := decodeAll([]byte(wire), func() int { return size })
				if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%s: in segments of %d: %v, %v; want %v", flow.what, size, got, err, want)
				}
			}
		}
	}
}

func TestLargeRecordsSurviveRandomSegments(t *testing.T) {
	var wire []byte
	for i := range 40 {
		wire = AppendRecord(wire, TypeStdin, uint16(i+1), pattern(i*1680), i*6)
	}
	want, _ := decodeAll(wire, atOnce)
	random := rand.New(rand.NewPCG(1, 2))
	got, err := decodeAll(wire, func() int { return random.IntN(3000) })
	if err != nil || len(got) != 40 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d records, %v; want the same 40", len(got), err)
	}
}

func TestDecoderTellsWhatIsStillOnItsWay(t *testing.T) {
	var d Decoder
	d.Feed([]byte(begin1 + stdin1[:10]))
	if _, err := d.Next(); err != nil || d.Offset() != 16 {
		t.Fatalf("first record: %v, offset %d", err, d.Offset())
	}
	if _, err := d.Next(); err != ErrShort || string(d.Rest()) != stdin1[:10] || d.Offset() != 16 {
		t.Errorf("error %v, rest %q, offset %d; want ErrShort, %q, 16", err, d.Rest(), d.Offset(), stdin1[:10])
	}
	if h, err := ParseHeader(d.Rest()); err != nil || h.Type != TypeStdin || h.ContentLength != 25 {
		t.Errorf("the header that has come is %v, %v", h, err)
	}
	wantSyntaxError(t, d.End(), "3.3", 16, "a whole record", "10 bytes")
}

func TestStreamMayEndBetweenRecordsOnly(t *testing.T) {
	wire := []byte(appendixB[0].toApplication)
	ends := map[int]bool{0: true, 16: true, 66: true, 74: true, 82: true}
	for n := 0; n <= len(wire); n++ {
		if _, err := decodeAll(wire[:n], atOnce); (err == nil) != ends[n] {
			t.Errorf("ended after %d bytes: %v", n, err)
		}
	}
}

func TestResetForgetsTheStreamAndKeepsTheBuffer(t *testing.T) {
	var d Decoder
	d.Feed([]byte(begin1 + stdin1[:10]))
	d.Next()
	held := cap(d.buf)
	d.Reset()
	if d.Offset() != 0 || len(d.Rest()) != 0 || cap(d.buf) != held {
		t.Errorf("offset %d, rest %q, buffer of %d (was %d)", d.Offset(), d.Rest(), cap(d.buf), held)
	}
	d.Feed([]byte(end1))
	if r, err := d.Next(); err != nil || r.Type != TypeEndRequest {
		t.Errorf("the next stream begins with %v, %v", r, err)
	}
}

func TestAnnouncedContentTakesNoMemoryBeforeItComes(t *testing.T) {
	wire := []byte("\x01\x05\x00\x01\xff\xff\xff\x00")
	var d Decoder
	d.Feed(wire)
	if _, err := d.Next(); err != ErrShort {
		t.Fatal(err)
	}
	if cap(d.buf) > 64 {
		t.Errorf("8 bytes have come of 65798, and the buffer has %d", cap(d.buf))
	}
	wantNoAllocs(t, "Next of a header alone", func() { _, sinkErr = d.Next() })
}

func TestDecoderKeepsNoMoreThanItsLargestRecordNeeds(t *testing.T) {
	wire := AppendRecord(nil, TypeStdin, 1, pattern(65535), 255)
	var d Decoder
	for range 100 {
		for rest := wire; len(rest) > 0; {
			n := min(4096, len(rest))
			d.Feed(rest[:n])
			rest = rest[n:]
			d.Next()
		}
	}
	if cap(d.buf) > 4*len(wire) {
		t.Errorf("the buffer grew to %d bytes", cap(d.buf))
	}
	if d.Offset() != int64(100*len(wire)) {
		t.Errorf("offset is %d, want %d", d.Offset(), 100*len(wire))
	}
}

func TestDecoderInSteadyStateDoesNotAllocate(t *testing.T) {
	wire := AppendRecord(nil, TypeStdout, 1, pattern(8000), 0)
	wire = AppendEndRequest(wire, 1, 0, RequestComplete)
	var d Decoder
	turn := func() {
		d.Feed(wire[:5000])
		_, sinkErr = d.Next()
		d.Feed(wire[5000:])
		sinkRecord, _ = d.Next()
		sinkRecord, _ = d.Next()
	}
	turn()
	wantNoAllocs(t, "Decoder", turn)
	if sinkRecord.Type != TypeEndRequest {
		t.Errorf("the last record is %v", sinkRecord)
	}
}

// cutter gives segment sizes out of fuzzed bytes, 0 among them, and one byte
// at a time when those are used up.
func cutter(cuts []byte) func() int {
	return func() int {
		if len(cuts) == 0 {
			return 1
		}
		n := int(cuts[0])
		cuts = cuts[1:]
		return n
	}
}

func FuzzDecoder(f *testing.F) {
	for _, flow := range appendixB {
		f.Add([]byte(flow.toApplication), []byte{1, 7, 0, 30})
		f.Add([]byte(flow.toServer+stdin1[:9]), []byte{255})
	}
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		want, wantEnd := decodeAll(stream, atOnce)
		got, gotEnd := decodeAll(stream, cutter(cuts))
		if fmt.Sprint(got, gotEnd) != fmt.Sprint(want, wantEnd) {
			t.Fatalf("cut: %v, %v; whole: %v, %v", got, gotEnd, want, wantEnd)
		}
		var whole []byte
		var d Decoder
		d.Feed(stream)
		for r, err := d.Next(); err == nil; r, err = d.Next() {
			whole = r.Append(whole)
		}
		if !bytes.Equal(append(whole, d.Rest()...), stream) {
			t.Fatalf("records and rest are not the stream %x", stream)
		}
	})
}

func BenchmarkDecoder(b *testing.B) {
	wire := AppendRecord(nil, TypeStdout, 1, pattern(8184), 0)
	wire = AppendEndOfStream(wire, TypeStdout, 1)
	wire = AppendEndRequest(wire, 1, 0, RequestComplete)
	var d Decoder
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(wire)
		for sinkErr = nil; sinkErr == nil; {
			sinkRecord, sinkErr = d.Next()
		}
	}
}
