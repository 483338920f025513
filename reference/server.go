package reference

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// Method is how a server serves several connections at once.
type Method string

const (
	Threaded Method = "threaded" // a goroutine each
	Prefork  Method = "prefork"  // a process each
)

// Defaults of a Server's limits.
const (
	DefaultMaxThreads   = 1024             // goroutines are cheap, descriptors are not: 1024 is a usual limit
	DefaultMaxParams    = 1 << 20          // bytes of a request's parameters: sixteen of nginx's largest
	DefaultReadTimeout  = 60 * time.Second // nginx's fastcgi_send_timeout
	DefaultWriteTimeout = 60 * time.Second
	DefaultIdleTimeout  = 10 * time.Minute // the web server controls a kept connection's life (FastCGI 3.5)
)

// Server answers requests of one protocol. The zero value of every field but
// Protocol and Handler works.
type Server struct {
	Protocol client.Protocol
	Handler  Handler

	// MaxThreads is the most connections served at once; a further one waits in
	// the listener's queue. 0 is DefaultMaxThreads.
	MaxThreads int
	// MaxParams bounds the bytes of a request's parameters; 0 is DefaultMaxParams.
	MaxParams int
	// ReadTimeout ends a connection that stalls within a request, WriteTimeout
	// one that takes no answer, IdleTimeout one that asks for nothing. 0 is the
	// default, negative none.
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	// WebServerAddrs are the only peers served, where it is not nil: the list of
	// FCGI_WEB_SERVER_ADDRS (FastCGI 3.2).
	WebServerAddrs []netip.Addr
	// Secret is what AJP requests must carry, where it is not empty.
	Secret string
	// PacketSize is AJP's, in bytes with the header; 0 is 8192.
	PacketSize int
	// Fault is a bug to be served with; nil is none.
	Fault *Fault
	// Debug has a broken handler's answer say what broke, and where.
	Debug bool
	// ErrorLog takes what has no other place; nil is the log package's.
	ErrorLog *log.Logger

	// Of a prefork worker.
	single  bool        // one request at a time on a connection
	busy    func(bool)  // is told when a connection begins and ends
	leaving atomic.Bool // it accepts no further one: the others do
	hidden  atomic.Bool // nobody connects any more: the parent has seen to it

	mu       sync.Mutex
	listener net.Listener
	done     chan struct{} // Serve has returned
	halted   chan struct{} // the server stops
	halting  sync.Once
	conns    map[*watched]struct{}
	stopping atomic.Bool
	clock    clock
	running  sync.WaitGroup
}

// ErrStopped is what Serve returns after Shutdown.
var ErrStopped = errors.New("reference: the server was stopped")

// Serve accepts connections until Shutdown, which is the one way to end it
// without an error. It closes l.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	s.clock.start()
	defer s.clock.stop()
	stopWatch := s.watch()
	defer stopWatch()
	s.mu.Lock()
	s.listener, s.done, s.halted = l, make(chan struct{}), make(chan struct{})
	s.mu.Unlock()
	defer close(s.done)
	if s.leaving.Load() {
		s.wake()
	}
	if s.stopping.Load() {
		s.halt()
	}
	return s.accept(l)
}

// accept hands connections out, each to a goroutine, of which there are
// MaxThreads at most.
func (s *Server) accept(l net.Listener) error {
	slots := make(chan struct{}, s.maxThreads())
	var d drain
	for {
		if !s.awaitSlot(l, slots) || d.begun && !d.goesOn(l) {
			return s.finish(l)
		}
		nc, err := l.Accept()
		switch {
		case err == nil:
			s.running.Add(1)
			s.start(nc, slots)
			continue
		case isTemporary(err):
			time.Sleep(acceptPause)
		case s.stopping.Load() && !d.begun && !errors.Is(err, net.ErrClosed):
			d.begin(s.hides(l))
		case d.begun && errors.Is(err, os.ErrDeadlineExceeded) && queued(l):
			// On a busy machine its time was over before it looked.
		case s.stopping.Load() || s.leaving.Load():
			return s.finish(l)
		default:
			return err
		}
		<-slots
	}
}

func (s *Server) start(nc net.Conn, slots chan struct{}) {
	if s.busy != nil {
		s.busy(true)
	}
	go func() {
		s.serveConn(nc)
		if s.busy != nil {
			s.busy(false)
		}
		s.running.Done()
		<-slots
	}()
}

// acceptPause lets descriptors come free where there are none left.
const acceptPause = 5 * time.Millisecond

// temporary are accept(2)'s errors that say nothing against the listener: the
// system is short of something, or what had connected is gone. Linux passes the
// latter's own network error on.
var temporary = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	syscall.ECONNABORTED, syscall.EPERM, // a firewall's refusal
	syscall.ENETDOWN, syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EHOSTDOWN,
	syscall.ENONET, syscall.EHOSTUNREACH, syscall.EOPNOTSUPP, syscall.ENETUNREACH,
}

