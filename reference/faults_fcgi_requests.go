package reference

import (
	"bytes"
	"encoding/binary"
	"maps"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

func init() {
	addFaults(
		Fault{"fcgi/never-closes", "the connection stays open although KEEP_CONN is clear", "Go's net/http/fcgi after UNKNOWN_ROLE", recordFault{
			closed: stayOpen,
		}.wrap},
		Fault{"fcgi/always-closes", "the connection is closed although KEEP_CONN is set", "uWSGI 2.0.21", recordFault{
			in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest && len(r.Content) == fcgi.BeginRequestLen {
					r.Content = append([]byte(nil), r.Content...)
					r.Content[2] = 0
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/variables-leak", "variables of one request are still there in the next", "Perl FCGI, CVE-2011-2766", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				switch {
				case r.Type == fcgi.TypeBeginRequest && len(m.params) > 0:
					return as(r, made(fcgi.TypeParams, r.RequestID, m.params))
				case r.Type == fcgi.TypeParams && len(r.Content) > 0:
					m.held = append(m.held, r.Content...)
				case r.Type == fcgi.TypeParams:
					m.params, m.held = m.held, nil
				}
				return as(r)
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
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
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
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
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
			in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest && len(r.Content) == fcgi.BeginRequestLen {
					if body, _ := fcgi.ParseBeginRequest(r.Content); body.Role.Inputs() == nil {
						body.Role = fcgi.Responder
						r.Content = body.Append(nil)
					}
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/end-body-short", "END_REQUEST has five bytes of content", "reserved bytes forgotten", recordFault{
			out: changing(fcgi.TypeEndRequest, func(r *fcgi.Record) { *r = made(r.Type, r.RequestID, r.Content[:5]) }),
		}.wrap},
		Fault{"fcgi/status-lost", "appStatus is always 0", "php-fpm, Go, flup, uWSGI", recordFault{
			out: changing(fcgi.TypeEndRequest, func(r *fcgi.Record) {
				r.Content = append([]byte{0, 0, 0, 0}, r.Content[4:]...)
			}),
		}.wrap},
		Fault{"fcgi/keep-flag-sticks", "a connection that was kept once stays open for good", "a flag of the connection's where the request's is meant", recordFault{
			in: beginning(func(m *recordMemory, b *fcgi.BeginRequestBody) {
				m.ended = m.ended || b.Flags&fcgi.KeepConn != 0
				if m.ended {
					b.Flags |= fcgi.KeepConn
				}
			}),
		}.wrap},
		Fault{"fcgi/flags-not-masked", "any flag is taken for KEEP_CONN", "a server that tests flags != 0", recordFault{
			in: beginning(func(_ *recordMemory, b *fcgi.BeginRequestBody) {
				if b.Flags != 0 {
					b.Flags = fcgi.KeepConn
				}
			}),
		}.wrap},
		Fault{"fcgi/flags-compared", "KEEP_CONN is not seen beside other flags", "a server that tests flags == FCGI_KEEP_CONN", recordFault{
			in: beginning(func(_ *recordMemory, b *fcgi.BeginRequestBody) {
				if b.Flags != fcgi.KeepConn {
					b.Flags = 0
				}
			}),
		}.wrap},
		Fault{"fcgi/ids-shared", "an id above 127 is looked up in a table that all connections share", "a static array beside which large ids have a map", idsShared()},
		Fault{"fcgi/next-request-lost", "the second request of a kept connection ends it", "https://github.com/facebook/hhvm/issues/2522", nextRequestLost},
		Fault{"fcgi/idle-closes", "a kept connection is closed that was idle for a second and a half", "php-fpm 8.2 closes after some five seconds", idleCloses},
		Fault{"fcgi/slow-reader-cut", "what the web server has not read when the worker goes is lost", "https://github.com/php/php-src/pull/1333", slowReaderCut},
		Fault{"fcgi/crash-when-closed-connections-pile-up", "a connection that the peer closes before a byte is never let go, until no descriptor is left", "https://github.com/facebook/hhvm/issues/1690", closedPileUp},
		Fault{"fcgi/unread-body-leaks", "what a request leaves unread of STDIN is the beginning of the next one's", "libfcgi 2.4.2 loses the next request", recordFault{in: unreadBodyLeaks}.wrap},
		Fault{"fcgi/body-beyond-its-length-closes", "what comes beyond CONTENT_LENGTH is left unread, and ends the next request", "php-fpm 8.2.36", recordFault{in: beyondLengthCloses}.wrap},
		Fault{"fcgi/get-values-late", "GET_VALUES is answered when a further byte has come", "libfcgi 2.4.2; https://github.com/facebook/hhvm/issues/4951", func(nc net.Conn) net.Conn {
			return &faultyConn{Conn: nc, received: func(b []byte) (int, []byte) {
				r, n, err := fcgi.ParseRecord(b)
				if err != nil || r.Type == fcgi.TypeGetValues && len(r.Padding) == 0 && n == len(b) {
					return 0, nil
				}
				return n, b[:n]
			}}
		}},
		Fault{"fcgi/get-values-echoes", "an unknown name comes back from GET_VALUES with an empty value", "a result that is the query, filled in", getValuesEchoes},
		Fault{"fcgi/get-values-one-name", "of the three names GET_VALUES knows FCGI_MPXS_CONNS alone", "php-fpm 8.2.36, Go's net/http/fcgi", recordFault{
			out: resulting(func(p fcgi.Pair) []fcgi.Pair {
				if string(p.Name) != fcgi.FCGI_MPXS_CONNS {
					return nil
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/get-values-words", "FCGI_MAX_CONNS is a word", "a configuration's value that is passed on", recordFault{
			out: resulting(func(p fcgi.Pair) []fcgi.Pair {
				if string(p.Name) == fcgi.FCGI_MAX_CONNS {
					p.Value = []byte("unlimited")
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/get-values-empty-ignored", "a GET_VALUES without a name is not answered", "libfcgi 2.4.2", recordFault{
			in: dropping(func(r fcgi.Record) bool { return isEndOf(fcgi.TypeGetValues, r) }),
		}.wrap},
		Fault{"fcgi/get-values-with-value-ignored", "a GET_VALUES is not answered whose values are not empty", "a query that is compared byte for byte", recordFault{
			in: dropping(func(r fcgi.Record) bool {
				pairs, _ := fcgi.ParseValues(r.Content)
				return r.Type == fcgi.TypeGetValues && len(pairs) > 0 && len(pairs[0].Value) > 0
			}),
		}.wrap},
		Fault{"fcgi/get-values-ends-body", "what of a body comes after a GET_VALUES is lost", "php-fpm 8.2.36", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				switch {
				case r.Type == fcgi.TypeBeginRequest, isEndOf(fcgi.TypeStdin, r):
					m.last, m.ended = 0, false
				case r.Type == fcgi.TypeStdin && m.ended:
					return nil
				case r.Type == fcgi.TypeStdin:
					m.last = r.RequestID
				case r.Type == fcgi.TypeGetValues:
					m.ended = m.last != 0
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/get-values-closes", "the connection is closed after a GET_VALUES between requests", "https://github.com/php/php-src/pull/12387", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				switch {
				case m.ended:
					time.AfterFunc(closesAfter, func() { m.nc.Close() })
					return nil
				case r.Type == fcgi.TypeBeginRequest:
					m.ids[r.RequestID] = true
				case isEndOf(fcgi.TypeStdin, r):
					delete(m.ids, r.RequestID)
				case r.Type == fcgi.TypeGetValues:
					m.ended = len(m.ids) == 0
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/unknown-type-uninitialised", "the reserved bytes of UNKNOWN_TYPE are what was in memory", "a struct on the stack that is not zeroed", recordFault{
			out: changing(fcgi.TypeUnknownType, func(r *fcgi.Record) {
				r.Content = append(r.Content[:4:4], 0x7f, 0x45, 0x4c, 0x46)
			}),
		}.wrap},
		Fault{"fcgi/unknown-type-short", "UNKNOWN_TYPE has one byte of content", "reserved bytes forgotten", recordFault{
			out: changing(fcgi.TypeUnknownType, func(r *fcgi.Record) { *r = made(r.Type, 0, r.Content[:1]) }),
		}.wrap},
		Fault{"fcgi/unknown-type-not-skipped", "the content of an unknown management record is read as records", "libfcgi 2.4.2", func(nc net.Conn) net.Conn {
			return &faultyConn{Conn: nc, received: func(b []byte) (int, []byte) {
				r, n, err := fcgi.ParseRecord(b)
				if err != nil {
					return 0, nil
				}
				if isUnknownManagement(r) {
					return n, append(made(r.Type, r.RequestID, nil).Append(nil), b[fcgi.HeaderLen:n]...)
				}
				return n, b[:n]
			}}
		}},
		Fault{"fcgi/unknown-type-into-body", "the content of an unknown management record becomes body", "libfcgi 2.4.2", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				switch {
				case isEndOf(fcgi.TypeParams, r):
					m.last = r.RequestID
				case isEndOf(fcgi.TypeStdin, r):
					m.last = 0
				case isUnknownManagement(r) && m.last != 0 && len(r.Content) > 0:
					return as(r, made(fcgi.TypeStdin, m.last, r.Content))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/role-low-byte", "a role's high byte is ignored", "a struct whose roleB1 nobody reads", recordFault{
			in: beginning(func(_ *recordMemory, b *fcgi.BeginRequestBody) { b.Role &= 0xff }),
		}.wrap},
		Fault{"fcgi/unknown-role-stays-open", "the connection stays open after UNKNOWN_ROLE although KEEP_CONN is clear", "Go's net/http/fcgi 1.26", unknownRoleStaysOpen},
		Fault{"fcgi/aborted-stays-open", "the connection stays open after an aborted request although KEEP_CONN is clear", "a close that belongs to the handler's way out", abortedStaysOpen},
		Fault{"fcgi/slow-answers-never-close", "the connection stays open after an answer that took long although KEEP_CONN is clear", "a goroutine that reads on beside a handler, and that nobody wakes at its end", slowAnswersNeverClose},
		Fault{"fcgi/unknown-role-closes", "UNKNOWN_ROLE ends a kept connection", "libfcgi 2.4.2 and php-fpm 8.2 close at an unknown role", recordFault{
			in: beginning(func(_ *recordMemory, b *fcgi.BeginRequestBody) {
				if b.Role.Inputs() == nil {
					b.Flags = 0
				}
			}),
		}.wrap},
		Fault{"fcgi/multiplexing-declared-only", "FCGI_MPXS_CONNS is 1, and a second request ends with CANT_MPX_CONN", "a capability that is written down, and not there", declaredOnly},
		Fault{"fcgi/stderr-after-end", "the error stream comes after END_REQUEST", "a buffered stream that is flushed when the request is gone", recordFault{
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				switch r.Type {
				case fcgi.TypeStderr:
					m.held = r.Append(m.held)
					return nil
				case fcgi.TypeEndRequest:
					on := as(r)
					for held := m.held; len(held) > 0; {
						late, n, err := fcgi.ParseRecord(held)
						if err != nil {
							break
						}
						on, held = append(on, late), held[n:]
					}
					m.held = nil
					return on
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/end-twice", "END_REQUEST comes twice", "an error path that ends a request which its handler has ended", recordFault{
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					return as(r, r)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/end-uninitialised", "the reserved bytes of END_REQUEST are what was in memory", "php-fpm 8.2.36", recordFault{
			out: ending(func(content []byte) { copy(content[5:], "ELF") }),
		}.wrap},
		Fault{"fcgi/status-sticks", "appStatus stays what an earlier request has set", "libfcgi 2.4.2", recordFault{
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type != fcgi.TypeEndRequest {
					return as(r)
				}
				if binary.BigEndian.Uint32(r.Content) != 0 {
					m.held = bytes.Clone(r.Content[:4])
				} else if m.held != nil {
					r.Content = append(bytes.Clone(m.held), r.Content[4:]...)
				}
				return as(r)
			},
		}.wrap},
	)
}

// onWire is a connection whose reads or writes go wrong.
type onWire struct {
	through
	read, write func(p []byte) (int, error) // nil: as they are
	closed      func()                      // nil: nothing
}

func (c *onWire) Read(p []byte) (int, error) {
	if c.read == nil {
		return c.Conn.Read(p)
	}
	return c.read(p)
}

func (c *onWire) Write(p []byte) (int, error) {
	if c.write == nil {
		return c.Conn.Write(p)
	}
	return c.write(p)
}

func (c *onWire) Close() error {
	if c.closed != nil {
		c.closed()
	}
	return c.Conn.Close()
}

// beginning is a receiver that takes BEGIN_REQUEST for another one.
func beginning(f func(m *recordMemory, b *fcgi.BeginRequestBody)) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(m *recordMemory, r fcgi.Record) []fcgi.Record {
		body, err := fcgi.ParseBeginRequest(r.Content)
		if r.Type != fcgi.TypeBeginRequest || err != nil {
			return as(r)
		}
		f(m, &body)
		r.Content = body.Append(nil)
		return as(r)
	}
}

// resulting is a sender whose GET_VALUES_RESULT has other pairs.
func resulting(f func(p fcgi.Pair) []fcgi.Pair) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return changing(fcgi.TypeGetValuesResult, func(r *fcgi.Record) { *r = made(r.Type, 0, changedPairs(r.Content, f)) })
}

// ending is a sender whose END_REQUEST goes wrong.
func ending(f func(content []byte)) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return changing(fcgi.TypeEndRequest, func(r *fcgi.Record) {
		r.Content = bytes.Clone(r.Content)
		f(r.Content)
	})
}

func isUnknownManagement(r fcgi.Record) bool {
	return r.RequestID == fcgi.NullRequestID && r.Type > fcgi.MaxType
}

func isEndOf(t fcgi.Type, r fcgi.Record) bool { return r.Type == t && len(r.Content) == 0 }

// closesAfter lets an answer out before a connection is closed.
const closesAfter = 30 * time.Millisecond

func nextRequestLost(nc net.Conn) net.Conn {
	var ended atomic.Bool
	return recordFault{
		in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeBeginRequest && ended.Load() {
				m.nc.Close()
				return nil
			}
			return as(r)
		},
		out: changing(fcgi.TypeEndRequest, func(*fcgi.Record) { ended.Store(true) }),
	}.wrap(nc)
}

func idleCloses(nc net.Conn) net.Conn {
	const limit = 1500 * time.Millisecond // more than the cases leave a connection idle that are not about that
	var begun, ended atomic.Int32
	limited := false
	wire := &onWire{through: through{nc}}
	wire.read = func(p []byte) (int, error) {
		idle := ended.Load() > 0 && ended.Load() == begun.Load()
		if idle {
			nc.SetReadDeadline(time.Now().Add(limit))
		} else if limited {
			nc.SetReadDeadline(time.Time{})
		}
		limited = idle
		return nc.Read(p)
	}
	return recordFault{
		in:  beginning(func(*recordMemory, *fcgi.BeginRequestBody) { begun.Add(1) }),
		out: changing(fcgi.TypeEndRequest, func(*fcgi.Record) { ended.Add(1) }),
	}.wrap(wire)
}

func slowReaderCut(nc net.Conn) net.Conn {
	const patience = 280 * time.Millisecond // less than the case reads late, and more than others do
	return &onWire{through: through{nc}, write: func(p []byte) (int, error) {
		nc.SetWriteDeadline(time.Now().Add(patience))
		n, err := nc.Write(p)
		if err != nil {
			nc.Close()
		}
		return n, err
	}}
}

// Of the process: the connections that are open, and those that were closed
// before a byte.
var openNow, closedUnused atomic.Int32

func closedPileUp(nc net.Conn) net.Conn {
	const (
		descriptors = 80 // more than a run opens and leaves to see how many are served
		few         = 4  // a crowd of idle connections is another case
	)
	var used atomic.Bool
	openNow.Add(1)
	return &onWire{
		through: through{nc},
		read: func(p []byte) (int, error) {
			n, err := nc.Read(p)
			if n > 0 {
				used.Store(true)
			}
			return n, err
		},
		closed: sync.OnceFunc(func() {
			if openNow.Add(-1) < few && !used.Load() && closedUnused.Add(1) >= descriptors {
				os.Exit(crashStatus)
			}
		}),
	}
}

func unreadBodyLeaks(m *recordMemory, r fcgi.Record) []fcgi.Record {
	switch {
	case r.Type == fcgi.TypeParams && bytes.Contains(r.Content, []byte("read=no")):
		m.ended = true
	case isEndOf(fcgi.TypeStdin, r):
		m.ended = false
	case r.Type == fcgi.TypeStdin && m.ended:
		m.held = append(m.held, r.Content...)
	case r.Type == fcgi.TypeStdin && len(m.held) > 0:
		left := append(m.held, r.Content...)
		m.held = nil
		return as(made(r.Type, r.RequestID, left[:min(len(left), fcgi.MaxContentLength)]))
	}
	return as(r)
}

func beyondLengthCloses(m *recordMemory, r fcgi.Record) []fcgi.Record {
	switch r.Type {
	case fcgi.TypeBeginRequest:
		if m.ended {
			m.nc.Close()
			return nil
		}
		m.pairs, m.held = map[uint16][]byte{}, nil
	case fcgi.TypeParams:
		m.pairs[r.RequestID] = append(m.pairs[r.RequestID], r.Content...)
	case fcgi.TypeStdin:
		m.held = append(m.held, r.Content...)
		n, ok := contentLengthIn(m.pairs[r.RequestID])
		m.ended = m.ended || ok && len(m.held) > n
	}
	return as(r)
}

// contentLengthIn is the CONTENT_LENGTH of a request.
func contentLengthIn(params []byte) (n int, ok bool) {
	pairs, _ := fcgi.ParseValues(params)
	for _, p := range pairs {
		if n, err := strconv.Atoi(string(p.Value)); err == nil && string(p.Name) == "CONTENT_LENGTH" {
			return n, true
		}
	}
	return 0, false
}

func getValuesEchoes(nc net.Conn) net.Conn {
	var echo atomic.Pointer[[]byte]
	return recordFault{
		in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeGetValues {
				unknown := changedPairs(r.Content, func(p fcgi.Pair) []fcgi.Pair {
					switch string(p.Name) {
					case fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS:
						return nil
					}
					return []fcgi.Pair{p}
				})
				echo.Store(&unknown)
			}
			return as(r)
		},
		out: changing(fcgi.TypeGetValuesResult, func(r *fcgi.Record) {
			if unknown := echo.Load(); unknown != nil {
				*r = made(r.Type, 0, append(bytes.Clone(r.Content), *unknown...))
			}
		}),
	}.wrap(nc)
}

// slowAnswersNeverClose knows by the query what takes long, so that a machine
// under load makes no request slow that is not.
func slowAnswersNeverClose(nc net.Conn) net.Conn {
	var slow atomic.Bool
	return recordFault{
		in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeParams && bytes.Contains(r.Content, []byte("delay=")) {
				slow.Store(true)
			}
			return as(r)
		},
		closed: func(nc net.Conn) error {
			if slow.Load() {
				return stayOpen(nc)
			}
			return nc.Close()
		},
	}.wrap(nc)
}

// idsShared closes a connection on which a request begins whose id is active on
// another one.
func idsShared() func(net.Conn) net.Conn {
	type key struct {
		server string
		id     uint16
	}
	var mu sync.Mutex
	active := map[key]net.Conn{}
	at := func(nc net.Conn, id uint16) key { return key{nc.LocalAddr().String(), id} }
	return recordFault{
		in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
			mu.Lock()
			defer mu.Unlock()
			if r.Type != fcgi.TypeBeginRequest || r.RequestID < 128 {
				return as(r)
			}
			if other := active[at(m.nc, r.RequestID)]; other != nil && other != m.nc {
				m.nc.Close()
				return nil
			}
			active[at(m.nc, r.RequestID)] = m.nc
			return as(r)
		},
		out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
			mu.Lock()
			defer mu.Unlock()
			if r.Type == fcgi.TypeEndRequest {
				delete(active, at(m.nc, r.RequestID))
			}
			return as(r)
		},
		closed: func(nc net.Conn) error {
			mu.Lock()
			defer mu.Unlock()
			maps.DeleteFunc(active, func(_ key, owner net.Conn) bool { return owner == nc })
			return nc.Close()
		},
	}.wrap
}

