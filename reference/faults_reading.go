package reference

import (
	"io"
	"net"
	"time"
)

// through is what all faulty connections have of the one behind them.
type through struct{ net.Conn }

func (c through) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(nc net.Conn) error {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// stayOpen is a close that waits for the client's.
func stayOpen(nc net.Conn) error {
	go func() {
		nc.SetReadDeadline(time.Now().Add(time.Minute))
		io.Copy(io.Discard, nc)
		nc.Close()
	}()
	return nil
}

// reading looks at all that was read so far, after each read: an error of its
// function's ends the connection.
type reading struct {
	through
	got  []byte
	err  error // of the last read
	done bool
	read func(c *reading) error
}

func (c *reading) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	c.err = err
	if broken := c.read(c); broken != nil {
		return 0, broken
	}
	return n, err
}
