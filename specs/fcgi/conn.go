package fcgi

import (
	"bytes"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// conn is a connection on which records are sent and read.
type conn struct {
	*suite.Conn
	t      *suite.T
	ended  suite.End
	broken error // the bytes are no records any more
}

func dial(t *suite.T) *conn { return &conn{Conn: t.Dial(), t: t} }

// received is a record, and where in what the server sent it stands.
type received struct {
	fcgi.Record
	at     int64
	length int
}

// about marks the record that a failure is about.
func (c *conn) about(r received) { c.Mark(r.at, r.length) }

// answer reads until END_REQUEST of this id, the connection's end, or silence.
func (c *conn) answer(id uint16) answer { return c.answerWithin(id, suite.AnswerLimit) }

// soon is an answer for which a silent server is waited for no longer than it has
// to be: where silence is no failure.
func (c *conn) soon(id uint16) answer { return c.answerWithin(id, suite.SilentLimit) }

func (c *conn) answerWithin(id uint16, limit time.Duration) answer {
	var a answer
	for a.end == nil {
		r, ok := c.recordWithin(limit)
		if !ok {
			a.ended, a.broken = c.ended, c.broken
			return a
		}
		a.take(r, id)
	}
	return a
}

// record waits for the next whole record; false says that none came.
func (c *conn) record() (received, bool) { return c.recordWithin(suite.AnswerLimit) }

// recordWithin is record where bytes may keep coming apart for so long.
func (c *conn) recordWithin(limit time.Duration) (received, bool) {
	for {
		r, n, err := fcgi.ParseRecord(c.Buffered())
		if err == nil {
			r.Content, r.Padding = bytes.Clone(r.Content), bytes.Clone(r.Padding)
			whole := received{r, c.Taken(), n}
			c.Take(n)
			return whole, true
		}
		end, more := c.More(limit)
		if !more {
			c.ended = end
			if len(c.Buffered()) > 0 {
				c.broken = fmt.Errorf("%d bytes came that are no whole record", len(c.Buffered()))
			}
			return received{}, false
		}
	}
}
