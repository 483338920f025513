package reference

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

func init() {
	addFaults(
		Fault{"fcgi/answer-cut", "only the first 64 KiB of an answer are sent", "https://github.com/ianthetechie/SwiftCGI/issues/6", recordFault{
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type != fcgi.TypeStdout || len(r.Content) == 0 {
					return as(r)
				}
				room := fcgi.MaxContentLength - len(m.held)
				m.held = append(m.held, r.Content...)
				switch {
				case room <= 0:
					return nil
				case room < len(r.Content):
					return as(made(r.Type, r.RequestID, r.Content[:room]))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/abort-ignored", "ABORT_REQUEST changes nothing", "Go's net/http/fcgi, flup, uWSGI", recordFault{
			in: dropping(func(r fcgi.Record) bool { return r.Type == fcgi.TypeAbortRequest }),
		}.wrap},
		Fault{"fcgi/body-cut", "bodies are cut at 8192 bytes", "a buffer of fixed size", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
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
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeStderr {
					if len(r.Content) == 0 {
						return nil
					}
					r.Type = fcgi.TypeStdout
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/abort-within-stdin-ignored", "ABORT_REQUEST is ignored while STDIN is coming", "flup 1.0.3, uWSGI 2.0.21", aborting(func(c *coming, r fcgi.Record) []fcgi.Record {
			if c.withinStdin(r.RequestID) {
				return nil
			}
			return as(r)
		})},
		Fault{"fcgi/abort-starts", "ABORT_REQUEST within PARAMS starts the application with the variables that came", "libfcgi 2.4.2, php-fpm 8.2", aborting(func(c *coming, r fcgi.Record) []fcgi.Record {
			if len(c.params[r.RequestID]) > 0 {
				return as(made(fcgi.TypeParams, r.RequestID, nil), made(fcgi.TypeStdin, r.RequestID, nil))
			}
			return as(r)
		})},
		Fault{"fcgi/abort-of-begun-ignored", "ABORT_REQUEST right after BEGIN_REQUEST is ignored", "libfcgi 2.4.2, flup 1.0.3, uWSGI 2.0.21", aborting(func(c *coming, r fcgi.Record) []fcgi.Record {
			if c.withinParams(r.RequestID) && len(c.params[r.RequestID]) == 0 {
				return nil
			}
			return as(r)
		})},
		Fault{"fcgi/abort-closes", "a connection is closed behind an aborted request although KEEP_CONN is set", "libfcgi 2.4.2, php-fpm 8.2", remembering(func(nc net.Conn) recordFault {
			aborted := false
			c := newComing()
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				c.take(r)
				if r.Type == fcgi.TypeAbortRequest && c.withinStdin(r.RequestID) {
					aborted = true
				} else if aborted && r.Type == fcgi.TypeBeginRequest {
					nc.Close()
				}
				return as(r)
			}}
		})},
		Fault{"fcgi/late-abort-closes", "ABORT_REQUEST of a request that has ended closes the connection", "libfcgi 2.4.2", remembering(func(nc net.Conn) recordFault {
			ended := map[uint16]bool{}
			return recordFault{
				in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.Type == fcgi.TypeAbortRequest && ended[r.RequestID] {
						nc.Close()
					}
					return as(r)
				},
				out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					ended[r.RequestID] = ended[r.RequestID] || r.Type == fcgi.TypeEndRequest
					return as(r)
				},
			}
		})},
		Fault{"fcgi/aborted-body-filled", "the application gets an aborted body filled up with zeros", "a buffer of CONTENT_LENGTH bytes that is handed over whole", aborting(func(c *coming, r fcgi.Record) []fcgi.Record {
			if n := c.missing(r.RequestID); n > 0 {
				return as(made(fcgi.TypeStdin, r.RequestID, make([]byte, n)), made(fcgi.TypeStdin, r.RequestID, nil))
			}
			return as(r)
		})},

		Fault{"fcgi/begin-within-params-lost", "a request that begins within another one's parameters is lost", "libfcgi 2.4.2 loses a second request that comes before the first one's END_REQUEST", remembering(func(net.Conn) recordFault {
			c, lost := newComing(), map[uint16]bool{}
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					lost[r.RequestID] = len(c.params) > 0 && !c.withinParams(r.RequestID)
				}
				if lost[r.RequestID] {
					return nil
				}
				c.take(r)
				return as(r)
			}}
		})},
		Fault{"fcgi/stdin-by-order", "STDIN records belong to the request whose parameters came last", "https://github.com/jetty/jetty.project/issues/6693", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeParams && len(r.Content) == 0 {
					m.last = r.RequestID
				} else if r.Type == fcgi.TypeStdin && len(r.Content) > 0 && m.last != 0 {
					r.RequestID = m.last
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/served-in-turn", "requests on a connection are answered in the order in which they came", "flup 1.0.3, multiplexed", remembering(func(net.Conn) recordFault {
			var order []uint16
			waiting := map[uint16][]fcgi.Record{}
			return recordFault{
				in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.Type == fcgi.TypeBeginRequest {
						order = append(order, r.RequestID)
					}
					return as(r)
				},
				out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.RequestID == 0 {
						return as(r)
					}
					waiting[r.RequestID] = append(waiting[r.RequestID], copied(r))
					var on []fcgi.Record
					for len(order) > 0 {
						first := order[0]
						some := waiting[first]
						on = append(on, some...)
						delete(waiting, first)
						if len(some) == 0 || some[len(some)-1].Type != fcgi.TypeEndRequest {
							break
						}
						order = order[1:]
					}
					return on
				},
			}
		})},
		Fault{"fcgi/records-torn", "records of concurrent answers are written into each other", "https://github.com/artyom-beilis/cppcms/issues/24", tearing},
		Fault{"fcgi/abort-answered-twice", "an aborted request is ended at once, and again when its application is done", "a handler that is not told of ABORT_REQUEST", remembering(func(net.Conn) recordFault {
			aborted := map[uint16]bool{}
			return recordFault{
				in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.Type == fcgi.TypeAbortRequest {
						aborted[r.RequestID] = true
					}
					return as(r)
				},
				out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.Type == fcgi.TypeEndRequest && aborted[r.RequestID] {
						delete(aborted, r.RequestID)
						return as(r, made(fcgi.TypeStdout, r.RequestID, nil), r)
					}
					return as(r)
				},
			}
		})},
		Fault{"fcgi/abort-ends-all", "ABORT_REQUEST aborts all requests of its connection", "a flag of the connection's", remembering(func(net.Conn) recordFault {
			begun := []uint16{}
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				switch r.Type {
				case fcgi.TypeBeginRequest:
					begun = append(begun, r.RequestID)
				case fcgi.TypeAbortRequest:
					all := as(r)
					for _, id := range begun {
						if id != r.RequestID {
							all = append(all, made(r.Type, id, nil))
						}
					}
					return all
				}
				return as(r)
			}}
		})},
		Fault{"fcgi/ids-never-freed", "ids stay in a table, which is full some time", "https://github.com/golang/go/issues/81548", remembering(func(nc net.Conn) recordFault {
			used := map[uint16]bool{}
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type != fcgi.TypeBeginRequest || used[r.RequestID] {
					return as(r)
				}
				if len(used) == idsAtMost {
					nc.Write(fcgi.AppendEndRequest(nil, r.RequestID, 0, fcgi.Overloaded))
					return nil
				}
				used[r.RequestID] = true
				return as(r)
			}}
		})},
		Fault{"fcgi/id-freed-late", "an id that is used again at once is taken for an active one, now and then", "a table of ids that another thread cleans", remembering(func(nc net.Conn) recordFault {
			times := map[uint16]int{}
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					times[r.RequestID]++
					if times[r.RequestID]%lateEvery == 0 {
						nc.Write(fcgi.AppendEndRequest(nil, r.RequestID, 0, fcgi.CantMpxConn))
						return nil
					}
				}
				return as(r)
			}}
		})},

		Fault{"fcgi/end-kept-back", "END_REQUEST stays in a buffer until the next request, where the connection is kept", "https://github.com/php/php-src/issues/10335", remembering(func(net.Conn) recordFault {
			begun, keep := 0, false
			return recordFault{
				in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.Type == fcgi.TypeBeginRequest {
						body, _ := fcgi.ParseBeginRequest(r.Content)
						begun, keep = begun+1, body.Flags&fcgi.KeepConn != 0
					}
					return as(r)
				},
				out: dropping(func(r fcgi.Record) bool { return r.Type == fcgi.TypeEndRequest && keep && begun == 1 }),
			}
		})},
		Fault{"fcgi/no-stdout-without-output", "STDOUT is not ended where nothing was written to it", "a stream that is opened by its first write", remembering(func(net.Conn) recordFault {
			used := map[uint16]bool{}
			return recordFault{out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				switch {
				case r.Type == fcgi.TypeStdout && len(r.Content) > 0:
					used[r.RequestID] = true
				case r.Type == fcgi.TypeStdout && !used[r.RequestID]:
					return nil
				case r.Type == fcgi.TypeEndRequest:
					delete(used, r.RequestID)
				}
				return as(r)
			}}
		})},
		Fault{"fcgi/no-end-of-stderr", "STDERR is never ended by an empty record", "Go's net/http/fcgi", recordFault{
			out: dropping(func(r fcgi.Record) bool { return r.Type == fcgi.TypeStderr && len(r.Content) == 0 }),
		}.wrap},
		Fault{"fcgi/output-is-a-c-string", "output ends at its first NUL", "printf(\"%s\") for a body", recordFault{
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if before, _, found := bytes.Cut(r.Content, []byte{0}); found && r.Type == fcgi.TypeStdout && len(before) > 0 {
					return as(made(r.Type, r.RequestID, bytes.Clone(before)))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/stderr-fills-pipe", "a request that writes more to its error stream than a buffer holds never goes on", "https://github.com/php/php-src/issues/11324", remembering(func(nc net.Conn) recordFault {
			written := 0
			return recordFault{
				out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if r.Type == fcgi.TypeStderr {
						written += len(r.Content)
					}
					if written > 16<<10 {
						return nil
					}
					return as(r)
				},
				closed: func(net.Conn) error {
					if written > 16<<10 {
						return nil
					}
					return nc.Close()
				},
			}
		})},

		Fault{"fcgi/timeout-ends-params", "a pause within PARAMS is taken for their end", "a read timeout that is taken for the end of the stream", func(nc net.Conn) net.Conn {
			return &pausing{through: through{nc}, end: func(got []byte) []byte {
				c, id, _, ok := within(got)
				if !ok || len(c.params[id]) == 0 {
					return nil
				}
				return append(fcgi.AppendEndOfStream(nil, fcgi.TypeParams, id), fcgi.AppendEndOfStream(nil, fcgi.TypeStdin, id)...)
			}}
		}},
		Fault{"fcgi/content-length-dropped", "CONTENT_LENGTH does not reach the application, which reads to the end of STDIN", "libfcgi 2.4.2, Go's net/http/fcgi and flup 1.0.3 deliver more than CONTENT_LENGTH", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				if string(p.Name) == "CONTENT_LENGTH" {
					return nil
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/waits-for-content-length", "the end of STDIN is ignored until CONTENT_LENGTH bytes have come", "php-fpm 8.2", remembering(func(net.Conn) recordFault {
			c := newComing()
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeStdin && len(r.Content) == 0 && c.missing(r.RequestID) > 0 {
					return nil
				}
				c.take(r)
				return as(r)
			}}
		})},
		Fault{"fcgi/duplex-deadlock", "nothing more is read once as much has been written as a buffer holds, until the answer is complete", "https://github.com/php/php-src/pull/10273", remembering(func(nc net.Conn) recordFault {
			c, written := newComing(), 0
			return recordFault{
				in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					c.take(r)
					if r.Type == fcgi.TypeStdin && written > 1<<20 {
						return nil
					}
					return as(r)
				},
				out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if c.withinStdin(r.RequestID) {
						written += len(r.Content)
					}
					return as(r)
				},
			}
		})},
		Fault{"fcgi/close-loses-answer", "a connection with an unread body is closed at once: the reset overtakes the answer", "https://github.com/unbit/uwsgi/pull/609", remembering(func(nc net.Conn) recordFault {
			c := newComing()
			var held []fcgi.Record
			return recordFault{
				in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record { c.take(r); return as(r) },
				out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
					if held = append(held, copied(r)); c.missing(r.RequestID) > 1<<20 {
						if r.Type == fcgi.TypeEndRequest {
							nc.Close()
						}
						return nil
					}
					on := held
					held = nil
					return on
				},
			}
		})},
		Fault{"fcgi/extensions-dropped", "only well-known variables reach the application", "a fixed table of names", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				if bytes.HasPrefix(p.Name, []byte("HTTP_X_")) {
					return nil
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/crash-on-broken-pipe", "a web server that leaves before its answer kills the process", "SIGPIPE", crashOnBrokenPipe},

		Fault{"fcgi/authorizer-waits", "an authorizer is not started before the end of STDIN", "libfcgi 2.4.2, where the application reads its input", ofRole(fcgi.Authorizer, func(net.Conn) func(fcgi.Record) []fcgi.Record {
			return func(r fcgi.Record) []fcgi.Record {
				switch {
				case r.Type == fcgi.TypeParams && len(r.Content) == 0:
					return nil
				case r.Type == fcgi.TypeStdin && len(r.Content) == 0:
					return as(made(fcgi.TypeParams, r.RequestID, nil), r)
				}
				return as(r)
			}
		})},
		Fault{"fcgi/authorizer-variables-lost", "headers that begin with Variable- are dropped", "an allow-list of headers", header(replaced("Variable-PROBE: 1\r\n", ""))},
		Fault{"fcgi/denial-without-body", "an answer with an error's status loses its body", "servers that have error pages of their own", header(func(b []byte) []byte {
			if end := bytes.Index(b, []byte("\r\n\r\n")); end > 0 && bytes.HasPrefix(b, []byte("Status: 403")) {
				return b[:end+4]
			}
			return b
		})},
		Fault{"fcgi/data-cut", "only 64 KiB of DATA reach a filter", "a length kept in 16 bits", remembering(func(net.Conn) recordFault {
			got := 0
			return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type != fcgi.TypeData || len(r.Content) == 0 {
					return as(r)
				}
				r = made(r.Type, r.RequestID, r.Content[:min(len(r.Content), max(0, fcgi.MaxContentLength-got))])
				got += len(r.Content)
				if len(r.Content) == 0 {
					return nil
				}
				return as(r)
			}}
		})},
		Fault{"fcgi/timeout-ends-stdin", "a pause within a filter's STDIN is taken for its end, and for that of DATA", "a read timeout that is taken for the end of the stream", func(nc net.Conn) net.Conn {
			return &pausing{through: through{nc}, end: func(got []byte) []byte {
				c, id, role, ok := within(got)
				if !ok || role != fcgi.Filter || !c.withinStdin(id) {
					return nil
				}
				missing := made(fcgi.TypeData, id, make([]byte, 4))
				return append(missing.Append(fcgi.AppendEndOfStream(nil, fcgi.TypeStdin, id)), fcgi.AppendEndOfStream(nil, fcgi.TypeData, id)...)
			}}
		}},
		Fault{"fcgi/data-filled", "DATA that breaks off is filled up with zeros", "a buffer of FCGI_DATA_LENGTH bytes that is handed over whole", ofRole(fcgi.Filter, func(net.Conn) func(fcgi.Record) []fcgi.Record {
			got, want := 0, 0
			return func(r fcgi.Record) []fcgi.Record {
				switch {
				case r.Type == fcgi.TypeParams && len(r.Content) > 0:
					changedPairs(r.Content, func(p fcgi.Pair) []fcgi.Pair {
						if string(p.Name) == "FCGI_DATA_LENGTH" {
							want, _ = strconv.Atoi(string(p.Value))
						}
						return nil
					})
				case r.Type == fcgi.TypeData && len(r.Content) > 0:
					got += len(r.Content)
				case r.Type == fcgi.TypeData && want > got:
					return as(made(r.Type, r.RequestID, make([]byte, min(want-got, fcgi.MaxContentLength))), r)
				}
				return as(r)
			}
		})},
		Fault{"fcgi/crash-on-data", "DATA of a responder kills the process", "a stream that is nil for this role", ofRole(fcgi.Responder, func(net.Conn) func(fcgi.Record) []fcgi.Record {
			return func(r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeData {
					os.Exit(crashStatus)
				}
				return as(r)
			}
		})},

		Fault{"fcgi/http-status-line", "STDOUT begins with HTTP's status line", "applications that were made for a socket of HTTP", header(replaced("Status: ", "HTTP/1.1 "))},
		Fault{"fcgi/no-content-type", "the answer has no Content-Type", "servers of one type", header(func(b []byte) []byte { return replaced(contentTypeLine(b), "")(b) })},
		Fault{"fcgi/content-type-twice", "a Content-Type is put before the application's own", "CVE-2020-24553 and the defaults of other gateways", header(replaced("\r\n", "\r\nContent-Type: text/html\r\n"))},
		Fault{"fcgi/head-as-get", "HEAD is answered with a body", "routers that serve HEAD by the handler of GET", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				if string(p.Name) == "REQUEST_METHOD" && string(p.Value) == "HEAD" {
					p.Value = []byte("GET")
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
	)
}

