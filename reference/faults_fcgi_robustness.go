package reference

import (
	"bytes"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

func init() {
	addFaults(
		Fault{"fcgi/crash-on-short-record", "a connection that ends within a header kills the process", "assert(n == 8) in a release build", crashAtEnd(func(got []byte) bool { return len(got) > 0 && len(got) < fcgi.HeaderLen })},
		Fault{"fcgi/crash-on-half-request", "a connection that ends within a request kills the process", "a handler that is called with no request", crashAtEnd(endsWithinParams)},
		Fault{"fcgi/crash-on-other-version", "a record of version 255 ends the process", "assert(header.version == FCGI_VERSION_1)",
			crashAtRecord(func(r fcgi.Record) bool { return r.Version == 255 })},
		Fault{"fcgi/crash-without-params", "a request without parameters ends the process", "strcmp(getenv(\"REQUEST_METHOD\"), ...) without a look at NULL",
			receiver(func(net.Conn) func(fcgi.Record) []fcgi.Record {
				var before fcgi.Type
				return func(r fcgi.Record) []fcgi.Record {
					if before == fcgi.TypeBeginRequest && r.Type == fcgi.TypeParams && len(r.Content) == 0 {
						os.Exit(crashStatus)
					}
					before = r.Type
					return as(r)
				}
			})},
		Fault{"fcgi/short-begin-dangles", "a BEGIN_REQUEST of another length than 8 leaves the connection open and unheard", "flup 1.0.3: an exception ends the thread",
			deafAt(func(r fcgi.Record) bool {
				return r.Type == fcgi.TypeBeginRequest && len(r.Content) != fcgi.BeginRequestLen
			})},
		Fault{"fcgi/crash-on-http", "a request of HTTP ends the process", "a length taken from the letters of GET",
			crashAt(func(got []byte) bool { return bytes.HasPrefix(got, []byte("GET ")) })},
		Fault{"fcgi/crash-on-high-type", "a record of a type from 128 on, of a request, ends the process", "a signed byte that indexes a table of handlers",
			crashAtRecord(func(r fcgi.Record) bool { return r.Type >= 128 && r.RequestID != 0 })},
		Fault{"fcgi/cut-pair-taken", "of a pair that goes beyond the parameters' end, what there is becomes a variable", "flup 1.0.3", streamwise(cutPairs)},
		Fault{"fcgi/cut-length-dangles", "parameters that end within a length leave the connection open and unheard", "flup 1.0.3: an exception ends the thread",
			receiver(func(net.Conn) func(fcgi.Record) []fcgi.Record {
				var last []byte
				deaf := false
				return func(r fcgi.Record) []fcgi.Record {
					deaf = deaf || r.Type == fcgi.TypeParams && len(r.Content) == 0 && bytes.HasSuffix(last, []byte("\x80\x00"))
					if last = bytes.Clone(r.Content); deaf {
						return nil
					}
					return as(r)
				}
			})},
		Fault{"fcgi/crash-on-huge-length", "a pair's length is allocated before its bytes have come, and the failure not noticed", "malloc without a look at NULL",
			crashAtRecord(func(r fcgi.Record) bool {
				return r.Type == fcgi.TypeParams && bytes.HasPrefix(r.Content, []byte("\xc0\x00\x00\x00"))
			})},
		Fault{"fcgi/crash-on-length-overflow", "two lengths are added in 32 bits", "https://github.com/FastCGI-Archives/fcgi2/issues/67",
			crashAtRecord(func(r fcgi.Record) bool {
				return r.Type == fcgi.TypeParams && bytes.HasPrefix(r.Content, []byte("\xff\xff\xff\xff\xff\xff\xff\xff"))
			})},
		Fault{"fcgi/pairs-as-environment", "name and value are joined by =, and parted at the first one", "libfcgi 2.4.2",
			recordFault{in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				name, value, _ := strings.Cut(string(p.Name)+"="+string(p.Value), "=")
				return []fcgi.Pair{{Name: []byte(name), Value: []byte(value)}}
			})}.wrap},
		Fault{"fcgi/crash-on-path", "parameters go into the process's own environment: with a strange PATH it finds its programs no more", "fcgiwrap passes all of them to execve",
			crashAtRecord(func(r fcgi.Record) bool { return pairOf(r, func(p fcgi.Pair) bool { return string(p.Name) == "PATH" }) })},
		Fault{"fcgi/stdin-ends-params", "STDIN ends the parameters", "libfcgi 2.4.2 and php-fpm 8.2.36",
			endedBy(func(r fcgi.Record) bool { return r.Type == fcgi.TypeStdin })},
		Fault{"fcgi/late-params-taken", "parameters after their end count, up to STDIN", "uWSGI 2.0.21; flup where it multiplexes", receiver(lateParams)},
		Fault{"fcgi/late-stdin-closes", "STDIN of a request that has ended closes the connection", "libfcgi 2.4.2 and php-fpm 8.2.36",
			receiver(func(nc net.Conn) func(fcgi.Record) []fcgi.Record {
				ended := map[uint16]bool{}
				return func(r fcgi.Record) []fcgi.Record {
					switch {
					case r.Type == fcgi.TypeBeginRequest:
						delete(ended, r.RequestID)
					case r.Type == fcgi.TypeStdin && len(r.Content) == 0:
						ended[r.RequestID] = true
					case r.Type == fcgi.TypeStdin && ended[r.RequestID]:
						nc.Close()
					}
					return as(r)
				}
			})},
		Fault{"fcgi/foreign-type-ends-params", "a record of another type ends the parameters", "libfcgi 2.4.2 and php-fpm 8.2.36",
			endedBy(func(r fcgi.Record) bool { return r.Type == fcgi.TypeStdout || r.Type == fcgi.TypeGetValuesResult })},
		Fault{"fcgi/each-end-answered", "a STDIN that is ended twice is answered twice", "https://github.com/erlyaws/yaws/issues/283",
			func(nc net.Conn) net.Conn {
				var mu sync.Mutex
				ends := map[uint16]int{}
				return recordFault{
					in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
						mu.Lock()
						defer mu.Unlock()
						switch {
						case r.Type == fcgi.TypeBeginRequest:
							delete(ends, r.RequestID)
						case r.Type == fcgi.TypeStdin && len(r.Content) == 0:
							ends[r.RequestID]++
						}
						return as(r)
					},
					out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
						mu.Lock()
						defer mu.Unlock()
						if r.Type == fcgi.TypeEndRequest && ends[r.RequestID] > 1 {
							return as(r, made(fcgi.TypeStdout, r.RequestID, nil), r)
						}
						return as(r)
					},
				}.wrap(nc)
			}},
		Fault{"fcgi/get-values-ends-the-read", "what came in one read with a GET_VALUES is lost", "https://github.com/php/php-src/pull/12387",
			func(nc net.Conn) net.Conn {
				return &faultyConn{Conn: nc, received: func(b []byte) (int, []byte) {
					r, n, err := fcgi.ParseRecord(b)
					switch {
					case err != nil:
						return 0, nil
					case r.Type == fcgi.TypeGetValues && len(b) > n+1 && fcgi.Type(b[n+1]) == fcgi.TypeBeginRequest:
						if _, err := fcgi.ParseValues(r.Content); err == nil {
							return len(b), b[:n]
						}
					}
					return n, b[:n]
				}}
			}},
		Fault{"fcgi/end-of-file-ends-params", "the end of the connection is taken for that of the parameters", "readers for which a short read is the last one",
			func(nc net.Conn) net.Conn { return &endOfFile{through: through{nc}} }},
		lockFault("fcgi/one-reads", "a connection that is within a header keeps all others waiting", "servers that read the first header in the accepting thread", fcgi.HeaderLen, false),
		lockFault("fcgi/one-writes", "a connection whose client does not read keeps all others waiting", "a lock over the log and the answer", 0, true),
		Fault{"fcgi/crash-on-reset", "a connection that is reset within its parameters ends the process", "an error of read() that is taken for fatal",
			crashAtReset(resetWithinParams)},
		leakFault("fcgi/unwritten-answers-leak", "a slot is lost with each answer that could not be written", "an error path that returns before it gives its slot back", 20,
			leaking{write: func(l *leaking, err error) {
				if err != nil {
					l.server.lose()
				}
			}}),
		Fault{"fcgi/crash-on-endless-params", "parameters are kept in memory without bound", "https://github.com/golang/go/issues/81548", receiver(endlessParams)},
		Fault{"fcgi/crash-on-many-begins", "requests that begin are kept in memory without bound", "https://github.com/golang/go/issues/81548", receiver(keptBegins)},
		leakFault("fcgi/aborts-leak", "a slot is lost with each request that is aborted", "CVE-2023-44487, the same of HTTP/2", 600, leaking{read: aborted}),
		leakFault("fcgi/headers-leak", "a slot is lost with each connection that ends after a header", "a timeout that is set and not taken back", 300, leaking{read: headerAlone(fcgi.HeaderLen)}),
		Fault{"fcgi/crash-on-fd-1024", "a descriptor above 1023 ends the process", "CVE-2012-6687 of libfcgi", func(nc net.Conn) net.Conn {
			if fd(nc) >= 1024 {
				os.Exit(crashStatus)
			}
			return nc
		}},
		Fault{"fcgi/ids-only-grow", "a request whose id begins again after 65535 is taken for an old one", "https://github.com/haproxy/haproxy/issues/3358", receiver(signedIDs)},
		Fault{"fcgi/repeated-names-cut", "the result of a name that is asked for twice is cut", "a buffer that holds each known name once",
			recordFault{out: changing(fcgi.TypeGetValuesResult, func(r *fcgi.Record) {
				if once := bytes.Count(r.Content, []byte(fcgi.FCGI_MPXS_CONNS)); once > 1 {
					*r = made(r.Type, 0, r.Content[:len(r.Content)-1])
				}
			})}.wrap},
		Fault{"fcgi/crash-on-name-many-times", "results run over the buffer that holds each known name once", "sprintf to a buffer of fixed size",
			crashAtRecord(func(r fcgi.Record) bool {
				return r.Type == fcgi.TypeGetValues && bytes.Count(r.Content, []byte(fcgi.FCGI_MPXS_CONNS)) > 50
			})},
		Fault{"fcgi/malformed-values-loop", "a pair of GET_VALUES that is not whole is read again and again", "https://github.com/php/php-src/pull/883",
			deafAt(func(r fcgi.Record) bool {
				_, err := fcgi.ParseValues(r.Content)
				return r.Type == fcgi.TypeGetValues && err != nil
			})},
		Fault{"fcgi/negative-length", "a CONTENT_LENGTH of -1 is a very large one: what lies behind the body goes with it", "strtoul and a buffer",
			receiver(negativeLength)},
		Fault{"fcgi/any-file-shown", "a file that is no script is shown as it is", "php-fpm with an empty security.limit_extensions", showing("SCRIPT_FILENAME")},
		Fault{"fcgi/crash-on-path-info", "an empty PATH_INFO is written before its beginning", "CVE-2019-11043 of php-fpm",
			crashAtRecord(func(r fcgi.Record) bool {
				return pairOf(r, func(p fcgi.Pair) bool {
					return string(p.Name) == "SCRIPT_FILENAME" && bytes.HasSuffix(p.Value, []byte("/x"))
				})
			})},
		Fault{"fcgi/exception-leaks", "variables of a request whose application failed are there in the next", "CVE-2011-2766 of Perl's FCGI", exceptionLeaks},
	)
}

