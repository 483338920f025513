package scgi

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// exampleOfSection5 is the request that the specification shows.
const exampleOfSection5 = "70:" +
	"CONTENT_LENGTH\x0027\x00" +
	"SCGI\x001\x00" +
	"REQUEST_METHOD\x00POST\x00" +
	"REQUEST_URI\x00/deepthought\x00" +
	"," +
	"What is the answer to life?"

var headersOfSection5 = headersOf("CONTENT_LENGTH", "27", "SCGI", "1", "REQUEST_METHOD", "POST", "REQUEST_URI", "/deepthought")

func TestExampleOfSection5(t *testing.T) {
	if got := AppendRequest(nil, headersOfSection5, []byte("What is the answer to life?")); string(got) != exampleOfSection5 {
		t.Errorf("AppendRequest gives\n%q, want\n%q", got, exampleOfSection5)
	}
	d := decoded([]byte(exampleOfSection5), len(exampleOfSection5))
	if d.err != nil || d.headers != fmt.Sprintf("%q", headersOfSection5) || d.body != "What is the answer to life?" {
		t.Errorf("decoded as %v", d)
	}
	if d.contentLength != 27 || d.check != nil || d.excess != "" || d.remaining != 0 {
		t.Errorf("decoded as %v", d)
	}
}

// outcome is all that a Decoder says of a stream.
type outcome struct {
	headers, body, excess    string
	contentLength, remaining int64
	err, check               error
}

func (o outcome) String() string {
	return fmt.Sprintf("headers %s, CONTENT_LENGTH %d, body %q, remaining %d, excess %q, error %v, rules %v",
		o.headers, o.contentLength, o.body, o.remaining, o.excess, o.err, o.check)
}

// decoded feeds wire in pieces of n bytes, each in the same memory.
func decoded(wire []byte, n int) outcome {
	var d Decoder
	return feed(&d, wire, n)
}

func feed(d *Decoder, wire []byte, n int) (o outcome) {
	var body, excess strings.Builder
	buf := make([]byte, n)
	for piece := range pieceOf(wire, n) {
		d.Feed(buf[:copy(buf, piece)])
		body.Write(d.Body())
		excess.Write(d.Excess())
	}
	o.body, o.excess = body.String(), excess.String()
	r, err := d.Head()
	o.remaining, o.err = d.Remaining(), err
	if err == nil {
		o.headers, o.contentLength, o.check = fmt.Sprintf("%q", r.Headers), r.ContentLength, r.Check()
	}
	return o
}

func pieceOf(wire []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(wire) > 0 {
			k := min(n, len(wire))
			if !yield(wire[:k]) {
				return
			}
			wire = wire[k:]
		}
	}
}

func TestAnySegmentationIsTheSameRequest(t *testing.T) {
	for _, wire := range []string{
		exampleOfSection5,
		exampleOfSection5 + "and more than that",
		exampleOfSection5[:len(exampleOfSection5)-1],
		exampleOfSection5[:40],
		"0:,body", "3:A\x00b,", "3:A\x00\x00;", "012:", "x",
	} {
		whole := fmt.Sprint(decoded([]byte(wire), max(1, len(wire))))
		for n := 1; n < len(wire); n++ {
			if got := fmt.Sprint(decoded([]byte(wire), n)); got != whole {
				t.Errorf("%q in pieces of %d is\n%s, whole it is\n%s", wire, n, got, whole)
			}
		}
	}
}

func TestHeadIsShortUntilTheComma(t *testing.T) {
	head := len(exampleOfSection5) - 27
	for cut := range head {
		var d Decoder
		d.Feed([]byte(exampleOfSection5[:cut]))
		if r, err := d.Head(); r != nil || err != ErrShort {
			t.Fatalf("after %d bytes: %v, %v", cut, r, err)
		}
		if d.Remaining() != -1 {
			t.Fatalf("after %d bytes %d of the body remain, want -1", cut, d.Remaining())
		}
	}
}

func TestBodyComesAsItArrives(t *testing.T) {
	var d Decoder
	head := len(exampleOfSection5) - 27
	d.Feed([]byte(exampleOfSection5[:head+4]))
	if got := string(d.Body()); got != "What" || d.Remaining() != 23 {
		t.Errorf("%q and %d remain", got, d.Remaining())
	}
	if got := d.Body(); len(got) != 0 {
		t.Errorf("%q again", got)
	}
	d.Feed([]byte(exampleOfSection5[head+4 : head+7]))
	d.Feed([]byte(exampleOfSection5[head+7:] + "EXTRA"))
	if got := string(d.Body()); got != " is the answer to life?" || d.Remaining() != 0 {
		t.Errorf("two pieces that were not taken between are %q, and %d remain", got, d.Remaining())
	}
	if got := string(d.Excess()); got != "EXTRA" {
		t.Errorf("the excess is %q", got)
	}
}