// coming is how far the requests of a connection have come.
type coming struct {
	params map[uint16][]byte // of requests whose parameters are not complete
	length map[uint16]int64  // of the body, as CONTENT_LENGTH says, until its end has come
	got    map[uint16]int64  // of the body
}

func newComing() *coming {
	return &coming{map[uint16][]byte{}, map[uint16]int64{}, map[uint16]int64{}}
}

// take notes a record that comes in.
func (c *coming) take(r fcgi.Record) {
	id := r.RequestID
	switch r.Type {
	case fcgi.TypeBeginRequest:
		c.params[id] = []byte{}
		delete(c.length, id)
		delete(c.got, id)
	case fcgi.TypeParams:
		if !c.withinParams(id) {
			return
		}
		if len(r.Content) > 0 {
			c.params[id] = append(c.params[id], r.Content...)
			return
		}
		pairs, _ := fcgi.ParseValues(c.params[id])
		c.length[id] = -1
		for _, p := range pairs {
			if n, err := strconv.ParseInt(string(p.Value), 10, 64); err == nil && string(p.Name) == "CONTENT_LENGTH" {
				c.length[id] = n
			}
		}
		delete(c.params, id)
	case fcgi.TypeStdin:
		c.got[id] += int64(len(r.Content))
		if len(r.Content) == 0 {
			delete(c.length, id)
		}
	}
}

