package reference

import (
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// scgiConn serves SCGI's one request on a connection.
type scgiConn struct {
	s    *Server
	w    *watched
	in   buffer
	left int64 // of the body, still to be read from the connection
	r    Request
}

// scgiConns keeps their memory, since each serves but one request.
var scgiConns = sync.Pool{New: func() any { return new(scgiConn) }}

func serveSCGI(s *Server, w *watched) {
	c := scgiConns.Get().(*scgiConn)
	c.s, c.w = s, w
	c.in.nc, c.in.r, c.in.w = w, 0, 0
	if c.readHead() == nil {
		s.respond(&c.r, scgiFramer{})
		if c.left > 0 || len(c.in.bytes()) > 0 {
			w.linger(lingerLimit)
		}
	}
	w.Close()
	scgiConns.Put(c)
}

// readHead reads the headers (3). What breaks a rule of theirs gets no answer,
// since the format of answers is not SCGI's affair (2).
func (c *scgiConn) readHead() error {
	var block []byte
	for {
		s, n, err := scgi.ParseNetstring(c.in.bytes(), c.s.maxParams())
		if err == nil {
			block = s
			c.r.raw = append(c.r.raw[:0], block...)
			c.in.take(n)
			break
		}
		if err != scgi.ErrShort {
			return err
		}
		c.w.reading(len(c.in.bytes()) == 0)
		if err := c.in.fill(len(c.in.bytes()) + 1); err != nil {
			return err
		}
	}
	return c.begin()
}

func (c *scgiConn) begin() error {
	r := &c.r
	r.Protocol, r.Role, r.conn, r.inline = client.SCGI, fcgi.Responder, c, true
	var list [64]scgi.Header
	headers, err := scgi.ParseHeadersInto(list[:0], r.raw)
	if err != nil {
		return err
	}
	if err := scgi.CheckHeaders(headers); err != nil {
		return err
	}
	r.Params = r.Params[:0]
	for _, h := range headers {
		r.Params = append(r.Params, Param(h))
	}
	r.Stdin.reset(r)
	r.Data.reset(r)
	r.Data.ended = true
	c.left, err = strconv.ParseInt(string(headers[0].Value), 10, 64) // CONTENT_LENGTH, as CheckHeaders says
	if err != nil {
		return err
	}
	c.takeBody()
	return nil
}

// takeBody moves what has come of the body to the request's input.
func (c *scgiConn) takeBody() {
	n := int(min(int64(len(c.in.bytes())), c.left))
	c.r.Stdin.add(c.in.bytes()[:n])
	c.in.take(n)
	c.left -= int64(n)
	c.r.Stdin.ended = c.left == 0
}

func (c *scgiConn) read(in *Input, p []byte) (int, error) {
	for in.unread() == 0 {
		if in.ended {
			return 0, io.EOF
		}
		c.w.reading(false)
		if err := c.in.fill(1); err == io.EOF {
			return 0, ErrAborted
		} else if err != nil {
			return 0, err
		}
		c.takeBody()
	}
	return in.take(p), nil
}

func (c *scgiConn) ended(in *Input) bool { return in.ended }

func (c *scgiConn) detach(*Request) {} // there is nothing else on the connection

func (c *scgiConn) connection() *watched { return c.w }

func (c *scgiConn) lend(*Request) {}

func (c *scgiConn) reclaim(*Request) {}

func (c *scgiConn) interrupt(*Request) {
	c.w.SetReadDeadline(time.Unix(1, 0))
}

func (c *scgiConn) abortSignal(*Request) <-chan struct{} { return nil }

func (c *scgiConn) send(w *Response, _ bool) error {
	_, err := c.w.Write(w.out)
	w.out = w.out[:0]
	return err
}

// scgiFramer frames nothing: an answer is what CGI makes it.
type scgiFramer struct{}

func (scgiFramer) room() int { return gathered }

func (scgiFramer) head(w *Response) error {
	w.appendCGIHead()
	return nil
}

func (scgiFramer) open(w *Response) { w.chunk = len(w.out) }

func (scgiFramer) close(w *Response) { w.chunk = -1 }

func (scgiFramer) stderr(w *Response, p []byte) { w.r.conn.(*scgiConn).s.stderrLog(p) }

func (scgiFramer) end(*Response) {}
