package reference

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Listen opens the socket of an address: a path for the network "unix", else
// host:port for "tcp". A stale socket, which nobody accepts on, is replaced; a
// live one, or a file that is no socket, is an error. The socket's mode is 0777
// less the process's umask.
func Listen(network, address string) (net.Listener, error) {
	if network != "unix" {
		return listenTCP(network, address)
	}
	if strings.HasPrefix(address, "@") {
		return net.Listen("unix", address)
	}
	unlock := lockFolder(filepath.Dir(address))
	defer unlock()
	if err := removeStale(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", address)
	if err != nil {
		return nil, err
	}
	return ownSocket(l.(*net.UnixListener), address)
}

// listenTCP has no Multipath TCP, Go's default, whose sockets take no filter: see
// hide.
func listenTCP(network, address string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	l, err := c.Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return &tcpListener{l.(*net.TCPListener)}, nil
}

// lockWait is how long another start may hold a folder: it takes a millisecond.
const lockWait = liveCheck + time.Second

// lockFolder keeps two starts on one path apart, of which each would find the
// same socket stale and remove what the other one made. A folder that can't be
// locked is no obstacle.
func lockFolder(dir string) (unlock func()) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for deadline := time.Now().Add(lockWait); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
			break
		}
	}
	return func() { f.Close() }
}

// ErrInUse is a unix socket that has a server.
var ErrInUse = errors.New("another server accepts on it")

// liveCheck is how long a socket's owner has to accept: one that is full, but
// alive, does not refuse.
const liveCheck = time.Second

func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is no socket: name another path, or remove it", path)
	}
	c, err := net.DialTimeout("unix", path, liveCheck)
	switch {
	case err == nil:
		c.Close()
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s is a socket that we may not connect to, to see whether it has a server: name another path, or remove it", path)
	}
	return fmt.Errorf("%s is in use: %w", path, ErrInUse)
}

// socketListener removes its socket when it is closed, if the path still leads
// to it: another server may have come there since.
type socketListener struct {
	*net.UnixListener
	path   string
	own    os.FileInfo
	hiding sync.Once
}

func ownSocket(l *net.UnixListener, path string) (net.Listener, error) {
	l.SetUnlinkOnClose(false)
	own, err := os.Lstat(path)
	if err != nil {
		l.Close()
		return nil, err
	}
	return &socketListener{UnixListener: l, path: path, own: own}, nil
}

// hide takes the path away.
func (l *socketListener) hide() bool {
	l.hiding.Do(func() {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.own) {
			os.Remove(l.path)
		}
	})
	return true
}

func (l *socketListener) Close() error {
	l.hide()
	return l.UnixListener.Close()
}

// tcpListener can be closed to newcomers before it is closed.
type tcpListener struct{ *net.TCPListener }

// hide has the kernel drop what arrives at the socket. A client that connects
// tries again, until it finds a successor or is refused; one whose connection
// waits in the queue is not concerned.
func (l *tcpListener) hide() bool {
	raw, err := l.SyscallConn()
	if err != nil {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = dropArriving(int(fd)) })
	return err == nil && failed == nil
}