// withinParams says that a request's parameters are not complete.
func (c *coming) withinParams(id uint16) bool { _, ok := c.params[id]; return ok }

// withinStdin says that they are, and its body is not.
func (c *coming) withinStdin(id uint16) bool { _, ok := c.length[id]; return ok }

// missing is what a body lacks of its CONTENT_LENGTH.
func (c *coming) missing(id uint16) int64 {
	if n, ok := c.length[id]; ok && n > c.got[id] {
		return n - c.got[id]
	}
	return 0
}

// aborting is a receiver that does something else at ABORT_REQUEST.
func aborting(f func(c *coming, r fcgi.Record) []fcgi.Record) func(net.Conn) net.Conn {
	return remembering(func(net.Conn) recordFault {
		c := newComing()
		return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeAbortRequest {
				return f(c, r)
			}
			c.take(r)
			return as(r)
		}}
	})
}

// header is a sender that changes the first STDOUT record of an answer.
func header(f func([]byte) []byte) func(net.Conn) net.Conn {
	return remembering(func(net.Conn) recordFault {
		begun := map[uint16]bool{}
		return recordFault{out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			switch {
			case r.Type == fcgi.TypeEndRequest:
				delete(begun, r.RequestID)
			case r.Type == fcgi.TypeStdout && len(r.Content) > 0 && !begun[r.RequestID]:
				begun[r.RequestID] = true
				return as(aligned(made(r.Type, r.RequestID, f(bytes.Clone(r.Content)))))
			}
			return as(r)
		}}
	})
}