// deafAt hears nothing of a connection any more from a record on, and does not
// close it.
func deafAt(at func(r fcgi.Record) bool) func(net.Conn) net.Conn {
	return receiver(func(net.Conn) func(fcgi.Record) []fcgi.Record {
		deaf := false
		return func(r fcgi.Record) []fcgi.Record {
			if deaf = deaf || at(r); deaf {
				return nil
			}
			return as(r)
		}
	})
}

// aborted counts the ABORT_REQUEST records of a connection.
func aborted(l *leaking, got []byte) {
	l.got = append(l.got, got...)
	for {
		r, n, err := fcgi.ParseRecord(l.got)
		if err != nil {
			return
		}
		if r.Type == fcgi.TypeAbortRequest {
			l.server.lose()
		}
		l.got = l.got[n:]
	}
}

// inParams follows what has come of a request's parameters.
type inParams struct {
	begun, ended bool
	bytes        int
}

func (p *inParams) see(r fcgi.Record) {
	switch {
	case r.Type == fcgi.TypeBeginRequest:
		*p = inParams{begun: true}
	case r.Type == fcgi.TypeParams && len(r.Content) == 0:
		p.ended = true
	case r.Type == fcgi.TypeParams:
		p.bytes += len(r.Content)
	}
}

func (p *inParams) within() bool { return p.begun && !p.ended }

