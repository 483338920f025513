package fcgi

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// The four layouts of section 3.4, and lengths at the bounds of their forms,
// each typed by hand.
var layouts = []struct {
	what                string
	lengths             string
	name, value         int // bytes
	nameForm, valueForm int
	shortest            bool // what a sender writes; 3.4 has lengths up to 127 in one byte
}{
	{"FCGI_NameValuePair11", "\013\002", 11, 2, 1, 1, true},
	{"FCGI_NameValuePair14", "\013\x80\x00\x00\x80", 11, 128, 1, 4, true},
	{"FCGI_NameValuePair41", "\x80\x00\x00\x80\002", 128, 2, 4, 1, true},
	{"FCGI_NameValuePair44", "\x80\x00\x01\x00\x80\x00\x02\x01", 256, 513, 4, 4, true},
	{"both empty", "\000\000", 0, 0, 1, 1, true},
	{"empty value", "\017\000", 15, 0, 1, 1, true},
	{"empty name", "\000\001", 0, 1, 1, 1, true},
	{"longest in one byte", "\x7f\x7f", 127, 127, 1, 1, true},
	{"shortest that needs four", "\x80\x00\x00\x80\x80\x00\x00\x80", 128, 128, 4, 4, true},
	{"two bytes used", "\001\x80\x00\xff\xff", 1, 65535, 1, 4, true},
	{"three bytes used", "\001\x80\x01\x00\x00", 1, 65536, 1, 4, true},
	{"short lengths in four bytes", "\x80\x00\x00\x01\x80\x00\x00\x00", 1, 0, 4, 4, false},
	{"127 in four bytes", "\x80\x00\x00\x7f\x7f", 127, 127, 4, 1, false},
}

func TestPairLayoutsOfSection34(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.what, func(t *testing.T) {
			name, value := strings.Repeat("N", l.name), strings.Repeat("V", l.value)
			wire := []byte(l.lengths + name + value)
			p, n, err := ParsePair(append(wire[:len(wire):len(wire)], "\001\001AB"...))
			if err != nil || n != len(wire) || string(p.Name) != name || string(p.Value) != value {
				t.Fatalf("took %d of %d, name of %d, value of %d, %v", n, len(wire), len(p.Name), len(p.Value), err)
			}
			if p.NameForm != l.nameForm || p.ValueForm != l.valueForm {
				t.Errorf("forms are %d and %d, want %d and %d", p.NameForm, p.ValueForm, l.nameForm, l.valueForm)
			}
			if got := p.Append(nil); !bytes.Equal(got, wire) {
				t.Errorf("went out as %.20q, want %.20q", got, wire)
			}
			shortest := AppendPair(nil, name, value)
			if bytes.Equal(shortest, wire) != l.shortest {
				t.Errorf("AppendPair gives %.20q", shortest)
			}
			if got := PairLen(l.name, l.value); got != len(shortest) {
				t.Errorf("PairLen is %d, AppendPair takes %d", got, len(shortest))
			}
		})
	}
}

func TestPairCutAnywhereAsksForMore(t *testing.T) {
	for _, l := range layouts {
		wire := l.lengths + strings.Repeat("N", l.name) + strings.Repeat("V", l.value)
		for n := range min(len(wire), 2000) {
			if p, took, err := ParsePair([]byte(wire[:n])); err != ErrShort || took != 0 || p.Name != nil {
				t.Fatalf("%s: %d of %d bytes: took %d, %v; want ErrShort", l.what, n, len(wire), took, err)
			}
		}
	}
}

// CVE-2025-23016 was the sum of two such lengths in 32 bits.
func TestLargestLengthsDoNotOverflow(t *testing.T) {
	for _, lengths := range []string{
		"\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\x02", "\x01\xff\xff\xff\xff", "\xff\xff\xff\xf8\x88\x00\x00\x00",
	} {
		if _, n, err := ParsePair([]byte(lengths + "AB")); err != ErrShort || n != 0 {
			t.Errorf("%x: took %d, %v; want ErrShort", lengths, n, err)
		}
	}
}

