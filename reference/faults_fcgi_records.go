package reference

import (
	"bytes"
	"io"
	"net"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

func init() {
	addFaults(
		Fault{"fcgi/wrong-version", "every record has version 0", "a header that is zeroed and not filled", recordFault{
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record { r.Version = 0; return as(r) },
		}.wrap},
		Fault{"fcgi/wrong-request-id", "the request id's high byte is lost", "https://github.com/lisachenko/protocol-fcgi/issues/6, where ids did not match either", recordFault{
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record { r.RequestID &= 0xff; return as(r) },
		}.wrap},
		Fault{"fcgi/bytes-left-over", "four bytes follow END_REQUEST that are no record", "a struct written with its compiler's padding", recordFault{
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					r.Padding = append(append([]byte(nil), r.Padding...), 0, 0, 0, 0)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/params-padding-kept", "the padding of PARAMS is taken for parameters", "receivers that read content and padding as one", recordFault{in: paddingTaken(fcgi.TypeParams)}.wrap},
		Fault{"fcgi/stdin-padding-kept", "the padding of STDIN is taken for the body", "https://github.com/darrengarvey/cgi/issues/17", recordFault{in: paddingTaken(fcgi.TypeStdin)}.wrap},
		Fault{"fcgi/begin-padding-kept", "a padded BEGIN_REQUEST ends the parameters before they began", "libfcgi 2.4.2 and later", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
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
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeStdout && len(r.Content) > 0 {
					return as(made(r.Type, r.RequestID, nil), r)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/record-after-end", "an STDERR record follows END_REQUEST", "output of a thread that outlives its request", recordFault{
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					return as(r, made(fcgi.TypeStderr, r.RequestID, []byte("late")))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/foreign-type", "a DATA record is sent to the web server", "a type copied from the wrong table", recordFault{
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeEndRequest {
					return as(made(fcgi.TypeData, r.RequestID, []byte("no place")), r)
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/ids-unchecked", "parameters of another id are taken for the request's", "php-fpm 8.2 and uWSGI 2.0.21", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
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
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeBeginRequest {
					m.ids[r.RequestID] = true
				} else if r.RequestID != 0 && !m.ids[r.RequestID] {
					m.nc.Close()
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/short-lengths", "a length is read as one byte", "monkey PR 278, async-fcgi #4", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
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
		Fault{"fcgi/unpadded", "records are sent without padding, and begin anywhere", "uWSGI 2.0.21", recordFault{
			out: func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
				r.Padding, r.PaddingLength = nil, 0
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/reserved-checked", "a record whose reserved bytes are not zero ends the connection", "a parser that compares whole headers", recordFault{
			in: closingAtRecord(func(_ *recordMemory, r fcgi.Record) bool {
				return r.Reserved != 0 || r.Type == fcgi.TypeBeginRequest && len(r.Content) > 3 && bytes.Contains(r.Content[3:], []byte{0xff})
			}),
		}.wrap},
		Fault{"fcgi/record-over-64k", "a record ends the connection whose content and padding are more than 65535 bytes", "php-fpm 8.2, PARAMS", recordFault{
			in: closingAtRecord(func(_ *recordMemory, r fcgi.Record) bool {
				return len(r.Content)+len(r.Padding) > fcgi.MaxContentLength
			}),
		}.wrap},
		Fault{"fcgi/header-timeout", "a header whose rest takes longer than 40 ms ends the connection", "a poll before read(fd, header, 8) whose timeout is one for the idle", func(nc net.Conn) net.Conn {
			return &hurriedConn{through: through{nc}}
		}},
		Fault{"fcgi/id-not-freed", "a request id stays in use when its request has ended: the next one closes the connection", "https://github.com/facebook/hhvm/issues/2522", recordFault{
			in: closingAtRecord(func(m *recordMemory, r fcgi.Record) bool {
				used := m.ids[r.RequestID]
				if r.Type == fcgi.TypeBeginRequest {
					m.ids[r.RequestID] = true
				}
				return used && r.Type == fcgi.TypeBeginRequest
			}),
		}.wrap},
		Fault{"fcgi/stdin-ids-unchecked", "STDIN of an id that is not active becomes the request's body", "php-fpm 8.2", recordFault{in: stdinOfAny}.wrap},
		Fault{"fcgi/end-of-params-padding-kept", "a padded end of PARAMS loses the body", "libfcgi 2.4.2", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if r.Type == fcgi.TypeParams && len(r.Content) == 0 {
					m.ended = len(r.Padding) > 0
				}
				if m.ended && r.Type == fcgi.TypeStdin && len(r.Content) > 0 {
					return nil
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/end-of-stdin-padding-kept", "the padding of the end of STDIN is read as the next record", "php-fpm 8.2", recordFault{
			in: closingAtRecord(func(m *recordMemory, r fcgi.Record) bool {
				kept := m.ended
				m.ended = r.Type == fcgi.TypeStdin && len(r.Content) == 0 && len(r.Padding) > 0
				return kept
			}),
		}.wrap},
		Fault{"fcgi/management-padding-kept", "of a management record's padding at most eight bytes are skipped", "a buffer of fixed size", recordFault{
			in: closingAtRecord(func(_ *recordMemory, r fcgi.Record) bool {
				return r.RequestID == fcgi.NullRequestID && len(r.Padding) > 8
			}),
		}.wrap},
		Fault{"fcgi/abort-padding-kept", "the padding of ABORT_REQUEST is read as the next record", "a record that is known to be empty, and so is its padding", recordFault{
			in: closingAtRecord(func(_ *recordMemory, r fcgi.Record) bool {
				return r.Type == fcgi.TypeAbortRequest && len(r.Padding) > 0
			}),
		}.wrap},
		Fault{"fcgi/padding-searched", "the next record is looked for in the padding of the one before", "receivers that look for a header's version", recordFault{in: paddingSearched}.wrap},
		Fault{"fcgi/stdin-records-counted", "of STDIN 255 records are taken", "https://github.com/facebook/hhvm/pull/2933", recordFault{in: counted(fcgi.TypeStdin, 255)}.wrap},
		Fault{"fcgi/params-records-counted", "of PARAMS 16 records are taken", "a table of fixed size", recordFault{in: counted(fcgi.TypeParams, 16)}.wrap},
		Fault{"fcgi/lengths-per-record", "a pair is lost whose lengths straddle two records", "readers that keep a pair whose lengths they know", recordFault{in: lengthsPerRecord}.wrap},
		Fault{"fcgi/write-of-nothing-ends", "a write of no bytes becomes the end of STDOUT", "libraries that make a record of each write", recordFault{
			in: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				m.ended = m.ended || r.Type == fcgi.TypeParams && bytes.Contains(r.Content, []byte("write=zero"))
				return as(r)
			},
			out: func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				if m.ended && r.Type == fcgi.TypeStdout && len(r.Content) > 0 {
					return as(r, made(r.Type, r.RequestID, nil))
				}
				return as(r)
			},
		}.wrap},
		Fault{"fcgi/length-127", "a length of 127 is taken for the first byte of four", "https://github.com/h2o/h2o/issues/3204", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				if len(p.Name) == 127 || len(p.Value) == 127 {
					return nil
				}
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/lengths-masked", "of a length in four bytes fifteen bits are kept", "https://github.com/User65k/async-fcgi/issues/4", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				p.Value = p.Value[:len(p.Value)&0x7fff]
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/value-cut-at-record", "a value that one record can't hold is cut", "flup 1.0.3", recordFault{
			in: pairwise(func(p fcgi.Pair) []fcgi.Pair {
				p.Value = p.Value[:min(len(p.Value), fcgi.MaxContentLength)]
				return []fcgi.Pair{p}
			}),
		}.wrap},
		Fault{"fcgi/interface-begins", "GATEWAY_INTERFACE begins the parameters: those before it are lost", "a table that is cleared at the first variable of most web servers", recordFault{
			in: fromInterface,
		}.wrap},
		Fault{"fcgi/many-pairs-unanswered", "a request with more than 2048 pairs gets no answer", "uWSGI 2.0.21", recordFault{
			in: unanswered(func(block []byte) bool {
				pairs, _ := fcgi.ParseValues(block)
				return len(pairs) > 2048
			}),
		}.wrap},
		Fault{"fcgi/large-params-unanswered", "a request with more than 512 KiB of parameters gets no answer", "uWSGI 2.0.21", recordFault{
			in: unanswered(func(block []byte) bool { return len(block) > 512<<10 }),
		}.wrap},
	)
}

// hurriedConn is a receiver that waits for the rest of a header no longer than
// headerLimit.
type hurriedConn struct {
	through
	rest []byte    // of the record that has not come whole
	at   time.Time // it came then
}

const headerLimit = 40 * time.Millisecond

func (c *hurriedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if within := len(c.rest) > 0 && len(c.rest) < fcgi.HeaderLen; within && time.Since(c.at) > headerLimit {
		c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	c.rest, c.at = append(c.rest, p[:n]...), time.Now()
	for {
		_, taken, err := fcgi.ParseRecord(c.rest)
		if err != nil {
			break
		}
		c.rest = c.rest[taken:]
	}
	return n, err
}

// stdinOfAny gives STDIN of inactive ids to the request that began last.
func stdinOfAny(m *recordMemory, r fcgi.Record) []fcgi.Record {
	switch {
	case r.Type == fcgi.TypeBeginRequest:
		m.last, m.ids[r.RequestID] = r.RequestID, true
	case r.Type == fcgi.TypeStdin && m.last != 0 && !m.ids[r.RequestID] && len(r.Content) > 0:
		r.RequestID = m.last
	}
	return as(r)
}

// paddingSearched takes for records what looks like them in the padding of
// PARAMS.
func paddingSearched(_ *recordMemory, r fcgi.Record) []fcgi.Record {
	found := as(r)
	for b := r.Padding; r.Type == fcgi.TypeParams; {
		hidden, n, err := fcgi.ParseRecord(b)
		if err != nil || hidden.Version != fcgi.Version {
			break
		}
		found, b = append(found, hidden), b[n:]
	}
	return found
}

// counted is a receiver that takes a stream's first records only.
func counted(t fcgi.Type, most int) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(m *recordMemory, r fcgi.Record) []fcgi.Record {
		switch {
		case r.Type == fcgi.TypeBeginRequest:
			m.held = nil
		case r.Type == t && len(r.Content) > 0:
			if m.held = append(m.held, 0); len(m.held) > most {
				return nil
			}
		}
		return as(r)
	}
}

// lengthsPerRecord loses what a record ends with where that is not the whole
// lengths of a pair.
func lengthsPerRecord(m *recordMemory, r fcgi.Record) []fcgi.Record {
	if r.Type != fcgi.TypeParams {
		return as(r)
	}
	if len(r.Content) == 0 {
		m.held = nil
		return as(r)
	}
	b := append(m.held, r.Content...)
	whole := 0
	for {
		_, n, err := fcgi.ParsePair(b[whole:])
		if err != nil {
			break
		}
		whole += n
	}
	m.held = bytes.Clone(b[whole:])
	if lacking := len(m.held); lacking < 2 || lacking < lengthsLen(m.held) {
		m.held = nil
	}
	return inRecords(r.RequestID, b[:whole])
}

// lengthsLen is how many bytes the lengths of the pair at b's start take, as far
// as that can be seen.
func lengthsLen(b []byte) int {
	n := 1
	if b[0] >= 0x80 {
		n = 4
	}
	if len(b) <= n || b[n] < 0x80 {
		return n + 1
	}
	return n + 4
}

// fromInterface is a receiver whose parameters begin with GATEWAY_INTERFACE.
func fromInterface(m *recordMemory, r fcgi.Record) []fcgi.Record {
	return wholly(func(block []byte) []byte {
		pairs, _ := fcgi.ParseValues(block)
		var kept []byte
		for _, p := range pairs {
			if string(p.Name) == "GATEWAY_INTERFACE" {
				kept = nil
			}
			kept = p.Append(kept)
		}
		return kept
	})(m, r)
}

// unanswered is a receiver that never starts a request with such parameters.
func unanswered(such func(block []byte) bool) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return wholly(func(block []byte) []byte {
		if such(block) {
			return nil
		}
		return block
	})
}

// wholly is a receiver that changes all of a request's parameters at once. Where
// nothing is left of them the request never starts.
func wholly(f func(block []byte) []byte) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(m *recordMemory, r fcgi.Record) []fcgi.Record {
		id := r.RequestID
		switch {
		case r.Type != fcgi.TypeParams:
			return as(r)
		case len(r.Content) > 0:
			m.pairs[id] = append(m.pairs[id], r.Content...)
			return nil
		}
		before := m.pairs[id]
		delete(m.pairs, id)
		block := f(before)
		if len(block) == 0 && len(before) > 0 {
			return nil
		}
		return append(inRecords(id, block), r)
	}
}

func paddingTaken(t fcgi.Type) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
		if r.Type == t && len(r.Content) > 0 {
			return as(unpadded(r))
		}
		return as(r)
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

// recordwise is a receiver that takes each PARAMS record for a stream of its own.
func recordwise(_ *recordMemory, r fcgi.Record) []fcgi.Record {
	if r.Type != fcgi.TypeParams || len(r.Content) == 0 {
		return as(r)
	}
	whole := changedPairs(r.Content, func(p fcgi.Pair) []fcgi.Pair { return []fcgi.Pair{p} })
	if len(whole) == 0 {
		return nil
	}
	return as(made(r.Type, r.RequestID, whole))
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
