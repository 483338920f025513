package client

import (
	"io"
	"strconv"

	"github.com/fcgikit/fcgikit/client/scgi"
)

// scgiWire is SCGI: a request a connection, whose end is the answer's (2).
type scgiWire struct{}

func (scgiWire) send(x *call) error {
	c := x.c
	c.requests.Add(1)
	b := x.appendNetstring(c.out[:0])
	if x.upload == nil && x.length > 0 {
		var err error
		if b, err = x.appendBody(b); err != nil {
			return err
		}
	}
	c.out = b[:0]
	if err := c.writeAll(b, x.writeLimit()); err != nil {
		return x.writeError(err)
	}
	return nil
}

// appendNetstring is a request's headers (3).
func (x *call) appendNetstring(b []byte) []byte {
	if h := x.prepared; h != nil && h.length == x.length {
		return append(b, h.head...)
	}
	headers := scgi.AppendHeader(x.c.scratch[:0], "CONTENT_LENGTH", strconv.FormatInt(x.length, 10))
	headers = scgi.AppendHeader(headers, "SCGI", "1")
	x.p.t.env.Each(x.req, x.uri(), x.length, func(name, value string) bool {
		if name != "CONTENT_LENGTH" && name != "SCGI" {
			headers = scgi.AppendHeader(headers, name, value)
		}
		return true
	})
	x.c.scratch = headers[:0]
	b = scgi.AppendNetstring(b, headers)
	if h := x.p.prepare(x, b); h != nil {
		x.p.prepared.Store(h)
	}
	return b
}

func (scgiWire) head(x *call) error {
	if err := x.firstByte(); err != nil {
		return err
	}
	return x.readCGIHead()
}

func (scgiWire) keeps(*call) bool { return false }

func (scgiWire) next(x *call) ([]byte, error) {
	if err := x.c.ensure(1); err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		return nil, x.lostEnd(err)
	}
	piece := x.c.buffered()
	x.c.take(len(piece))
	return piece, nil
}

// lostEnd is a connection that ended with an error. After all of an announced
// body that is as good an end as any: a server that has not read the request's
// whole body resets the connection when it closes it.
func (x *call) lostEnd(err error) error {
	if x.interrupted(err) == nil && x.left == 0 {
		return io.EOF
	}
	return x.readError(err, "the connection's orderly end")
}

func (scgiWire) ready(x *call) bool { return len(x.c.buffered()) > 0 }

func (scgiWire) direct(x *call, p []byte) (int, error) {
	if len(x.c.buffered()) > 0 {
		return 0, nil
	}
	n, err := x.c.readInto(p)
	if err != nil && err != io.EOF {
		return 0, x.lostEnd(err)
	}
	return n, nil // of the end next tells
}
