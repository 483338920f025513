package reference

import "net"

// readBuffer holds a burst of small requests, so that one read takes them all.
const readBuffer = 16 << 10

// buffer is what came from a connection and was not taken.
type buffer struct {
	nc   net.Conn
	b    []byte
	r, w int
}

func (in *buffer) bytes() []byte { return in.b[in.r:in.w] }

func (in *buffer) take(n int) { in.r += n }

// fill reads once; there is room for n bytes in all afterwards.
func (in *buffer) fill(n int) error {
	if in.b == nil {
		in.b = make([]byte, readBuffer)
	}
	if in.r == in.w || len(in.b)-in.r < n || in.w == len(in.b) {
		in.makeRoom(n)
	}
	m, err := in.nc.Read(in.b[in.w:])
	in.w += m
	if m > 0 {
		return nil
	}
	return err
}

func (in *buffer) makeRoom(n int) {
	b := in.b
	if in.w-in.r == len(b) || len(b) < n {
		b = make([]byte, max(n, 2*len(b)))
	}
	in.w = copy(b, in.b[in.r:in.w])
	in.r, in.b = 0, b
}