// endedBy is a receiver for which another record than the empty one ends the
// parameters.
func endedBy(at func(r fcgi.Record) bool) func(net.Conn) net.Conn {
	return receiver(func(net.Conn) func(fcgi.Record) []fcgi.Record {
		requests := map[uint16]*inParams{}
		return func(r fcgi.Record) []fcgi.Record {
			p := requests[r.RequestID]
			switch {
			case p == nil:
				p = new(inParams)
				requests[r.RequestID] = p
			case p.within() && at(r):
				p.ended = true
				return as(made(fcgi.TypeParams, r.RequestID, nil), r)
			case p.ended && r.Type == fcgi.TypeParams:
				return nil
			}
			p.see(r)
			return as(r)
		}
	})
}

// endOfFile is a receiver that takes the connection's end for that of the
// parameters.
type endOfFile struct {
	through
	p    inParams
	in   []byte
	id   uint16
	left []byte
}

func (c *endOfFile) Read(p []byte) (int, error) {
	if len(c.left) > 0 {
		n := copy(p, c.left)
		c.left = c.left[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p)
	c.in = append(c.in, p[:n]...)
	for {
		r, m, short := fcgi.ParseRecord(c.in)
		if short != nil {
			break
		}
		c.p.see(r)
		c.id, c.in = r.RequestID, c.in[m:]
	}
	if err == io.EOF && c.p.within() && c.p.bytes > 0 && len(c.in) > fcgi.HeaderLen {
		h, _ := fcgi.ParseHeader(c.in)
		rest := make([]byte, h.Len()-len(c.in)) // what did not come is nothing
		c.p.ended = true
		c.left = fcgi.AppendEndOfStream(fcgi.AppendEndOfStream(rest, fcgi.TypeParams, c.id), fcgi.TypeStdin, c.id)
		return c.Read(p)
	}
	return n, err
}

// streamwise is a receiver that changes the whole of a request's parameters.
func streamwise(f func(params []byte) []byte) func(net.Conn) net.Conn {
	return receiver(func(net.Conn) func(fcgi.Record) []fcgi.Record {
		held := map[uint16][]byte{}
		return func(r fcgi.Record) []fcgi.Record {
			switch {
			case r.Type == fcgi.TypeBeginRequest:
				delete(held, r.RequestID)
			case r.Type != fcgi.TypeParams:
			case len(r.Content) > 0:
				held[r.RequestID] = append(held[r.RequestID], r.Content...)
				return nil
			default:
				whole := f(held[r.RequestID])
				delete(held, r.RequestID)
				var on []fcgi.Record
				for piece := range slices.Chunk(whole, fcgi.MaxContentLength) {
					on = append(on, made(r.Type, r.RequestID, piece))
				}
				return append(on, r)
			}
			return as(r)
		}
	})
}

// cutPairs takes of a pair what there is of it.
func cutPairs(params []byte) []byte {
	var content []byte
	for rest := params; len(rest) > 0; {
		if p, n, err := fcgi.ParsePair(rest); err == nil {
			content, rest = p.Append(content), rest[n:]
			continue
		}
		if len(rest) < 3 || rest[0]|rest[1] >= 0x80 {
			return append(content, rest...)
		}
		name := rest[2:min(2+int(rest[0]), len(rest))]
		return fcgi.AppendPair(content, name, rest[2+len(name):])
	}
	return content
}

// lateParams is a responder's receiver that takes parameters up to STDIN.
func lateParams(net.Conn) func(fcgi.Record) []fcgi.Record {
	responder, held := map[uint16]bool{}, map[uint16]bool{}
	return func(r fcgi.Record) []fcgi.Record {
		id := r.RequestID
		switch {
		case r.Type == fcgi.TypeBeginRequest:
			body, err := fcgi.ParseBeginRequest(r.Content)
			responder[id] = err == nil && body.Role == fcgi.Responder
		case r.Type == fcgi.TypeParams && len(r.Content) == 0 && responder[id]:
			held[id] = true
			return nil
		case r.Type != fcgi.TypeParams && held[id]:
			delete(held, id)
			return as(made(fcgi.TypeParams, id, nil), r)
		}
		return as(r)
	}
}

// endlessParams reads parameters to their end, however long they are, until there is no
// memory left.
func endlessParams(net.Conn) func(fcgi.Record) []fcgi.Record {
	const memory = 4 << 20
	held := map[uint16][]byte{}
	return func(r fcgi.Record) []fcgi.Record {
		if r.Type != fcgi.TypeParams {
			return as(r)
		}
		whole := append(held[r.RequestID], r.Append(nil)...)
		if len(whole) > memory {
			os.Exit(crashStatus)
		}
		held[r.RequestID] = whole
		if len(r.Content) > 0 {
			return nil
		}
		delete(held, r.RequestID)
		var on []fcgi.Record
		for len(whole) > 0 {
			one, n, _ := fcgi.ParseRecord(whole)
			on, whole = append(on, one), whole[n:]
		}
		return on
	}
}

// keptBegins keeps each request that begins, until there is no memory left.
func keptBegins(net.Conn) func(fcgi.Record) []fcgi.Record {
	n := 0
	return func(r fcgi.Record) []fcgi.Record {
		if r.Type == fcgi.TypeBeginRequest {
			n++
		}
		if n > 20000 {
			os.Exit(crashStatus)
		}
		return as(r)
	}
}

// signedIDs is a receiver that takes a request whose id is far below the last
// one's for an old one.
func signedIDs(net.Conn) func(fcgi.Record) []fcgi.Record {
	var last uint16
	old := map[uint16]bool{}
	return func(r fcgi.Record) []fcgi.Record {
		if r.Type == fcgi.TypeBeginRequest {
			old[r.RequestID] = last > 65000 && r.RequestID < 500
			last = max(last, r.RequestID)
		}
		if old[r.RequestID] {
			return nil
		}
		return as(r)
	}
}

// resetWithinParams says that a request has begun and its parameters have not
// ended.
func resetWithinParams(got []byte) bool {
	var p inParams
	for {
		r, n, err := fcgi.ParseRecord(got)
		if err != nil {
			return p.within()
		}
		p.see(r)
		got = got[n:]
	}
}

// pairOf finds a parameter in a PARAMS record.
func pairOf(r fcgi.Record, at func(p fcgi.Pair) bool) bool {
	if r.Type != fcgi.TypeParams {
		return false
	}
	pairs, _ := fcgi.ParseValues(r.Content)
	for _, p := range pairs {
		if at(p) {
			return true
		}
	}
	return false
}

// fd is a connection's descriptor.
func fd(nc net.Conn) (n int) {
	if c, ok := nc.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { n = int(fd) })
		}
	}
	return n
}

