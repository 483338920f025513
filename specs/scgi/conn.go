package scgi

import (
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

// conn is a connection, which serves one request.
type conn struct {
	*suite.Conn
	t      *suite.T
	closed bool // our side is
}

// CloseWrite ends our side of the connection.
func (c *conn) CloseWrite() {
	c.closed = true
	c.Conn.CloseWrite()
}

func dial(t *suite.T) *conn { return &conn{Conn: t.Dial(), t: t} }

// answer reads an answer; where nothing comes it urges.
func (c *conn) answer() answer {
	a := c.read(suite.SilentLimit)
	if a.silent() {
		a = c.urge(suite.AnswerLimit)
	}
	return a
}

// soon is an answer to what may be no whole request: it is ended soon, since a
// server has every right to wait for more.
func (c *conn) soon() answer {
	a := c.read(nothingFollows)
	if a.silent() {
		a = c.urge(suite.AnswerLimit)
	}
	return a
}

// urge closes our side and reads on.
func (c *conn) urge(limit time.Duration) answer {
	c.CloseWrite()
	a := c.read(limit)
	a.urged = true
	return a
}

// upload sends a request that may be more than a server takes before it answers,
// and reads the answer meanwhile. Our side is closed only behind all of it.
func (c *conn) upload(pieces ...[]byte) answer {
	sent := c.SendAside(pieces...)
	for end := time.Now().Add(c.t.Within(uploadLimit)); time.Now().Before(end); {
		if a := c.read(suite.SilentLimit); !a.silent() {
			return a
		}
		if sent(0) {
			return c.answer()
		}
	}
	return answer{bytes: c.Buffered(), ended: suite.Nothing}
}

// uploadLimit is how long a server may take to read what is large.
const uploadLimit = 10 * time.Second

// read reads until the answer is whole by its own Content-Length, or the
// connection ends, or nothing comes: at first for that long.
func (c *conn) read(first time.Duration) answer {
	limit := first
	for {
		if whole(c.Buffered()) {
			return answer{bytes: c.Buffered(), half: c.closed}
		}
		end, more := c.More(limit)
		if !more {
			return answer{bytes: c.Buffered(), ended: end, half: c.closed}
		}
		limit = suite.AnswerLimit
	}
}