func TestDecoderLeavesTheRulesToCheck(t *testing.T) {
	for _, c := range []struct {
		name          string
		headers       []Header
		contentLength int64
		body, excess  string
	}{
		{"CONTENT_LENGTH second", headersOf("SCGI", "1", "CONTENT_LENGTH", "2"), 2, "ab", "cdef"},
		{"CONTENT_LENGTH twice", headersOf("CONTENT_LENGTH", "3", "SCGI", "1", "CONTENT_LENGTH", "2"), 3, "abc", "def"},
		{"no CONTENT_LENGTH", headersOf("SCGI", "1"), -1, "", "abcdef"},
		{"no number", headersOf("CONTENT_LENGTH", "-1", "SCGI", "1"), -1, "", "abcdef"},
		{"2^64+2", headersOf("CONTENT_LENGTH", "18446744073709551618", "SCGI", "1"), -1, "", "abcdef"},
		{"no SCGI", headersOf("CONTENT_LENGTH", "6"), 6, "abcdef", ""},
		{"empty name", headersOf("CONTENT_LENGTH", "0", "", "", "SCGI", "1"), 0, "", "abcdef"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decoded(AppendRequest(nil, c.headers, []byte("abcdef")), 5)
			if got.err != nil || got.contentLength != c.contentLength || got.body != c.body || got.excess != c.excess {
				t.Errorf("got %v", got)
			}
			if got.check == nil {
				t.Error("Check found nothing")
			}
		})
	}
}

func TestErrorsCountFromTheStartOfTheStream(t *testing.T) {
	got := decoded([]byte("6:A\x00\x00B\x00b,"), 3)
	wantSyntax(t, got.err, "3", 8, `the value of "B"`, `"b"`)
	got = decoded([]byte("7:A\x00\x00B\x00b\x00;"), 3)
	wantSyntax(t, got.err, "4", 9, `","`, `";"`)
	got = decoded(AppendRequest(nil, headersOf("CONTENT_LENGTH", "x"), nil), 3)
	wantSyntax(t, got.check, "3", 3+15, "digits", `"x"`)
}

func TestDecoderRefusesMoreThanMaxHeaders(t *testing.T) {
	d := Decoder{MaxHeaders: 70}
	if got := feed(&d, []byte(exampleOfSection5), 7); got.err != nil {
		t.Error(got.err)
	}
	d = Decoder{MaxHeaders: 69}
	wantSyntax(t, feed(&d, []byte(exampleOfSection5), 7).err, "4", 0, "at most 69", `"70"`)
	d = Decoder{}
	wantSyntax(t, feed(&d, []byte(strings.Repeat("1", 1<<20)), 4096).err, "4", 0, "at most 1048576", `"1111111"`)
	if cap(d.head) > 64 {
		t.Errorf("%d bytes are kept of a length without end", cap(d.head))
	}
}

func TestLengthsAtTheEndOfAnIntAreRefused(t *testing.T) {
	d := Decoder{MaxHeaders: math.MaxInt}
	d.Feed(fmt.Appendf(nil, "%d:abc", math.MaxInt))
	_, err := d.Head()
	wantSyntax(t, err, "4", 0, "a length of at most", fmt.Sprint(math.MaxInt))
}

func TestMemoryIsTakenForWhatHasArrived(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := Decoder{MaxHeaders: math.MaxInt}
	d.Feed([]byte("1999999999:CONTENT_LENGTH"))
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<10 {
		t.Errorf("%d bytes were taken for 25", taken)
	}
	if _, err := d.Head(); err != ErrShort {
		t.Errorf("got %v", err)
	}
}

func TestDecoderTakesNoMemoryAfterReset(t *testing.T) {
	wire := []byte(exampleOfSection5)
	var d Decoder
	allocs := testing.AllocsPerRun(100, func() {
		d.Reset()
		for i := 0; i < len(wire); i += 50 {
			d.Feed(wire[i:min(i+50, len(wire))])
			d.Body()
		}
		if r, err := d.Head(); err != nil || r.Check() != nil || d.Remaining() != 0 {
			t.Fatal("refused")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{exampleOfSection5, exampleOfSection5 + "more", "0:,x", "3:A\x00b,", "012:", "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,"} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 7)
	}
	f.Fuzz(func(t *testing.T, wire []byte, n int) {
		n = 1 + int(uint(n)%64)
		whole, parts := decoded(wire, max(1, len(wire))), decoded(wire, n)
		if fmt.Sprint(whole) != fmt.Sprint(parts) {
			t.Fatalf("whole %v\nin pieces of %d %v", whole, n, parts)
		}
		if whole.err != nil {
			return
		}
		var d Decoder
		d.Feed(wire)
		r, _ := d.Head()
		again := append(AppendRequest(nil, r.Headers, d.Body()), d.Excess()...)
		if !bytes.Equal(again, wire) {
			t.Fatalf("%q came back as %q", wire, again)
		}
	})
}