func TestPairTakesTheFormsThatItNames(t *testing.T) {
	long := strings.Repeat("V", 128)
	for _, c := range []struct {
		pair Pair
		want string
	}{
		{Pair{Name: []byte("A"), Value: []byte("b")}, "\001\001Ab"},
		{Pair{Name: []byte("A"), Value: []byte("b"), NameForm: 4}, "\x80\x00\x00\x01\001Ab"},
		{Pair{Name: []byte("A"), Value: []byte("b"), ValueForm: 4}, "\001\x80\x00\x00\x01Ab"},
		{Pair{Name: []byte("A"), Value: []byte(long), NameForm: 1, ValueForm: 1}, "\001\x80\x00\x00\x80A" + long},
	} {
		if got := string(c.pair.Append(nil)); got != c.want {
			t.Errorf("%v went out as %q, want %q", c.pair, got, c.want)
		}
	}
}

func TestLengthBeyond31BitsPanics(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("no such length on a 32-bit machine")
	}
	beyond := MaxPairLength
	beyond++
	wantPanic(t, func() { appendLength(nil, beyond) })
	if got := appendLength(nil, MaxPairLength); string(got) != "\xff\xff\xff\xff" {
		t.Errorf("2^31-1 is %x", got)
	}
}

func TestNameAndValueCannotGrowIntoWhatFollows(t *testing.T) {
	wire := []byte("\001\001AbNEXT")
	p, _, err := ParsePair(wire)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = append(p.Name, '!'), append(p.Value, '!')
	if got := string(wire[2:]); got != "AbNEXT" {
		t.Errorf("an append to a view changed the input to %q", got)
	}
}

// pairsOf feeds segments of the sizes that next gives, and returns the pairs
// as they came and the error that ended the stream.
func pairsOf(d *PairDecoder, stream []byte, next func() int) (pairs []string, err error) {
	for {
		for {
			p, err := d.Next()
			if err == ErrShort {
				break
			}
			if err != nil {
				return pairs, err
			}
			pairs = append(pairs, fmt.Sprintf("%x", p.Append(nil)))
		}
		if len(stream) == 0 {
			return pairs, d.End()
		}
		n := min(max(next(), 0), len(stream))
		d.Feed(stream[:n])
		stream = stream[n:]
	}
}

// Sections 3.3 and 5.2: a stream may be cut anywhere, also within a length.
func TestSegmentationOfPairsCarriesNoMeaning(t *testing.T) {
	var stream []byte
	for _, l := range layouts[:9] {
		stream = append(stream, l.lengths+strings.Repeat("N", l.name)+strings.Repeat("V", l.value)...)
	}
	want, err := pairsOf(new(PairDecoder), stream, atOnce)
	if err != nil || len(want) != 9 {
		t.Fatalf("%d pairs, %v", len(want), err)
	}
	for cut := range stream {
		sizes := []int{cut, 1 << 30}
		got, err := pairsOf(new(PairDecoder), stream, func() int { n := sizes[0]; sizes = sizes[1:]; return n })
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("cut at %d: %v, %v", cut, got, err)
		}
	}
	if got, err := pairsOf(new(PairDecoder), stream, oneByOne); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("byte by byte: %v, %v", got, err)
	}
}

func TestStreamOfPairsEndsBetweenPairs(t *testing.T) {
	for stream, at := range map[string]int64{
		"\003\001A":                    0,
		"\001\001Ab\x80\x00":           4,
		"\001\001Ab\005\x7fHELLO":      4,
		"\001\001Ab\001\000C\001\001D": 7,
	} {
		_, err := pairsOf(new(PairDecoder), []byte(stream), oneByOne)
		wantSyntaxError(t, err, "3.4", at, "a whole name-value pair", fmt.Sprintf("%d bytes", len(stream)-int(at)))
	}
	if pairs, err := pairsOf(new(PairDecoder), nil, atOnce); err != nil || pairs != nil {
		t.Errorf("an empty stream has pairs %v, %v", pairs, err)
	}
}

