package ajp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// conn is a connection on which packets are sent and read.
type conn struct {
	*suite.Conn
	t      *suite.T
	ended  suite.End
	broken error // the bytes are no packets any more

	body []byte // of the request: what of it was not sent yet
	most int    // of it in a packet; 0 is as much as fits
	end  []byte // the packet that ends it; nil is the empty one
}

func dial(t *suite.T) *conn { return &conn{Conn: t.Dial(), t: t} }

// received is a packet, and where in what the server sent it stands.
type received struct {
	ajp.Packet
	at int64
}

// about marks the packet that a failure is about.
func (c *conn) about(p received) { c.Mark(p.at, ajp.HeaderLen+len(p.Payload)) }

// answer reads until End Response, the connection's end, or silence. It answers
// every Get Body Chunk, of a request without a body too.
func (c *conn) answer() answer { return c.answerWithin(suite.AnswerLimit) }

// soon is an answer for which a silent container is waited for no longer than it
// has to be: where silence is no failure.
func (c *conn) soon() answer { return c.answerWithin(suite.SilentLimit) }

func (c *conn) answerWithin(limit time.Duration) answer {
	var a answer
	for {
		p, ok := c.packet(limit)
		if !ok {
			a.ended, a.broken = c.ended, c.broken
			return a
		}
		a.packets = append(a.packets, p)
		switch code, _ := p.PrefixCode(); code {
		case ajp.TypeSendHeaders:
			if a.head == nil {
				a.head = sendHeaders(p.Payload)
			}
		case ajp.TypeSendBodyChunk:
			a.body = append(a.body, chunk(p.Payload)...)
		case ajp.TypeGetBodyChunk:
			asked, _ := ajp.ParseGetBodyChunk(p.Payload)
			c.Send(c.data(int(asked)))
		case ajp.TypeEndResponse:
			a.end = p.Payload
			return a
		}
	}
}

// packet waits for the next whole packet, of whatever magic and size; false says
// that none came.
func (c *conn) packet(limit time.Duration) (received, bool) {
	for {
		b := c.Buffered()
		if len(b) >= ajp.HeaderLen {
			n := ajp.HeaderLen + int(binary.BigEndian.Uint16(b[2:]))
			if len(b) >= n {
				p := ajp.Packet{Magic: ajp.Magic(binary.BigEndian.Uint16(b)), Payload: bytes.Clone(b[ajp.HeaderLen:n])}
				whole := received{p, c.Taken()}
				c.Take(n)
				return whole, true
			}
		}
		end, more := c.More(limit)
		if !more {
			c.ended = end
			if len(c.Buffered()) > 0 {
				c.broken = fmt.Errorf("%d bytes came that are no whole packet", len(c.Buffered()))
			}
			return received{}, false
		}
	}
}

// upload sends a request with its body's first packet, which goes unasked; the
// container asks for the rest.
func (c *conn) upload(r *ajp.Request, body string) {
	c.body = []byte(body)
	c.Send(forward(r), c.data(ajp.MaxDataLen(0)))
}

// data is the next packet of the body, with at most so many bytes of it.
func (c *conn) data(asked int) []byte {
	n := min(len(c.body), asked, ajp.MaxDataLen(0))
	if c.most > 0 {
		n = min(n, c.most)
	}
	if n == 0 && c.end != nil {
		return c.end
	} else if n == 0 {
		return ajp.AppendEndOfBody(nil)
	}
	piece := c.body[:n]
	c.body = c.body[n:]
	return ajp.AppendData(nil, piece)
}
