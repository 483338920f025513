package reference

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// Fault is a bug of a server's, small and realistic, that conformance cases must
// find. It stands between the wire and the server and changes what goes by: the
// server itself has none of it.
type Fault struct {
	Name string // fcgi/wrong-request-id: the protocol's name first
	What string // the bug, in a line
	Seen string // where it was seen, a server with its version or a link; else how it comes about
	wrap func(net.Conn) net.Conn
}

var faults []Fault

func addFaults(some ...Fault) { faults = append(faults, some...) }

// Faults are all of them, by name.
func Faults() []Fault {
	sorted := slices.Clone(faults)
	slices.SortFunc(sorted, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return sorted
}

// LookupFault finds a fault.
func LookupFault(name string) (*Fault, error) {
	for i := range faults {
		if faults[i].Name == name {
			return &faults[i], nil
		}
	}
	return nil, fmt.Errorf("%q is no fault: expected one of runfcgi -list-faults, such as fcgi/wrong-request-id", name)
}

// wrapped is the connection as the server with its fault sees it.
func (f *Fault) wrapped(nc net.Conn) net.Conn {
	if f == nil {
		return nc
	}
	return f.wrap(nc)
}

// faultyConn changes what is read and written. Each function takes what has come
// so far and not been passed on; it returns how much of that it took, and what
// goes on in its place.
type faultyConn struct {
	net.Conn
	received func(b []byte) (taken int, on []byte)
	sent     func(b []byte) (taken int, on []byte)
	closed   func() error // nil is an ordinary close

	in, ready, out []byte
}

func (c *faultyConn) Read(p []byte) (int, error) {
	var buf [4096]byte
	for len(c.ready) == 0 {
		n, err := c.Conn.Read(buf[:])
		c.in = append(c.in, buf[:n]...)
		c.in, c.ready = change(c.in, c.received)
		if err != nil && len(c.ready) == 0 {
			return 0, err
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

func (c *faultyConn) Write(p []byte) (int, error) {
	var on []byte
	c.out = append(c.out, p...)
	c.out, on = change(c.out, c.sent)
	if len(on) > 0 {
		if _, err := c.Conn.Write(on); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func change(b []byte, f func([]byte) (int, []byte)) (rest, on []byte) {
	if f == nil {
		return nil, b
	}
	for {
		taken, changed := f(b)
		if taken == 0 {
			return b, on
		}
		on, b = append(on, changed...), b[taken:]
	}
}

func (c *faultyConn) Close() error {
	if c.closed != nil {
		return c.closed()
	}
	return c.Conn.Close()
}

func (c *faultyConn) CloseWrite() error {
	if c.closed != nil {
		return nil
	}
	return closeWrite(c.Conn)
}