// lengthsOf are two long lengths, typed by section 3.4 and not by our encoder.
func lengthsOf(name, value int) []byte {
	var b []byte
	for _, n := range []int{name, value} {
		b = append(b, 0x80|byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return b
}

func TestPairOfDefaultMaxPairIsTheLargest(t *testing.T) {
	if DefaultMaxPair != 1048576 {
		t.Errorf("DefaultMaxPair is %d", DefaultMaxPair)
	}
	largest := append(lengthsOf(576, 1048000), make([]byte, 1048576)...)
	var d PairDecoder
	if pairs, err := pairsOf(&d, largest, atOnce); err != nil || len(pairs) != 1 {
		t.Errorf("%d bytes: %d pairs, %v", DefaultMaxPair, len(pairs), err)
	}
	d.Reset()
	_, err := pairsOf(&d, append([]byte("\001\001Ab"), lengthsOf(576, 1048001)...), oneByOne)
	wantSyntaxError(t, err, "3.4", 4, "at most 1048576 bytes", "1048577")
}

func TestStreamOfDefaultMaxPairsIsTheLongest(t *testing.T) {
	if DefaultMaxPairs != 4194304 {
		t.Errorf("DefaultMaxPairs is %d", DefaultMaxPairs)
	}
	quarter := append(lengthsOf(8, 1048560), make([]byte, 1048568)...) // 1 MiB with its lengths
	stream := bytes.Repeat(quarter, 4)
	var d PairDecoder
	if pairs, err := pairsOf(&d, stream, atOnce); err != nil || len(pairs) != 4 {
		t.Errorf("%d bytes: %d pairs, %v", len(stream), len(pairs), err)
	}
	d.Feed([]byte("\000\000"))
	_, err := d.Next()
	wantSyntaxError(t, err, "3.4", 4194304, "at most 4194304 bytes of pairs", "4194306")
}

func TestDefaultMaxCountPairsAreTheMost(t *testing.T) {
	if DefaultMaxCount != 20000 {
		t.Errorf("DefaultMaxCount is %d", DefaultMaxCount)
	}
	stream := bytes.Repeat([]byte("\001\000A"), 20000)
	var d PairDecoder
	if pairs, err := pairsOf(&d, stream, atOnce); err != nil || len(pairs) != 20000 {
		t.Errorf("%d pairs, %v", len(pairs), err)
	}
	d.Feed([]byte{0})
	_, err := d.Next()
	wantSyntaxError(t, err, "3.4", 60000, "at most 20000 pairs", "one more")
}

func TestLimitsOfACallerHoldToTheByte(t *testing.T) {
	stream := []byte("\001\001Ab\002\002CCdd") // 4 and 6 bytes
	for _, c := range []struct {
		limits PairDecoder
		pairs  int
		says   string
	}{
		{PairDecoder{MaxPair: 4, MaxPairs: 10, MaxCount: 2}, 2, ""},
		{PairDecoder{MaxPair: 3}, 1, "at most 3 bytes"},
		{PairDecoder{MaxPairs: 9}, 1, "at most 9 bytes of pairs"},
		{PairDecoder{MaxCount: 1}, 1, "at most 1 pairs"},
	} {
		for _, segments := range []func() int{atOnce, oneByOne} {
			d := c.limits
			pairs, err := pairsOf(&d, stream, segments)
			if len(pairs) != c.pairs {
				t.Errorf("%+v: %d pairs, want %d", c.limits, len(pairs), c.pairs)
			}
			if c.says == "" {
				if err != nil {
					t.Errorf("%+v: %v", c.limits, err)
				}
				continue
			}
			wantSyntaxError(t, err, "3.4", 4, c.says, "")
			if _, again := d.Next(); again == nil || again.Error() != err.Error() {
				t.Errorf("%+v: then %v, want the same error again", c.limits, again)
			}
		}
	}
}

func TestResetPairDecoderCountsAnew(t *testing.T) {
	d := PairDecoder{MaxPairs: 4, MaxCount: 1}
	for range 3 {
		if pairs, err := pairsOf(&d, []byte("\001\001Ab"), oneByOne); err != nil || len(pairs) != 1 {
			t.Errorf("%v, %v", pairs, err)
		}
		d.Reset()
	}
}

func TestAnnouncedPairTakesNoMemoryBeforeItComes(t *testing.T) {
	wire := []byte("\xff\xff\xff\xff\xff\xff\xff\xffAB")
	d := PairDecoder{MaxPair: math.MaxInt, MaxPairs: math.MaxInt}
	if math.MaxInt == math.MaxInt32 {
		wire = []byte("\xff\xff\xff\x00\x00AB")
	}
	d.Feed(wire)
	if _, err := d.Next(); err != ErrShort {
		t.Fatal(err)
	}
	if cap(d.buf) > 64 {
		t.Errorf("%d bytes have come of 4 GiB, and the buffer has %d", len(wire), cap(d.buf))
	}
	wantNoAllocs(t, "Next of lengths alone", func() { _, sinkErr = d.Next() })
	wantNoAllocs(t, "ParsePair of lengths alone", func() { _, _, sinkErr = ParsePair(wire) })
	if n := bytesAllocated(func() { _, sinkErr = ParseValues(wire) }); n > 4096 {
		t.Errorf("ParseValues took %d bytes for a pair that has not come", n)
	}
	_, err := pairsOf(new(PairDecoder), wire, oneByOne)
	wantSyntaxError(t, err, "3.4", 0, "at most 1048576 bytes", "")
}

func bytesAllocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestPairsAreEncodedAndDecodedWithoutAllocation(t *testing.T) {
	name, value, buf := "SCRIPT_FILENAME", pattern(200), make([]byte, 0, 1000)
	wire := AppendPair(nil, name, value)
	wantNoAllocs(t, "AppendPair", func() { buf = AppendPair(buf[:0], name, value) })
	wantNoAllocs(t, "ParsePair", func() { sinkPair, _, sinkErr = ParsePair(wire) })
	wantNoAllocs(t, "Pair.Append", func() { buf = sinkPair.Append(buf[:0]) })
	var d PairDecoder
	turn := func() {
		d.Reset()
		d.Feed(wire[:3])
		_, sinkErr = d.Next()
		d.Feed(wire[3:])
		sinkPair, sinkErr = d.Next()
	}
	turn()
	wantNoAllocs(t, "PairDecoder", turn)
	if !bytes.Equal(sinkPair.Value, value) {
		t.Errorf("the value is %x", sinkPair.Value)
	}
}

func FuzzPair(f *testing.F) {
	for _, l := range layouts {
		f.Add([]byte(l.lengths + strings.Repeat("N", l.name) + strings.Repeat("V", l.value)))
	}
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xffAB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, n, err := ParsePair(b)
		if err != nil {
			if err != ErrShort || n != 0 {
				t.Fatalf("took %d, %v; the only error is ErrShort", n, err)
			}
			return
		}
		if got := p.Append(nil); !bytes.Equal(got, b[:n]) {
			t.Fatalf("%x went out as %x", b[:n], got)
		}
		again, took, err := ParsePair(AppendPair(nil, p.Name, p.Value))
		if err != nil || took != PairLen(len(p.Name), len(p.Value)) || took > n ||
			!bytes.Equal(again.Name, p.Name) || !bytes.Equal(again.Value, p.Value) {
			t.Fatalf("in the shortest forms %v became %v, %v", p, again, err)
		}
	})
}

