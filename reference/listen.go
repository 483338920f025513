package reference

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

// Listen opens the socket of an address: a path for the network "unix", else
// host:port for "tcp". A stale socket, which nobody accepts on, is replaced; a
// live one, or a file that is no socket, is an error. The socket's mode is 0777
// less the process's umask.
func Listen(network, address string) (net.Listener, error) {
	if network != "unix" {
		return net.Listen(network, address)
	}
	if err := removeStale(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", address)
	if err != nil {
		return nil, err
	}
	return ownSocket(l.(*net.UnixListener), address), nil
}

// liveCheck is how long a socket's owner has to accept: one that is full, but
// alive, does not refuse.
const liveCheck = time.Second

func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || strings.HasPrefix(path, "@") {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is no socket: name another path, or remove it", path)
	}
	c, err := net.DialTimeout("unix", path, liveCheck)
	if err == nil {
		c.Close()
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return os.Remove(path)
	}
	return fmt.Errorf("%s is in use: another server accepts on it", path)
}

// socketListener removes its socket when it is closed, if the path still leads
// to it: another server may have come there since.
type socketListener struct {
	*net.UnixListener
	path string
	own  os.FileInfo
}

func ownSocket(l *net.UnixListener, path string) net.Listener {
	l.SetUnlinkOnClose(false)
	own, err := os.Lstat(path)
	if err != nil { // an abstract socket has no path
		return l
	}
	return &socketListener{l, path, own}
}

// unlink takes the path away, so that nobody connects any more while those who
// have are served.
func (l *socketListener) unlink() {
	if l.own == nil {
		return
	}
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.own) {
		os.Remove(l.path)
	}
	l.own = nil
}

func (l *socketListener) Close() error {
	l.unlink()
	return l.UnixListener.Close()
}

// Inherited is the listening socket that a web server or process manager left
// on fd 0 (FastCGI 2.2).
func Inherited() (net.Listener, error) {
	if _, err := syscall.Getpeername(0); err != syscall.ENOTCONN {
		return nil, errors.New("fd 0 is no listening socket")
	}
	f := os.NewFile(0, "FCGI_LISTENSOCK_FILENO")
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("fd 0 is no listening socket: %w", err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // whoever made it removes it
	}
	return l, nil
}

// WebServerAddrs is the environment variable that names the peers to be served
// (FastCGI 3.2).
const WebServerAddrs = "FCGI_WEB_SERVER_ADDRS"

// ParseWebServerAddrs reads its value: addresses of IPv4, separated by commas.
func ParseWebServerAddrs(value string) ([]netip.Addr, error) {
	addrs := []netip.Addr{}
	for part := range strings.SplitSeq(value, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(part))
		if err != nil || !a.Is4() {
			return nil, fmt.Errorf("%s: %q is no address: expected some such as 127.0.0.1,192.0.2.7", WebServerAddrs, part)
		}
		addrs = append(addrs, a)
	}
	return addrs, nil
}
