package scgi

import "math"

// DefaultMaxHeaders is what net/http's server lets the header of a request be, so that what comes through a Go
// gateway fits. A lie costs nothing: memory is taken for what has arrived, not for what was announced.
const DefaultMaxHeaders = 1 << 20

// Decoder reads one request from the pieces in which a stream brings it. The zero value is ready.
//
// It refuses what can't be taken apart (section 4, and the NUL bytes of section 3). It doesn't refuse a request
// that only breaks a rule about its headers: Request.Check does. Without a usable CONTENT_LENGTH the body is empty.
type Decoder struct {
	// MaxHeaders is how many bytes there may be within the netstring; 0 means DefaultMaxHeaders.
	MaxHeaders int

	head    []byte // the netstring as far as it has come
	size    int    // of the whole netstring; 0 while its length isn't known
	state   state
	request Request
	err     error

	toCome       int64
	body, excess pieces
}

type state uint8

const (
	inHead state = iota
	inBody
	failed
)

// Reset makes the Decoder ready for another stream. It keeps its memory: what it gave out is no longer valid.
func (d *Decoder) Reset() {
	*d = Decoder{
		MaxHeaders: d.MaxHeaders,
		head:       d.head[:0],
		request:    Request{Headers: d.request.Headers[:0]},
		body:       pieces{b: d.body.b[:0]},
		excess:     pieces{b: d.excess.b[:0]},
	}
}

// Feed takes the next bytes of the stream. It copies what it needs of p. After an error it ignores p.
func (d *Decoder) Feed(p []byte) {
	if d.state == inHead {
		p = d.feedHead(p)
	}
	if d.state != inBody {
		return
	}
	n := min(int64(len(p)), d.toCome)
	d.toCome -= n
	d.body.add(p[:n])
	d.excess.add(p[n:])
}

// Head gives the request as soon as its netstring is whole; before that ErrShort, or the *SyntaxError that ended the
// decoding. The request is valid until Reset.
func (d *Decoder) Head() (*Request, error) {
	switch d.state {
	case inHead:
		return nil, ErrShort
	case failed:
		return nil, d.err
	default:
		return &d.request, nil
	}
}

// Body gives the bytes of the body that have arrived since it was last called. They are valid until the next Feed.
func (d *Decoder) Body() []byte { return d.body.take() }

// Remaining is how many bytes of the body have not arrived; -1 before the head is whole.
func (d *Decoder) Remaining() int64 {
	if d.state != inBody {
		return -1
	}
	return d.toCome
}

// Excess gives the bytes behind the body, of which section 3 knows none, that have arrived since it was last called.
// They are valid until the next Feed.
func (d *Decoder) Excess() []byte { return d.excess.take() }

// feedHead returns what of p lies behind the head.
func (d *Decoder) feedHead(p []byte) []byte {
	for d.size == 0 {
		if len(p) == 0 {
			return nil
		}
		d.head = append(d.head, p[0])
		p = p[1:]
		if !d.measure() {
			return nil
		}
	}
	n := min(len(p), d.size-len(d.head))
	d.head = append(d.head, p[:n]...)
	if len(d.head) == d.size {
		d.finishHead()
	}
	return p[n:]
}

// measure works out the netstring's size once its length is whole. False ends the decoding.
func (d *Decoder) measure() bool {
	length, start, err := parseLength(d.head, d.maxHeaders())
	if err == ErrShort {
		return true
	}
	if err != nil {
		d.fail(err)
		return false
	}
	d.request.start = int64(start)
	d.size = start + length + 1
	return true
}

func (d *Decoder) finishHead() {
	end := d.size - 1
	if d.head[end] != ',' {
		d.fail(missingComma(end, d.head[end]))
		return
	}
	headers, err := ParseHeadersInto(d.request.Headers[:0], d.head[d.request.start:end])
	d.request.Headers = headers
	if e, ok := err.(*SyntaxError); ok {
		e.Offset += d.request.start
		d.fail(e)
		return
	}
	d.state = inBody
	d.request.ContentLength = -1
	if value, ok := d.request.Get("CONTENT_LENGTH"); ok {
		d.request.ContentLength = parseContentLength(value)
	}
	d.toCome = max(0, d.request.ContentLength)
}

func (d *Decoder) fail(err error) {
	d.state, d.err = failed, err
}

// aroundHeaders is the most that a netstring adds to its interpretation: 19 digits, ":" and ",".
const aroundHeaders = 21

func (d *Decoder) maxHeaders() int {
	if d.MaxHeaders <= 0 {
		return DefaultMaxHeaders
	}
	return min(d.MaxHeaders, math.MaxInt-aroundHeaders)
}

// pieces is memory that is used again once it was taken.
type pieces struct {
	b     []byte
	taken bool
}

func (s *pieces) add(p []byte) {
	if s.taken {
		s.b, s.taken = s.b[:0], false
	}
	s.b = append(s.b, p...)
}

func (s *pieces) take() []byte {
	if s.taken {
		return nil
	}
	s.taken = true
	return s.b
}
