package reference

import (
	"net"
	"sync"
)

// wholeServer is what a fault remembers of a server: all of its connections,
// which have its address.
type wholeServer struct {
	mu    sync.Mutex
	count int // of what is never given back
	locks struct{ read, write sync.Mutex }
}

type wholeServers struct{ byAddress sync.Map }

func (s *wholeServers) of(nc net.Conn) *wholeServer {
	w, _ := s.byAddress.LoadOrStore(nc.LocalAddr().String(), new(wholeServer))
	return w.(*wholeServer)
}

// lose counts one that is not given back.
func (w *wholeServer) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
}

// exhausted is a server that has lost so many that none is left.
func (w *wholeServer) exhausted(slots int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count >= slots
}

// leaking is a server that has so many slots, and loses some: what a connection
// loses, it says. Without one nobody is served.
type leaking struct {
	through
	server *wholeServer
	slots  int
	got    []byte
	read   func(l *leaking, got []byte) // is told what came, and of the end by nothing
	write  func(l *leaking, err error)
}

func (l *leaking) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	for err == nil && l.server.exhausted(l.slots) {
		n, err = l.Conn.Read(p)
	}
	if l.read != nil {
		l.read(l, p[:n])
	}
	return n, err
}

func (l *leaking) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	if l.write != nil {
		l.write(l, err)
	}
	return n, err
}

func leakFault(name, what, seen string, slots int, as leaking) Fault {
	servers := new(wholeServers)
	return Fault{name, what, seen, func(nc net.Conn) net.Conn {
		l := as
		l.through, l.server, l.slots = through{nc}, servers.of(nc), slots
		return &l
	}}
}

// headerAlone counts connections that end after a header of that size whose
// content did not come.
func headerAlone(size int) func(l *leaking, got []byte) {
	return func(l *leaking, got []byte) {
		if len(got) == 0 && len(l.got) == size {
			l.server.lose()
		}
		l.got = append(l.got, got...)
	}
}
