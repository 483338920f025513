package reference

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/client/scgi"
)

func init() {
	addFaults(
		Fault{"scgi/never-closes", "the connection stays open after the answer", "https://github.com/valum-framework/valum/issues/152", requestFault{closed: stayOpenAfterAnswer}.wrap},
		Fault{"scgi/reads-to-the-end", "every request is read to the end of the client's side, which does not come", "a read() without a size", func(nc net.Conn) net.Conn {
			c := &faultyConn{Conn: nc}
			c.received = func(b []byte) (int, []byte) {
				rest, _ := io.ReadAll(nc)
				return len(b), append(bytes.Clone(b), rest...)
			}
			return c
		}},
		Fault{"scgi/waits-for-eof", "a request with a body is read to the end of the client's side, which does not come", "flup 1.0.3, wsgi.input.read() without a size", waitsForEOF},
		Fault{"scgi/closes-before-body", "the connection is closed where the body has not come soon behind the headers", "servers that poll once for the body", func(nc net.Conn) net.Conn {
			var late *time.Timer
			return &reading{through: through{nc}, read: func(c *reading) error {
				switch short := bodyIsShort(c.got); {
				case short && late == nil:
					late = time.AfterFunc(bodySoon, func() { nc.Close() })
				case !short && late != nil:
					late.Stop()
				}
				return nil
			}}
		}},
		Fault{"scgi/answers-early", "a first header is sent when the connection's first byte has come", "a framework that greets as soon as it may write", func(nc net.Conn) net.Conn {
			return &reading{through: through{nc}, read: func(c *reading) error {
				if len(c.got) > 0 && !c.done {
					c.done = true
					c.Conn.Write([]byte("X-Powered-By: fcgikit\r\n"))
				}
				return nil
			}}
		}},
		Fault{"scgi/second-request", "a request behind the first is answered, too", "a loop for HTTP's keep-alive", func(nc net.Conn) net.Conn { return &answersAgain{through: through{nc}} }},
		Fault{"scgi/half-close-aborts", "a client that closes its side is taken for gone", "sockets without allowHalfOpen, and pollers that take EOF for a hangup", func(nc net.Conn) net.Conn {
			return &abortsAtEOF{through: through{nc}}
		}},
		Fault{"scgi/length-in-one-read", "the connection is closed where the colon is not in the first segment", "https://github.com/rakshasa/rtorrent/pull/1764", endsAt(func(got []byte) bool {
			return !bytes.Contains(got, []byte(":"))
		}, noMore)},
		Fault{"scgi/headers-in-one-read", "the connection is closed where the headers are not whole in the first segment", "servers that call recv() once", func(nc net.Conn) net.Conn {
			return &reading{through: through{nc}, read: func(c *reading) error {
				if _, _, err := strictly(c.got); err == scgi.ErrShort && len(c.got) > 0 {
					return io.EOF
				}
				return nil
			}}
		}},
		Fault{"scgi/comma-in-the-read", "the connection is closed where a segment ends before the comma", "uWSGI 2.0.21", endsAt(onlyCommaMissing, noMore)},
		Fault{"scgi/comma-from-before", "where a segment ends before the comma the byte behind it in the buffer is taken for it, and the comma for the body's first byte", "uWSGI 2.0.21", endsAt(onlyCommaMissing, func(p []byte, n int) (int, error) {
			p[n] = ','
			return n + 1, nil
		})},
		Fault{"scgi/slow-headers-exhaust", "seven connections that are slow within their headers keep all others waiting", "https://github.com/rakshasa/rtorrent/pull/1947", func(nc net.Conn) net.Conn {
			return &pooled{through: through{nc}, server: scgiPools.of(nc)}
		}},
	)
}

// stayOpenAfterAnswer is stayOpen where an answer was sent.
func stayOpenAfterAnswer(m *requestMemory) error {
	if m.sent == 0 {
		return m.nc.Close()
	}
	return stayOpen(m.nc)
}

