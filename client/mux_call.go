package client

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// muxWire is FastCGI where requests share a connection.
type muxWire struct{}

func (muxWire) send(x *call) error {
	if x.req.Close { // the others on it still need it
		x.p.retire(x.c)
	}
	s := x.stream
	b, err := s.build(x)
	if err != nil {
		return err
	}
	if err := s.queue(s.turn, b); err != nil {
		return x.muxError(err)
	}
	return nil
}

// build is the request with this stream's id. That of a repeated one stays.
func (s *muxStream) build(x *call) (b []byte, err error) {
	if whole := x.repeated(); whole != nil {
		if s.built != x.prepared {
			s.out, s.built = append(s.out[:0], whole...), x.prepared
			fcgi.SetRequestID(s.out, s.id)
		}
		return s.out, nil
	}
	s.built = nil
	if b, err = x.appendRequest(s.out[:0], s.id, fcgi.KeepConn); err == nil {
		s.out = kept(b)
	}
	return b, err
}

func (muxWire) head(x *call) error {
	for began := false; !began; began = x.stream.begun() {
		if err := x.waitReady(x.firstByteLimit()); err != nil {
			return err
		}
	}
	if x.came() > 0 {
		x.answerBegan()
	}
	return x.readCGIHead()
}

func (muxWire) keeps(*call) bool { return true }

// next is what has come of STDOUT since the last call.
func (muxWire) next(x *call) ([]byte, error) {
	for {
		if err := x.over(); err != nil {
			return nil, err
		}
		piece, ended, err := x.stream.swap()
		switch {
		case piece != nil:
			return piece, nil
		case err != nil:
			return nil, x.muxError(err)
		case ended:
			return nil, io.EOF
		}
		if err := x.waitReady(x.deadline.time()); err != nil {
			return nil, err
		}
	}
}

// over is the context's error or the limit's, where an exchange's time is up.
// Data that is there already must not carry it beyond.
func (x *call) over() error {
	switch {
	case x.req.Context().Err() != nil:
		return context.Cause(x.req.Context())
	case x.deadline != 0 && now() >= x.deadline:
		return x.timeout()
	}
	return nil
}

// waitReady waits for something to read, until the deadline.
func (x *call) waitReady(deadline time.Time) error {
	if deadline.IsZero() && x.upload == nil && x.req.Context().Done() == nil {
		<-x.stream.ready // what a select costs matters here
		return nil
	}
	up, stop := alarm(deadline)
	defer stop()
	select {
	case <-x.stream.ready:
		if x.upload != nil {
			return x.upload.bodyError()
		}
		return nil
	case <-up:
		return x.timeout()
	case <-x.req.Context().Done():
		return context.Cause(x.req.Context())
	}
}

// muxError makes of a shared connection's end what the caller is told.
func (x *call) muxError(err error) error {
	var breach *BreachError
	var rejected *RejectedError
	switch {
	case errors.As(err, &breach), errors.As(err, &rejected):
		return err
	case x.aborted():
		return ErrAborted
	case errors.Is(err, os.ErrDeadlineExceeded): // only writing has one here
		return &TimeoutError{Writing, x.p.t.WriteTimeout}
	}
	return &TruncatedError{FastCGI, x.came(), "END_REQUEST", x.reused, err}
}

func (muxWire) ready(x *call) bool {
	s := x.stream
	if s.last {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buf) > 0 || s.ended || s.err != nil
}

func (muxWire) direct(*call, []byte) (int, error) { return 0, nil }