func FuzzPairDecoder(f *testing.F) {
	f.Add([]byte("\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42"), []byte{1, 0, 20}, uint16(0), uint16(0), uint16(0))
	f.Add([]byte("\001\001Ab\x80\x00\x00\x01\002Ccc\000\000"), []byte{5}, uint16(4), uint16(12), uint16(2))
	f.Add([]byte("\001\001Ab\xff\xff\xff\xff"), []byte{}, uint16(0), uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, stream, cuts []byte, maxPair, maxPairs, maxCount uint16) {
		limits := PairDecoder{MaxPair: int(maxPair), MaxPairs: int(maxPairs), MaxCount: int(maxCount)}
		whole, cut := limits, limits
		want, wantErr := pairsOf(&whole, stream, atOnce)
		got, gotErr := pairsOf(&cut, stream, cutter(cuts))
		if fmt.Sprint(got, gotErr) != fmt.Sprint(want, wantErr) {
			t.Fatalf("cut: %v, %v; whole: %v, %v", got, gotErr, want, wantErr)
		}
		for rest := stream; wantErr == nil && len(rest) > 0; {
			_, n, err := ParsePair(rest)
			if err != nil {
				t.Fatalf("ParsePair says %v where PairDecoder is content", err)
			}
			rest = rest[n:]
		}
	})
}

func BenchmarkAppendPair(b *testing.B) {
	buf := make([]byte, 0, 100)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendPair(buf[:0], "SERVER_ADDR", "199.170.183.42")
	}
}

func BenchmarkParsePair(b *testing.B) {
	wire := []byte("\013\016SERVER_ADDR199.170.183.42")
	b.ReportAllocs()
	for b.Loop() {
		sinkPair, _, sinkErr = ParsePair(wire)
	}
}

func BenchmarkPairDecoder(b *testing.B) {
	stream := bytes.Repeat([]byte("\013\016SERVER_ADDR199.170.183.42"), 25)
	var d PairDecoder
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		d.Feed(stream)
		for sinkErr = nil; sinkErr == nil; {
			sinkPair, sinkErr = d.Next()
		}
	}
}
