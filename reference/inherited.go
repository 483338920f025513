package reference

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// listenSock is FCGI_LISTENSOCK_FILENO (FastCGI 2.2).
const listenSock = 0

// CheckInherited says why there is no listening socket on fd 0; nil if there is
// one.
func CheckInherited() error {
	accepts, err := syscall.GetsockoptInt(listenSock, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	switch {
	case errors.Is(err, syscall.ENOTSOCK):
		return errors.New("fd 0 is no socket")
	case err != nil:
		return fmt.Errorf("fd 0: %w", err)
	case accepts == 0:
		return errors.New("fd 0 is a socket that does not listen")
	}
	return nil
}

// Inherited is the listening socket that a web server or process manager left
// on fd 0 (FastCGI 2.2). What is on fd 0 afterwards is /dev/null.
func Inherited() (net.Listener, error) {
	if err := CheckInherited(); err != nil {
		return nil, err
	}
	f, err := duplicate(listenSock)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("fd 0 is no listening socket of FastCGI's: %w", err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // whoever made it removes it
	}
	if err := nullOn(listenSock); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func duplicate(fd int) (*os.File, error) {
	copied, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return nil, fmt.Errorf("fd %d can't be duplicated: %w", fd, errno)
	}
	return os.NewFile(copied, "listener"), nil
}

// nullOn puts /dev/null in a descriptor's place, so that no other file gets its
// number.
func nullOn(fd int) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	return syscall.Dup3(int(null.Fd()), fd, 0)
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
