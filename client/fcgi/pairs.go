package fcgi

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Lengths in bytes of names and values (3.4).
const (
	maxShortLength = 127           // above it a length takes four bytes
	MaxPairLength  = math.MaxInt32 // of a name or a value: 31 bits
	longForm       = 0x80          // the bit that tells the forms apart
)

// Pair is one name-value pair (3.4). The lengths' forms are kept, since a short
// length may come in the long form.
type Pair struct {
	Name, Value         []byte
	NameForm, ValueForm int // bytes that the length took: 1 or 4
}

// AppendPair encodes a pair in the shortest forms. A name or value beyond
// MaxPairLength is the caller's mistake, and panics.
func AppendPair[N, V ~string | ~[]byte](dst []byte, name N, value V) []byte {
	dst = appendLength(dst, len(name))
	dst = appendLength(dst, len(value))
	dst = append(dst, name...)
	return append(dst, value...)
}

// PairLen is how many bytes AppendPair takes for a name and a value of these
// lengths.
func PairLen(name, value int) int {
	n := 2 + name + value
	if name > maxShortLength {
		n += 3
	}
	if value > maxShortLength {
		n += 3
	}
	return n
}

func appendLength(dst []byte, n int) []byte {
	if n <= maxShortLength {
		return append(dst, byte(n))
	}
	return appendLongLength(dst, n)
}

func appendLongLength(dst []byte, n int) []byte {
	if n > MaxPairLength {
		panic(fmt.Sprintf("fcgi: a length has at most 31 bits, not %d", n))
	}
	return binary.BigEndian.AppendUint32(dst, uint32(n)|longForm<<24)
}

// Append encodes the pair in the forms that it names; a form of 0, or of 1 where
// the length needs 4, is the shortest that fits. So a decoded pair goes out as
// it came in.
func (p Pair) Append(dst []byte) []byte {
	dst = appendForm(dst, len(p.Name), p.NameForm)
	dst = appendForm(dst, len(p.Value), p.ValueForm)
	dst = append(dst, p.Name...)
	return append(dst, p.Value...)
}

func appendForm(dst []byte, n, form int) []byte {
	if form == 4 {
		return appendLongLength(dst, n)
	}
	return appendLength(dst, n)
}

// ParsePair decodes the pair at the start of b and says how many bytes it
// takes. Its only error is ErrShort. Name and Value are views into b.
func ParsePair(b []byte) (p Pair, n int, err error) {
	name, value, n := parseLengths(b, &p)
	if n == 0 || uint64(len(b)-n) < uint64(name)+uint64(value) {
		return Pair{}, 0, ErrShort
	}
	mid, end := n+int(name), n+int(name)+int(value)
	p.Name, p.Value = b[n:mid:mid], b[mid:end:end]
	return p, end, nil
}

// parseLengths decodes both lengths; n is 0 when they are not whole.
func parseLengths(b []byte, p *Pair) (name, value uint32, n int) {
	name, p.NameForm = parseLength(b)
	if p.NameForm == 0 {
		return 0, 0, 0
	}
	value, p.ValueForm = parseLength(b[p.NameForm:])
	if p.ValueForm == 0 {
		return 0, 0, 0
	}
	return name, value, p.NameForm + p.ValueForm
}

// parseLength decodes one length; form is 0 when it is not whole.
func parseLength(b []byte) (length uint32, form int) {
	if len(b) > 0 && b[0]&longForm == 0 {
		return uint32(b[0]), 1
	}
	if len(b) < 4 {
		return 0, 0
	}
	return binary.BigEndian.Uint32(b) &^ (longForm << 24), 4
}

// Limits on a stream of pairs, for who receives them. The defaults hold what
// the largest requests seen in the field carry, with room: web servers limit a
// request's header to some 8 to 64 KiB, and the specification sets no bound.
const (
	DefaultMaxPair  = 1 << 20 // bytes of a name and its value
	DefaultMaxPairs = 4 << 20 // bytes of all pairs
	DefaultMaxCount = 20000   // pairs
)

// PairDecoder takes a stream of pairs (5.2), cut anywhere, also within a length.
// The zero value is ready, with the default limits.
type PairDecoder struct {
	MaxPair  int // bytes of one name and its value; 0 is DefaultMaxPair
	MaxPairs int // bytes of the whole stream; 0 is DefaultMaxPairs
	MaxCount int // pairs in the stream; 0 is DefaultMaxCount

	buf    []byte
	start  int
	offset int64
	count  int
}

// Feed adds the bytes that came next. Pairs that Next returned before are no
// longer valid.
func (d *PairDecoder) Feed(p []byte) {
	if d.start > 0 {
		d.buf = append(d.buf[:0], d.buf[d.start:]...)
		d.start = 0
	}
	d.buf = append(d.buf, p...)
}

// Next is the next whole pair, ErrShort, or a *SyntaxError where the stream
// goes beyond a limit, told as soon as a pair's two lengths say so. A limit
// once broken stays broken: every later Next says the same.
func (d *PairDecoder) Next() (Pair, error) {
	b := d.buf[d.start:]
	if err := d.checkLimits(b); err != nil {
		return Pair{}, err
	}
	p, n, err := ParsePair(b)
	if err == nil {
		d.count++
	}
	d.start += n
	d.offset += int64(n)
	return p, err
}

func (d *PairDecoder) checkLimits(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if limit := orDefault(d.MaxCount, DefaultMaxCount); d.count >= limit {
		return d.tooMuch(fmt.Sprintf("at most %d pairs", limit), "one more")
	}
	var p Pair
	name, value, n := parseLengths(b, &p)
	if n == 0 {
		return nil
	}
	size := int64(name) + int64(value)
	if limit := int64(orDefault(d.MaxPair, DefaultMaxPair)); size > limit {
		return d.tooMuch(fmt.Sprintf("a name and value of at most %d bytes", limit), fmt.Sprint(size))
	}
	if limit := int64(orDefault(d.MaxPairs, DefaultMaxPairs)); d.offset+int64(n)+size > limit {
		return d.tooMuch(fmt.Sprintf("at most %d bytes of pairs", limit), fmt.Sprint(d.offset+int64(n)+size))
	}
	return nil
}

func (d *PairDecoder) tooMuch(expected, got string) error {
	return &SyntaxError{"3.4", d.offset, expected, got}
}

// End is called when the stream has ended and Next has nothing more: an error if
// it ended within a pair.
func (d *PairDecoder) End() error {
	if rest := len(d.buf) - d.start; rest > 0 {
		return &SyntaxError{"3.4", d.offset, "a whole name-value pair", fmt.Sprintf("the end of the stream after %d bytes of it", rest)}
	}
	return nil
}

// Reset makes the decoder ready for another stream; it keeps its buffer.
func (d *PairDecoder) Reset() {
	d.buf, d.start, d.offset, d.count = d.buf[:0], 0, 0, 0
}

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}
