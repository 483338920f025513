package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fcgikit/fcgikit/client"
)

func TestDescent(t *testing.T) {
	self, parent := os.Getpid(), os.Getppid()
	for _, c := range []struct {
		pid, root int
		want      bool
	}{{self, self, true}, {self, parent, true}, {self, 1, true}, {parent, self, false}} {
		if got := descendsFrom(c.pid, c.root); got != c.want {
			t.Errorf("%d from %d: %v", c.pid, c.root, got)
		}
	}
}

// TestTheListenersProcess is this one, of which a generator is a part: its CPU
// is not the server's.
func TestTheListenersProcess(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := listenerOf(c.(*net.UnixConn)); got != os.Getpid() {
		t.Errorf("process %d, want %d", got, os.Getpid())
	}
	s := &subject{target: client.Target{Network: "unix", Address: l.Addr().String()}}
	if got := s.root(listenerAt(s.target)); got != 0 {
		t.Errorf("the server's processes are those of %d, and the generator's", got)
	}
}

// listen is a listener with a backlog.
func listen(t *testing.T, address unix.Sockaddr, backlog int) (fd int) {
	t.Helper()
	family := unix.AF_INET
	if _, ok := address.(*unix.SockaddrUnix); ok {
		family = unix.AF_UNIX
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, address); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestListener(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listen(t, &unix.SockaddrUnix{Name: path}, 7)
	abstract := "@" + path
	listen(t, &unix.SockaddrUnix{Name: abstract}, 9)
	fd := listen(t, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, 11)
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := bound.(*unix.SockaddrInet4).Port
	for target, want := range map[client.Target]int{
		{Network: "unix", Address: path}:                                   7,
		{Network: "unix", Address: abstract}:                               9,
		{Network: "tcp", Address: fmt.Sprintf("127.0.0.1:%d", port)}:       11,
		{Network: "tcp", Address: fmt.Sprintf("localhost:%d", port)}:       11,
		{Network: "tcp", Address: fmt.Sprintf("192.0.2.1:%d", port)}:       0,
		{Network: "unix", Address: filepath.Join(filepath.Dir(path), "n")}: 0,
	} {
		if got := listenerAt(target); got.backlog != want || (got.inode != 0) != (want > 0) {
			t.Errorf("%v: %+v, want a backlog of %d", target, got, want)
		} else if holder := holderOf(got.inode); want > 0 && holder != os.Getpid() || want == 0 && holder != 0 {
			t.Errorf("%v: process %d has it, want %d", target, holder, os.Getpid())
		}
	}
}
