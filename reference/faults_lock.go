package reference

import "net"

// locking is a server in which one connection at a time reads a header, or
// writes.
type locking struct {
	through
	server       *wholeServer
	header       int // of so many bytes, which one at a time reads; 0: all do
	write        bool
	got          int
	holdsReading bool
}

func (l *locking) Read(p []byte) (int, error) {
	if l.header > 0 && l.got == 0 {
		p = p[:1] // the lock is taken with the first byte
	}
	n, err := l.Conn.Read(p)
	if l.header > 0 && l.got == 0 && n > 0 {
		l.server.locks.read.Lock()
		l.holdsReading = true
	}
	l.got += n
	if l.holdsReading && (l.got >= l.header || err != nil) {
		l.holdsReading = false
		l.server.locks.read.Unlock()
	}
	return n, err
}

func (l *locking) Write(p []byte) (int, error) {
	if l.write {
		l.server.locks.write.Lock()
		defer l.server.locks.write.Unlock()
	}
	return l.Conn.Write(p)
}

func lockFault(name, what, seen string, header int, write bool) Fault {
	servers := new(wholeServers)
	return Fault{name, what, seen, func(nc net.Conn) net.Conn {
		return &locking{through: through{nc}, server: servers.of(nc), header: header, write: write}
	}}
}
