package reference

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// failing is a listener whose first Accepts end with errors of the system's.
type failing struct {
	*net.UnixListener
	mu   sync.Mutex
	with []syscall.Errno
}

func (l *failing) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.with) > 0 {
		errno := l.with[0]
		l.with = l.with[1:]
		return nil, &net.OpError{Op: "accept", Net: "unix", Err: os.NewSyscallError("accept4", errno)}
	}
	return l.UnixListener.Accept()
}

func failingWith(t *testing.T, with ...syscall.Errno) (l *failing, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	u, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	return &failing{UnixListener: u, with: with}, path
}

// passing are those of accept(2) that the next Accept may not meet.
var passing = []syscall.Errno{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EPERM,
	syscall.ENETDOWN, syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EHOSTDOWN, syscall.ENONET,
	syscall.EHOSTUNREACH, syscall.EOPNOTSUPP, syscall.ENETUNREACH,
}

func TestAPassingErrorOfAcceptDoesNotEndTheServer(t *testing.T) {
	l, path := failingWith(t, passing...)
	s := &Server{Protocol: client.FastCGI, Handler: HandlerFunc(echo)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	mustAnswer(t, client.FastCGI, c)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != ErrStopped {
		t.Error(err)
	}
}

func TestAListenerThatIsNoneEndsTheServer(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EINVAL, syscall.ENOTSOCK, syscall.EBADF} {
		l, _ := failingWith(t, errno)
		s := &Server{Protocol: client.FastCGI, Handler: HandlerFunc(echo)}
		if err := s.Serve(l); err == nil || err == ErrStopped {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

// TestAPassingErrorOfAcceptLosesNoConnectionOfAStop that waits in the queue.
func TestAPassingErrorOfAcceptLosesNoConnectionOfAStop(t *testing.T) {
	l, path := failingWith(t)
	s := &Server{Protocol: client.FastCGI, Handler: HandlerFunc(echo)}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	c.Write(wholeRequest(client.FastCGI))
	l.with = []syscall.Errno{syscall.ETIMEDOUT, syscall.EMFILE, syscall.ECONNABORTED} // the first is the stop's
	s.stopping.Store(true)
	if err := s.Serve(l); err != ErrStopped {
		t.Error(err)
	}
	if n, err := c.Read(make([]byte, 4096)); n == 0 {
		t.Errorf("no answer: %v", err)
	}
}
