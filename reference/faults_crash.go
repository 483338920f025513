package reference

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// crashStatus is the exit code of a process that a fault ends.
const crashStatus = 3

// crashAt exits as soon as what came is of a certain kind.
func crashAt(at func(got []byte) bool) func(net.Conn) net.Conn {
	return crashOn(func(c *reading) bool { return at(c.got) })
}

// crashAtEnd exits where what came up to a connection's end is of a certain kind.
func crashAtEnd(at func(got []byte) bool) func(net.Conn) net.Conn {
	return crashOn(func(c *reading) bool { return c.err == io.EOF && at(c.got) })
}

// crashAtReset exits where a read finds that the client has reset the connection,
// and what came before is of a certain kind.
func crashAtReset(at func(got []byte) bool) func(net.Conn) net.Conn {
	return crashOn(func(c *reading) bool { return errors.Is(c.err, syscall.ECONNRESET) && at(c.got) })
}

func crashOn(at func(c *reading) bool) func(net.Conn) net.Conn {
	return func(nc net.Conn) net.Conn {
		return &reading{through: through{nc}, read: func(c *reading) error {
			if at(c) {
				os.Exit(crashStatus)
			}
			return nil
		}}
	}
}

// brokenPipe exits where a write within a large answer fails because nobody is
// there.
type brokenPipe struct {
	through
	sent int
}

func crashOnBrokenPipe(nc net.Conn) net.Conn { return &brokenPipe{through: through{nc}} }

func (c *brokenPipe) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent += n
	if c.sent > 32<<10 && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) {
		os.Exit(crashStatus)
	}
	return n, err
}
