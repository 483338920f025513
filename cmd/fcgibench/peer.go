package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// root is the root of the server's processes; 0 where it is not known.
func (s *subject) root(l listener) int {
	if s.server != nil {
		return s.server.PID()
	}
	for _, pid := range []int{s.peer(), holderOf(l.inode)} {
		if pid > 0 && !descendsFrom(os.Getpid(), pid) { // it may be systemd, of which this is a part, too
			return pid
		}
	}
	return 0
}

// peer is the process that listened on a unix socket; 0 for another one.
func (s *subject) peer() int {
	if s.target.Network != "unix" {
		return 0
	}
	c, err := net.DialTimeout("unix", s.target.Address, time.Second)
	if err != nil {
		return 0
	}
	defer c.Close()
	return listenerOf(c.(*net.UnixConn))
}

// listenerOf is the process that listened on the other end, as the kernel keeps
// it: a prefork server's first one.
func listenerOf(c *net.UnixConn) (pid int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid
}

// descendsFrom says that a process is another's, or that one's child, and so on.
func descendsFrom(pid, root int) bool {
	for pid > 1 {
		if pid == root {
			return true
		}
		pid = parentOf(pid)
	}
	return root == 1
}

// parentOf reads the fourth field of proc(5)'s stat; the second, a name, may
// have anything in it.
func parentOf(pid int) int {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// holderOf is the process that has a socket open, of several the first one, of
// which the others are children. It is 0 where there is none, where it is another
// user's, and where several have nothing to do with each other.
func holderOf(inode uint32) int {
	if inode == 0 {
		return 0
	}
	link := fmt.Sprintf("socket:[%d]", inode)
	holders := map[int]bool{}
	names, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is well-formed
	for _, name := range names {
		if to, err := os.Readlink(name); err == nil && to == link {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			holders[pid] = true
		}
	}
	root := 0
	for pid := range holders {
		switch {
		case holders[parentOf(pid)]:
		case root != 0:
			return 0
		default:
			root = pid
		}
	}
	return root
}