func isTemporary(err error) bool {
	return slices.ContainsFunc(temporary, func(t error) bool { return errors.Is(err, t) })
}

// setDeadline bounds the next Accept.
func setDeadline(l net.Listener, at time.Time) {
	if d, ok := l.(interface{ SetDeadline(time.Time) error }); ok {
		d.SetDeadline(at)
	}
}

// finish gives the address free, for a successor, and waits for what is served.
func (s *Server) finish(l net.Listener) error {
	l.Close()
	s.running.Wait()
	return ErrStopped
}

// serveConn serves one connection to its end.
func (s *Server) serveConn(nc net.Conn) {
	if !s.admits(nc.RemoteAddr()) {
		nc.Close()
		return
	}
	w := &watched{Conn: s.Fault.wrapped(nc), s: s}
	s.mu.Lock()
	if s.conns == nil {
		s.conns = map[*watched]struct{}{}
	}
	s.conns[w] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, w)
		s.mu.Unlock()
	}()
	switch s.Protocol {
	case client.SCGI:
		serveSCGI(s, w)
	case client.AJP:
		serveAJP(s, w)
	default:
		serveFastCGI(s, w)
	}
}

// admits holds a peer against WebServerAddrs; one that does not come over TCP is
// not in any list (FastCGI 3.2).
func (s *Server) admits(peer net.Addr) bool {
	if s.WebServerAddrs == nil {
		return true
	}
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return false
	}
	for _, a := range s.WebServerAddrs {
		if a == tcp.AddrPort().Addr().Unmap() {
			return true
		}
	}
	return false
}

// respond runs the handler and completes its answer.
func (s *Server) respond(r *Request, f framer) {
	if served := &r.conn.connection().served; !served.Load() {
		served.Store(true)
	}
	w := &r.w
	w.reset(r, f)
	defer func() {
		if v := recover(); v != nil {
			s.logf("panic in the handler: %v", v)
			w.fail()
			if s.Debug {
				w.explain(v)
			}
		}
		w.finish()
	}()
	s.Handler.Respond(w, r)
}

// Shutdown stops the server: connections that were made before it are accepted
// and served still, idle ones are ended, and the others' requests waited for
// until ctx is done; then they are ended, too, and not waited for.
func (s *Server) Shutdown(ctx context.Context) error {
	s.halt()
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return nil // it never served, and will not
	}
	for {
		s.eachConn(func(w *watched) { w.endIfIdle() })
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			s.end()
			return ctx.Err()
		case <-time.After(shutdownPoll):
		}
	}
}

// halt tells accept that the server stops.
func (s *Server) halt() {
	s.stopping.Store(true)
	s.mu.Lock()
	if s.halted != nil {
		s.halting.Do(func() { close(s.halted) })
	}
	s.mu.Unlock()
	s.wake()
}

// wake ends the Accept that waits.
func (s *Server) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		setDeadline(s.listener, time.Unix(1, 0))
	}
}

// end breaks everything off.
func (s *Server) end() {
	s.mu.Lock()
	s.listener.Close()
	s.mu.Unlock()
	s.eachConn(func(w *watched) { w.Conn.Close() })
}

// shutdownPoll is how often a stopping server looks for connections that have
// become idle.
const shutdownPoll = 10 * time.Millisecond

func (s *Server) eachConn(f func(*watched)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.conns {
		f(w)
	}
}

func (s *Server) logf(format string, args ...any) {
	if s.ErrorLog != nil {
		s.ErrorLog.Printf(format, args...)
		return
	}
	log.Printf("reference: "+format, args...)
}

func (s *Server) maxThreads() int {
	if s.MaxThreads > 0 {
		return s.MaxThreads
	}
	return DefaultMaxThreads
}

func (s *Server) maxParams() int {
	if s.MaxParams > 0 {
		return s.MaxParams
	}
	return DefaultMaxParams
}

func (s *Server) multiplexes() bool { return !s.single }

// maxRequests is how many requests a connection carries at once.
func (s *Server) maxRequests() int {
	if s.single {
		return 1
	}
	return s.maxThreads()
}

// value is the answer to FastCGI's GET_VALUES (4.1); "" for an unknown name.
func (s *Server) value(name string) string {
	switch name {
	case fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS:
		if s.single {
			return "1"
		}
		return strconv.Itoa(s.maxThreads())
	case fcgi.FCGI_MPXS_CONNS:
		if s.single {
			return "0"
		}
		return "1"
	}
	return ""
}

// stderrLog is where the error stream goes that a protocol has none for.
func (s *Server) stderrLog(p []byte) {
	s.logf("%s", p)
}

var _ io.Writer = (*stderr)(nil)