// aligned is the record with the padding of a good sender (3.3).
func aligned(r fcgi.Record) fcgi.Record {
	r.PaddingLength = uint8(fcgi.PaddingFor(len(r.Content)))
	r.Padding = make([]byte, r.PaddingLength)
	return r
}

func replaced(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
}

// ofRole is a receiver that treats the requests of a role in another way.
func ofRole(role fcgi.Role, f func(nc net.Conn) func(r fcgi.Record) []fcgi.Record) func(net.Conn) net.Conn {
	return remembering(func(nc net.Conn) recordFault {
		have := map[uint16]bool{}
		change := f(nc)
		return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
			if r.Type == fcgi.TypeBeginRequest {
				body, _ := fcgi.ParseBeginRequest(r.Content)
				have[r.RequestID] = body.Role == role
			}
			if have[r.RequestID] {
				return change(r)
			}
			return as(r)
		}}
	})
}

// pausing is a receiver for which a pause is the end of what was coming: after
// it, end makes up the records that it thinks to have missed.
type pausing struct {
	through
	got   []byte
	ready []byte
	end   func(got []byte) []byte
}

// pauseTaken is how long such a receiver waits.
const pauseTaken = 150 * time.Millisecond

func (c *pausing) Read(p []byte) (int, error) {
	if len(c.ready) > 0 {
		n := copy(p, c.ready)
		c.ready = c.ready[n:]
		return n, nil
	}
	more := c.end(c.got)
	if len(more) > 0 {
		c.Conn.SetReadDeadline(time.Now().Add(pauseTaken))
	}
	n, err := c.Conn.Read(p)
	c.Conn.SetReadDeadline(time.Time{})
	if errors.Is(err, os.ErrDeadlineExceeded) && n == 0 && len(more) > 0 {
		c.got, c.ready = append(c.got, more...), more
		return c.Read(p)
	}
	c.got = append(c.got, p[:n]...)
	return n, err
}