// waitsForEOF holds a body back until the client closes its side.
func waitsForEOF(nc net.Conn) net.Conn {
	c := &faultyConn{Conn: nc}
	begun := false
	c.received = func(b []byte) (int, []byte) {
		block, _, err := strictly(b)
		if err == scgi.ErrShort && !begun {
			return 0, nil
		}
		headers, _ := scgi.ParseHeaders(block)
		if value, _ := valueOf(headers, "CONTENT_LENGTH"); !begun && strings.Trim(value, "0") != "" {
			rest, _ := io.ReadAll(nc)
			return len(b), append(bytes.Clone(b), rest...)
		}
		begun = true
		return len(b), b
	}
	return c
}

// endsAt does something else where what has come by the end of a segment is of a
// certain kind: it gets what was read, n bytes in p, and says what a read gives.
func endsAt(at func(got []byte) bool, then func(p []byte, n int) (int, error)) func(net.Conn) net.Conn {
	return func(nc net.Conn) net.Conn { return &segmented{through: through{nc}, endsAt: at, then: then} }
}

func noMore([]byte, int) (int, error) { return 0, io.EOF }

type segmented struct {
	through
	got    []byte
	endsAt func(got []byte) bool
	then   func(p []byte, n int) (int, error)
}

// segmentPause parts two segments. What follows sooner may have been one with
// what came before, as far as a reader can tell.
const segmentPause = 10 * time.Millisecond

func (c *segmented) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	for n > 0 && n < len(p) && c.endsAt(c.got) {
		c.Conn.SetReadDeadline(time.Now().Add(segmentPause))
		more, _ := c.Conn.Read(p[n:])
		c.Conn.SetReadDeadline(time.Time{})
		if more == 0 {
			return c.then(p, n)
		}
		c.got = append(c.got, p[n:n+more]...)
		n += more
	}
	return n, err
}

func onlyCommaMissing(got []byte) bool {
	_, n, err := strictly(append(bytes.Clone(got), ','))
	return err == nil && n == len(got)+1
}

// answersAgain answers what stands behind a request, with the same answer.
type answersAgain struct {
	through
	got, answer []byte
}

func (c *answersAgain) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	return n, err
}

func (c *answersAgain) Write(p []byte) (int, error) {
	c.answer = append(c.answer, p...)
	return c.Conn.Write(p)
}

// CloseWrite is called where bytes are left behind a request.
func (c *answersAgain) CloseWrite() error {
	if _, n, err := strictly(c.got); err == nil {
		if _, _, err := strictly(c.got[n:]); err == nil {
			c.Conn.Write(c.answer)
		}
	}
	return closeWrite(c.Conn)
}

// abortsAtEOF drops the answer where the client's side is closed by then.
type abortsAtEOF struct {
	through
	looked, gone atomic.Bool
}

func (c *abortsAtEOF) Write(p []byte) (int, error) {
	if !c.looked.Swap(true) {
		var b [1]byte
		c.Conn.SetReadDeadline(time.Now().Add(lookFor))
		_, err := c.Conn.Read(b[:])
		c.gone.Store(err == io.EOF)
		c.Conn.SetReadDeadline(time.Time{})
	}
	if c.gone.Load() {
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// lookFor is long enough for a close that was sent with the request.
const lookFor = 150 * time.Millisecond

// pooled is a connection of a server whose pool has seven places for connections
// whose headers are still to come.
type pooled struct {
	through
	server  *wholeServer
	got     []byte
	waiting bool // it has one of the places
}

var scgiPools wholeServers

func (c *pooled) Read(p []byte) (int, error) {
	for len(c.got) == 0 && c.server.exhausted(7) {
		time.Sleep(5 * time.Millisecond)
	}
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	_, _, broken := strictly(c.got)
	if half := err == nil && broken == scgi.ErrShort; half != c.waiting {
		c.waiting = half
		c.server.mu.Lock()
		if half {
			c.server.count++
		} else {
			c.server.count--
		}
		c.server.mu.Unlock()
	}
	return n, err
}

// bodySoon is longer than a body takes that is sent at once, and shorter than the
// pause of a case that is about its coming late.
const bodySoon = 100 * time.Millisecond
