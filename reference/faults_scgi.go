package reference

import (
	"net"

	"github.com/fcgikit/fcgikit/client/scgi"
)

// requestFault is a fault in how a request is read or answered. The server behind
// it is strict, so what a faulty one lets pass is made legal on the way.
type requestFault struct {
	netstring func(b []byte) (block []byte, n int, err error) // nil is scgi.ParseNetstring
	split     func(block []byte) ([]scgi.Header, error)       // nil is scgi.ParseHeaders
	headers   func(h []scgi.Header, came int) []scgi.Header   // came is how much of a body has come with them
	out       func(m *requestMemory, b []byte) []byte
	closed    func(m *requestMemory) error
}

// requestMemory is what a fault remembers of a connection.
type requestMemory struct {
	nc   net.Conn
	sent int // bytes of the answer
}

func (f requestFault) wrap(nc net.Conn) net.Conn {
	m := &requestMemory{nc: nc}
	c := &faultyConn{Conn: nc}
	head := true
	c.received = func(b []byte) (int, []byte) {
		if !head {
			return len(b), b
		}
		n, on, err := f.head(b)
		if err == scgi.ErrShort {
			return 0, nil
		}
		head = false
		if err != nil {
			return len(b), b
		}
		return n, on
	}
	c.sent = func(b []byte) (int, []byte) {
		on := b
		if f.out != nil && len(b) > 0 {
			on = f.out(m, b)
		}
		m.sent += len(b)
		return len(b), on
	}
	if f.closed != nil {
		c.closed = func() error { return f.closed(m) }
	}
	return c
}

// head makes of a request's head what the strict server is to read. The error is
// that there is nothing to be changed: ErrShort, or a broken rule that the fault
// has nothing to do with.
func (f requestFault) head(b []byte) (int, []byte, error) {
	read, split := f.netstring, f.split
	if read == nil {
		read = strictly
	}
	if split == nil {
		split = scgi.ParseHeaders
	}
	block, n, err := read(b)
	if err != nil {
		return 0, nil, err
	}
	headers, err := split(block)
	if err != nil {
		return 0, nil, err
	}
	if f.headers != nil {
		headers = f.headers(headers, len(b)-n)
	}
	return n, scgi.AppendRequest(nil, headers, nil), nil
}

// anyLength is more than any request of the cases has.
const anyLength = 1 << 40

func strictly(b []byte) ([]byte, int, error) { return scgi.ParseNetstring(b, anyLength) }