// negativeLength adds to the body what lies behind it.
func negativeLength(net.Conn) func(fcgi.Record) []fcgi.Record {
	negative := false
	return func(r fcgi.Record) []fcgi.Record {
		if r.Type == fcgi.TypeParams && len(r.Content) > 0 {
			negative = pairOf(r, func(p fcgi.Pair) bool {
				n, err := strconv.Atoi(string(p.Value))
				return string(p.Name) == "CONTENT_LENGTH" && err == nil && n < 0
			})
		}
		if negative && r.Type == fcgi.TypeStdin && len(r.Content) == 0 {
			return as(made(r.Type, r.RequestID, make([]byte, 4096)), r)
		}
		return as(r)
	}
}

// showing answers with the file that a parameter names, where it is no script.
func showing(name string) func(net.Conn) net.Conn {
	return func(nc net.Conn) net.Conn {
		var mu sync.Mutex
		var text []byte
		return recordFault{
			in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				pairOf(r, func(p fcgi.Pair) bool {
					if string(p.Name) == name {
						mu.Lock()
						text, _ = os.ReadFile(string(p.Value))
						mu.Unlock()
					}
					return false
				})
				return as(r)
			},
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				mu.Lock()
				defer mu.Unlock()
				if r.Type == fcgi.TypeStdout && len(r.Content) > 0 && len(text) > 0 {
					return as(made(r.Type, r.RequestID, append([]byte("Content-Type: text/plain\r\n\r\n"), text...)))
				}
				return as(r)
			},
		}.wrap(nc)
	}
}

// exceptionLeaks puts the parameters of a request whose application failed before
// the next one's.
func exceptionLeaks(nc net.Conn) net.Conn {
	var failed []byte
	return streamwise(func(params []byte) []byte {
		whole := slices.Concat(failed, params)
		failed = nil
		if bytes.Contains(params, []byte("throw=")) {
			failed = params
		}
		return whole
	})(nc)
}

// endsWithinParams says that a request began and that the header of a further
// PARAMS record, after the first, is not whole.
func endsWithinParams(got []byte) bool {
	for _, typ := range []fcgi.Type{fcgi.TypeBeginRequest, fcgi.TypeParams} {
		r, n, err := fcgi.ParseRecord(got)
		if err != nil || r.Type != typ {
			return false
		}
		got = got[n:]
	}
	return len(got) > 0 && len(got) < fcgi.HeaderLen
}
