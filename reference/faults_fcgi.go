package reference

import (
	"bytes"
	"io"
	"net"
	"os"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// recordFault is a fault that shows in whole records.
type recordFault struct {
	in, out func(m *wireMemory, r fcgi.Record) []fcgi.Record // nil: as they are
	closed  func(net.Conn) error
}

// wireMemory is what a fault remembers of a connection.
type wireMemory struct {
	nc     net.Conn
	params []byte // of the request before
	held   []byte
	pairs  map[uint16][]byte // PARAMS, by request id
	ids    map[uint16]bool   // active
	last   uint16            // the id that came last
	ended  bool
}

func (f recordFault) wrap(nc net.Conn) net.Conn {
	m := &wireMemory{nc: nc, ids: map[uint16]bool{}, pairs: map[uint16][]byte{}}
	c := &faultyConn{Conn: nc}
	if f.in != nil {
		c.received = func(b []byte) (int, []byte) { return eachRecord(m, b, f.in) }
	}
	if f.out != nil {
		c.sent = func(b []byte) (int, []byte) { return eachRecord(m, b, f.out) }
	}
	if f.closed != nil {
		c.closed = func() error { return f.closed(nc) }
	}
	return c
}

func eachRecord(m *wireMemory, b []byte, f func(*wireMemory, fcgi.Record) []fcgi.Record) (int, []byte) {
	r, n, err := fcgi.ParseRecord(b)
	if err != nil {
		return 0, nil
	}
	var on []byte
	for _, changed := range f(m, r) {
		on = changed.Append(on)
	}
	return n, on
}

func as(r ...fcgi.Record) []fcgi.Record { return r }

// made is a record whose lengths are right.
func made(t fcgi.Type, id uint16, content []byte) fcgi.Record {
	return fcgi.Record{
		Header:  fcgi.Header{Version: fcgi.Version, Type: t, RequestID: id, ContentLength: uint16(len(content))},
		Content: content,
	}
}

// unpadded is a receiver that takes a record's padding for content.
func unpadded(r fcgi.Record) fcgi.Record {
	n := min(len(r.Content)+len(r.Padding), fcgi.MaxContentLength)
	content := append(append([]byte(nil), r.Content...), r.Padding...)[:n]
	changed := r
	changed.Content, changed.ContentLength = content, uint16(n)
	changed.Padding, changed.PaddingLength = nil, 0
	return changed
}

func paddingTaken(t fcgi.Type) func(*wireMemory, fcgi.Record) []fcgi.Record {
	return func(_ *wireMemory, r fcgi.Record) []fcgi.Record {
		if r.Type == t && len(r.Content) > 0 {
			return as(unpadded(r))
		}
		return as(r)
	}
}

// changing is a sender whose records of one type go wrong.
func changing(t fcgi.Type, f func(*fcgi.Record)) func(*wireMemory, fcgi.Record) []fcgi.Record {
	return func(_ *wireMemory, r fcgi.Record) []fcgi.Record {
		if r.Type == t {
			f(&r)
		}
		return as(r)
	}
}

func dropping(drop func(fcgi.Record) bool) func(*wireMemory, fcgi.Record) []fcgi.Record {
	return func(_ *wireMemory, r fcgi.Record) []fcgi.Record {
		if drop(r) {
			return nil
		}
		return as(r)
	}
}

// pairwise is a receiver that changes a request's pairs.
func pairwise(f func(p fcgi.Pair) []fcgi.Pair) func(*wireMemory, fcgi.Record) []fcgi.Record {
	return func(m *wireMemory, r fcgi.Record) []fcgi.Record {
		switch {
		case r.Type != fcgi.TypeParams:
			return as(r)
		case len(r.Content) > 0:
			m.pairs[r.RequestID] = append(m.pairs[r.RequestID], r.Content...)
			return nil
		}
		content := changedPairs(m.pairs[r.RequestID], f)
		delete(m.pairs, r.RequestID)
		if len(content) == 0 {
			return as(r)
		}
		return as(made(r.Type, r.RequestID, content), r)
	}
}

func changedPairs(b []byte, f func(p fcgi.Pair) []fcgi.Pair) []byte {
	pairs, _ := fcgi.ParseValues(b)
	var changed []byte
	for _, p := range pairs {
		for _, q := range f(p) {
			changed = q.Append(changed)
		}
	}
	return changed
}

// recordwise is a receiver that takes each PARAMS record for a stream of its own.
func recordwise(_ *wireMemory, r fcgi.Record) []fcgi.Record {
	if r.Type != fcgi.TypeParams || len(r.Content) == 0 {
		return as(r)
	}
	whole := changedPairs(r.Content, func(p fcgi.Pair) []fcgi.Pair { return []fcgi.Pair{p} })
	if len(whole) == 0 {
		return nil
	}
	return as(made(r.Type, r.RequestID, whole))
}

func init() {
	addFaults(
		Fault{"fcgi/wrong-version", "every record has version 0", "a header that is zeroed and not filled", recordFault{
			out: func(_ *wireMemory, r fcgi.Record) []fcgi.Record { r.Version = 0; return as(r) },
		}.wrap},
		Fault{"fcgi/wrong-request-id", "the request id's high byte is lost", "libraries that keep ids in an array of 256", recordFault{
			out: func(_ *wireMemory, r fcgi.Record) []fcgi.Record { r.RequestID &= 0xff; return as(r) },
		}.wrap},
		Fault{"fcgi/bytes-left-over", "four bytes follow END_REQUEST that are no record", "a struct written with its compiler's padding", recordFault{
			out: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					r.Padding = append(append([]byte(nil), r.Padding...), 0, 0, 0, 0)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/params-padding-kept", "the padding of PARAMS is taken for parameters", "receivers that read content and padding as one", recordFault{in: paddingTaken(fcgi.TypeParams)}.wrap},
		Fault{"fcgi/stdin-padding-kept", "the padding of STDIN is taken for the body", "receivers that read content and padding as one", recordFault{in: paddingTaken(fcgi.TypeStdin)}.wrap},
		Fault{"fcgi/begin-padding-kept", "a padded BEGIN_REQUEST ends the parameters before they began", "libfcgi 2.4.2 and later", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					m.ended = len(r.Padding) > 0
				}
				if m.ended && r.Type == fcgi.TypeParams && len(r.Content) > 0 {
					return nil
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/pair-per-record", "each PARAMS record is parsed alone: a pair that straddles two is lost", "php-fpm 8.2 resets, flup 1.0.3 goes on with broken variables", recordFault{
			in: recordwise,
		}.wrap},
		Fault{"fcgi/no-end-of-stdout", "STDOUT is never ended by an empty record", "php-fpm 8.2", recordFault{
			out: dropping(func(r fcgi.Record) bool { return r.Type == fcgi.TypeStdout && len(r.Content) == 0 }),
		}.wrap},
		Fault{"fcgi/stdout-after-its-end", "an empty STDOUT record ends the stream before its content", "libraries that pass on a write of no bytes", recordFault{
			out: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeStdout && len(r.Content) > 0 {
					return as(made(r.Type, r.RequestID, nil), r)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/record-after-end", "an STDERR record follows END_REQUEST", "output of a thread that outlives its request", recordFault{
			out: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					return as(r, made(fcgi.TypeStderr, r.RequestID, []byte("late")))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/foreign-type", "a DATA record is sent to the web server", "a type copied from the wrong table", recordFault{
			out: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					return as(made(fcgi.TypeData, r.RequestID, []byte("x")), r)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/ids-unchecked", "parameters of another id are taken for the request's", "php-fpm 8.2 and uWSGI 2.0.21", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					m.last = r.RequestID
				} else if r.Type == fcgi.TypeParams && m.last != 0 {
					if r.RequestID != m.last && len(r.Content) == 0 {
						return nil
					}
					r.RequestID = m.last
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/stray-records-close", "a record of an inactive id ends the connection", "php-fpm 8.2 closes at PARAMS, libfcgi at ABORT_REQUEST", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					m.ids[r.RequestID] = true
				} else if r.RequestID != 0 && !m.ids[r.RequestID] {
					m.nc.Close()
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/short-lengths", "a length is read as one byte", "monkey PR 278, async-fcgi #4", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeParams && len(r.Content) > 0 {
					return as(made(r.Type, r.RequestID, oneByteLengths(r.Content)))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/empty-values-dropped", "a variable whose value is empty is left out", "HAProxy does it in the other direction", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				if len(p.Value) == 0 {
					return nil
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/high-bytes-lost", "bytes from 128 on become question marks", "values decoded as ASCII", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				p.Value = bytes.Clone(p.Value)
				for i, b := range p.Value {
					if b >= 128 {
						p.Value[i] = '?'
					}
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/answer-cut", "only the first 64 KiB of an answer are sent", "a length kept in 16 bits", recordFault{
			out: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type != fcgi.TypeStdout || len(r.Content) == 0 {
					return as(r)
				}
				room := fcgi.MaxContentLength - len(m.held)
				r = made(r.Type, r.RequestID, r.Content[:min(max(room, 0), len(r.Content))])
				m.held = append(m.held, r.Content...)
				if len(r.Content) == 0 {
					return nil
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/never-closes", "the connection stays open although KEEP_CONN is clear", "Go's net/http/fcgi after UNKNOWN_ROLE", recordFault{
			closed: func(nc net.Conn) error {
				go func() {
					nc.SetReadDeadline(time.Now().Add(time.Minute))
					io.Copy(io.Discard, nc)
					nc.Close()
				}()
				return nil
			},
		}.wrap},
		Fault{"fcgi/always-closes", "the connection is closed although KEEP_CONN is set", "uWSGI 2.0.21", recordFault{
			in: func(_ *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest && len(r.Content) == fcgi.BeginRequestLen {
					r.Content = append([]byte(nil), r.Content...)
					r.Content[2] = 0
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/variables-leak", "variables of one request are still there in the next", "Perl FCGI, CVE-2011-2766", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type != fcgi.TypeParams {
					return as(r)
				}
				if len(r.Content) > 0 {
					m.held = append(m.held, r.Content...)
					return as(r)
				}
				before := m.params
				m.params, m.held = m.held, nil
				if len(before) == 0 {
					return as(r)
				}
				return as(made(r.Type, r.RequestID, before), r)
			},
		}.wrap},
		Fault{"fcgi/get-values-more", "GET_VALUES is answered with names that were not asked for", "Go's net/http/fcgi", recordFault{
			out: changing(fcgi.TypeGetValuesResult, func(r *fcgi.Record) {
				*r = made(r.Type, 0, fcgi.AppendPair(append([]byte(nil), r.Content...), "FCGI_PATIENCE", "1"))
			}),
		}.wrap},
		Fault{"fcgi/get-values-silent", "GET_VALUES is not answered", "uWSGI 2.0.21; libfcgi until another byte comes", recordFault{
			in: dropping(func(r fcgi.Record) bool { return r.Type == fcgi.TypeGetValues }),
		}.wrap},
		Fault{"fcgi/get-values-ends-params", "a GET_VALUES between BEGIN_REQUEST and PARAMS loses the parameters", "php-fpm 8.2", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				switch {
				case r.Type == fcgi.TypeBeginRequest:
					m.ids[r.RequestID] = true
				case r.Type == fcgi.TypeGetValues && len(m.ids) > 0:
					m.ended = true
				case r.Type == fcgi.TypeParams && m.ended && len(r.Content) > 0:
					return nil
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/unknown-type-ignored", "an unknown management record is not answered", "Go's net/http/fcgi, uWSGI 2.0.21", recordFault{
			in: dropping(func(r fcgi.Record) bool {
				return r.RequestID == 0 && r.Type != fcgi.TypeGetValues && r.Type != fcgi.TypeBeginRequest
			}),
		}.wrap},
		Fault{"fcgi/unknown-type-into-params", "the content of an unknown management record becomes parameters", "libfcgi 2.4.2 and later", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					m.last = r.RequestID
				}
				if r.RequestID == 0 && r.Type > fcgi.MaxType && m.last != 0 && len(r.Content) > 0 {
					return as(r, made(fcgi.TypeParams, m.last, r.Content))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/role-unchecked", "an unknown role is served as a responder", "uWSGI 2.0.21", recordFault{
			in: func(_ *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest && len(r.Content) == fcgi.BeginRequestLen {
					if body, _ := fcgi.ParseBeginRequest(r.Content); body.Role.Inputs() == nil {
						body.Role = fcgi.Responder
						r.Content = body.Append(nil)
					}
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/abort-ignored", "ABORT_REQUEST changes nothing", "Go's net/http/fcgi, flup, uWSGI", recordFault{
			in: dropping(func(r fcgi.Record) bool { return r.Type == fcgi.TypeAbortRequest }),
		}.wrap},
		Fault{"fcgi/end-body-short", "END_REQUEST has five bytes of content", "reserved bytes forgotten", recordFault{
			out: changing(fcgi.TypeEndRequest, func(r *fcgi.Record) { *r = made(r.Type, r.RequestID, r.Content[:5]) }),
		}.wrap},
		Fault{"fcgi/status-lost", "appStatus is always 0", "php-fpm, Go, flup, uWSGI", recordFault{
			out: changing(fcgi.TypeEndRequest, func(r *fcgi.Record) {
				r.Content = append([]byte{0, 0, 0, 0}, r.Content[4:]...)
			}),
		}.wrap},
		Fault{"fcgi/body-cut", "bodies are cut at 8192 bytes", "a buffer of fixed size", recordFault{
			in: func(m *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					m.held = nil
				}
				if r.Type != fcgi.TypeStdin || len(r.Content) == 0 {
					return as(r)
				}
				room := 8192 - len(m.held)
				r = made(r.Type, r.RequestID, r.Content[:min(max(room, 0), len(r.Content))])
				m.held = append(m.held, r.Content...)
				if len(r.Content) == 0 {
					return nil
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/stderr-into-stdout", "what goes to the error stream is sent as STDOUT", "a program whose fds 1 and 2 are the same", recordFault{
			out: func(_ *wireMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeStderr {
					if len(r.Content) == 0 {
						return nil
					}
					r.Type = fcgi.TypeStdout
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/crash-on-short-record", "a connection that ends within a header kills the process", "assert(n == 8) in a release build", func(nc net.Conn) net.Conn {
			return &crashing{Conn: nc, at: func(got []byte) bool { return len(got) > 0 && len(got) < fcgi.HeaderLen }}
		}},
		Fault{"fcgi/crash-on-half-request", "a connection that ends within a request kills the process", "a handler that is called with no request", func(nc net.Conn) net.Conn {
			return &crashing{Conn: nc, at: endsWithinParams}
		}},
	)
}

// oneByteLengths is what a receiver makes of pairs that knows no long form.
func oneByteLengths(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		p, n, err := fcgi.ParsePair(b)
		if err != nil {
			return append(out, b...)
		}
		if len(p.Name) < 128 && len(p.Value) < 128 {
			out = p.Append(out)
		} else {
			out = fcgi.AppendPair(out, p.Name[:min(len(p.Name), 127)], p.Value[:len(p.Value)&0x7f])
		}
		b = b[n:]
	}
	return out
}

// crashing exits where what came up to a connection's end is of a certain kind.
type crashing struct {
	net.Conn
	got []byte
	at  func(got []byte) bool
}

// crashStatus is the exit code of a process that a fault ends.
const crashStatus = 3

func (c *crashing) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	if err == io.EOF && c.at(c.got) {
		os.Exit(crashStatus)
	}
	return n, err
}

// endsWithinParams says that a request began and its parameters did not end.
func endsWithinParams(got []byte) bool {
	within := false
	for {
		r, n, err := fcgi.ParseRecord(got)
		if err != nil {
			return within
		}
		switch {
		case r.Type == fcgi.TypeBeginRequest:
			within = true
		case r.Type == fcgi.TypeParams && len(r.Content) == 0:
			within = false
		}
		got = got[n:]
	}
}
