package reference

import (
	"net"

	"os"
	"sync"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// recordFault is a fault that shows in whole records.
type recordFault struct {
	in, out func(m *recordMemory, r fcgi.Record) []fcgi.Record // nil: as they are
	closed  func(net.Conn) error
}

// recordMemory is what a fault remembers of a connection.
type recordMemory struct {
	nc     net.Conn
	params []byte // of the request before
	held   []byte
	pairs  map[uint16][]byte // PARAMS, by request id
	ids    map[uint16]bool   // active
	last   uint16            // the id that came last
	ended  bool
}

func (f recordFault) wrap(nc net.Conn) net.Conn {
	m := &recordMemory{nc: nc, ids: map[uint16]bool{}, pairs: map[uint16][]byte{}}
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

func eachRecord(m *recordMemory, b []byte, f func(*recordMemory, fcgi.Record) []fcgi.Record) (int, []byte) {
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

// changing is a sender whose records of one type go wrong.
func changing(t fcgi.Type, f func(*fcgi.Record)) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
		if r.Type == t {
			f(&r)
		}
		return as(r)
	}
}

func dropping(drop func(fcgi.Record) bool) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(_ *recordMemory, r fcgi.Record) []fcgi.Record {
		if drop(r) {
			return nil
		}
		return as(r)
	}
}

// pairwise is a receiver that changes a request's pairs.
func pairwise(f func(p fcgi.Pair) []fcgi.Pair) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(m *recordMemory, r fcgi.Record) []fcgi.Record {
		switch {
		case r.Type != fcgi.TypeParams:
			return as(r)
		case len(r.Content) > 0:
			m.pairs[r.RequestID] = append(m.pairs[r.RequestID], r.Content...)
			return nil
		}
		content := changedPairs(m.pairs[r.RequestID], f)
		delete(m.pairs, r.RequestID)
		return append(inRecords(r.RequestID, content), r)
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

// receiver is the fault of a receiver in whole records. It remembers what it
// likes of its connection.
func receiver(f func(nc net.Conn) func(fcgi.Record) []fcgi.Record) func(net.Conn) net.Conn {
	return func(nc net.Conn) net.Conn {
		changed := f(nc)
		return recordFault{in: func(_ *recordMemory, r fcgi.Record) []fcgi.Record { return changed(r) }}.wrap(nc)
	}
}

// crashAtRecord ends the process at a record.
func crashAtRecord(at func(r fcgi.Record) bool) func(net.Conn) net.Conn {
	return receiver(func(net.Conn) func(fcgi.Record) []fcgi.Record {
		return func(r fcgi.Record) []fcgi.Record {
			if at(r) {
				os.Exit(crashStatus)
			}
			return as(r)
		}
	})
}

// remembering is a fault whose two directions know of each other. What it
// remembers are the variables of f, one set for each connection; one lock guards
// them, since a server may read and write at once.
func remembering(f func(nc net.Conn) recordFault) func(net.Conn) net.Conn {
	return func(nc net.Conn) net.Conn {
		var mu sync.Mutex
		guarded := func(g func(*recordMemory, fcgi.Record) []fcgi.Record) func(*recordMemory, fcgi.Record) []fcgi.Record {
			if g == nil {
				return nil
			}
			return func(m *recordMemory, r fcgi.Record) []fcgi.Record {
				mu.Lock()
				defer mu.Unlock()
				return g(m, r)
			}
		}
		fault := f(nc)
		fault.in, fault.out = guarded(fault.in), guarded(fault.out)
		return fault.wrap(nc)
	}
}

// Faults in records (3.3) and in pairs (3.4).
// closingAtRecord is a receiver that ends the connection at certain records.
func closingAtRecord(at func(*recordMemory, fcgi.Record) bool) func(*recordMemory, fcgi.Record) []fcgi.Record {
	return func(m *recordMemory, r fcgi.Record) []fcgi.Record {
		if at(m, r) {
			m.nc.Close()
		}
		return as(r)
	}
}

// inRecords is a block in as few records of PARAMS as hold it.
func inRecords(id uint16, block []byte) []fcgi.Record {
	var records []fcgi.Record
	for len(block) > 0 {
		n := min(len(block), fcgi.MaxContentLength)
		records, block = append(records, made(fcgi.TypeParams, id, block[:n])), block[n:]
	}
	return records
}
