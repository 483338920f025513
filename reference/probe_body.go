package reference

import (
	"crypto/sha256"
	"hash"
	"io"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

const fcgiProtocol = client.FastCGI

// received is what was read of a stream.
type received struct {
	length int64
	sum    [sha256.Size]byte
	kept   []byte // where it is to be echoed: own, or what the request has buffered
	own    []byte
	hash   hash.Hash
}

func (b *received) release() {
	b.length, b.kept = 0, nil
	if cap(b.own) > keptBody {
		b.own = nil
	}
}

// receive reads STDIN, and after it a filter's DATA, as far as the answer needs
// them: whole, unless the query says read=no or duplex=yes.
func (x *probing) receive() error {
	x.body.begin()
	x.data.begin()
	if !x.reads || x.duplex {
		return nil
	}
	filter := x.r.Role == fcgi.Filter
	if err := x.receiveStream(&x.body, x.r.limited(&x.r.Stdin), x.echo && !filter); err != nil || !filter {
		return err
	}
	return x.receiveStream(&x.data, limited{in: &x.r.Data, left: -1}, x.echo)
}

func (b *received) begin() {
	b.length, b.kept, b.own = 0, nil, b.own[:0]
	b.sum = sha256.Sum256(nil)
}

func (x *probing) receiveStream(b *received, in limited, keep bool) error {
	if whole, ok := in.buffered(); ok {
		b.length = int64(len(whole))
		if keep {
			b.kept = whole
		} else if x.answersJSON() && len(whole) > 0 {
			b.sum = sha256.Sum256(whole)
		}
		return nil
	}
	return x.readStream(b, in, keep)
}

func (x *probing) answersJSON() bool { return !x.echo && x.size < 0 }

func (x *probing) readStream(b *received, in limited, keep bool) error {
	if b.hash == nil {
		b.hash = sha256.New()
	}
	b.hash.Reset()
	for {
		n, err := in.Read(x.scratch[:])
		b.length += int64(n)
		if keep {
			b.own = append(b.own, x.scratch[:n]...)
		} else if x.answersJSON() {
			b.hash.Write(x.scratch[:n])
		}
		if err == io.EOF {
			b.kept = b.own
			b.hash.Sum(b.sum[:0])
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// contentLength is CONTENT_LENGTH; -1 where there is none that is a number.
func (r *Request) contentLength() int64 {
	if n, ok := parseNumber(r.Param("CONTENT_LENGTH")); ok {
		return n
	}
	return -1
}

// limited is an Input of which no more than CONTENT_LENGTH is the body (RFC 3875
// 4.2): what goes beyond is read and dropped.
type limited struct {
	in   *Input
	left int64 // -1: all of it
}

func (r *Request) limited(in *Input) limited { return limited{in, r.contentLength()} }

// buffered is the whole body where it is at hand.
func (l *limited) buffered() ([]byte, bool) {
	b, whole := l.in.Buffered()
	if whole && l.left >= 0 && int64(len(b)) > l.left {
		b = b[:l.left]
	}
	return b, whole
}

// Read reads to the end of the stream.
func (l *limited) Read(p []byte) (int, error) {
	for {
		n, err := l.in.Read(p)
		if l.left >= 0 {
			n = int(min(int64(n), l.left))
			l.left -= int64(n)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}