// within is the request that what came ends in, and its role; ok is false
// between requests.
func within(got []byte) (c *coming, id uint16, role fcgi.Role, ok bool) {
	c = newComing()
	for len(got) > 0 {
		r, n, err := fcgi.ParseRecord(got)
		if err != nil {
			return c, id, role, false
		}
		if r.Type == fcgi.TypeBeginRequest {
			body, _ := fcgi.ParseBeginRequest(r.Content)
			id, role = r.RequestID, body.Role
		}
		c.take(r)
		got = got[n:]
	}
	return c, id, role, id != 0
}

// tearing is a sender without a lock: a long record of one answer gets a record
// of another one's into its middle.
func tearing(nc net.Conn) net.Conn {
	c := &faultyConn{Conn: nc}
	var second []byte // half of a record
	var of uint16
	c.sent = func(b []byte) (int, []byte) {
		r, n, err := fcgi.ParseRecord(b)
		if err != nil {
			return 0, nil
		}
		whole := bytes.Clone(b[:n])
		switch {
		case second != nil:
			rest := second
			second = nil
			if r.RequestID == of {
				return n, append(rest, whole...)
			}
			return n, append(whole, rest...)
		case r.Type == fcgi.TypeStdout && len(r.Content) > 8000:
			second, of = whole[len(whole)/2:], r.RequestID
			return n, whole[:len(whole)/2]
		}
		return n, whole
	}
	return c
}

// idsAtMost is what the table of a server holds that frees no id.
const idsAtMost = 700

// lateEvery is how often an id is used again before it is free: a race that is
// lost now and then.
const lateEvery = 150

// copied is a record that is kept: its bytes are the buffer's.
func copied(r fcgi.Record) fcgi.Record {
	r.Content, r.Padding = bytes.Clone(r.Content), bytes.Clone(r.Padding)
	return r
}