// abortedStaysOpen leaves a connection open on which ABORT_REQUEST came.
func abortedStaysOpen(nc net.Conn) net.Conn {
	var aborted atomic.Bool
	return recordFault{
		in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeAbortRequest {
				aborted.Store(true)
			}
			return as(r)
		},
		closed: func(nc net.Conn) error {
			if aborted.Load() {
				return stayOpen(nc)
			}
			return nc.Close()
		},
	}.wrap(nc)
}

func unknownRoleStaysOpen(nc net.Conn) net.Conn {
	var rejected atomic.Bool
	c := recordFault{
		out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeEndRequest && fcgi.ProtocolStatus(r.Content[4]) == fcgi.UnknownRole {
				rejected.Store(true)
			}
			return as(r)
		},
		closed: func(nc net.Conn) error {
			if rejected.Load() {
				return stayOpen(nc)
			}
			return nc.Close()
		},
	}
	return c.wrap(nc)
}

// declaredOnly has a second request rejected, as one whose role is unknown.
func declaredOnly(nc net.Conn) net.Conn {
	var active, rejected atomic.Int32
	return recordFault{
		in: beginning(func(_ *recordMemory, b *fcgi.BeginRequestBody) {
			if active.Add(1) > 1 {
				rejected.Add(1)
				b.Role = 0
			}
		}),
		out: ending(func(content []byte) {
			active.Add(-1)
			if fcgi.ProtocolStatus(content[4]) == fcgi.UnknownRole && rejected.Load() > 0 {
				rejected.Add(-1)
				content[4] = byte(fcgi.CantMpxConn)
			}
		}),
	}.wrap(nc)
}
