package containers

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listens tells whether one of the processes has the listening TCP socket of the
// address' port, by /proc (proc(5)).
func listens(pids []int, address string) bool {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return false
	}
	inodes := listeners(port)
	for _, pid := range pids {
		descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is well-formed
		for _, d := range descriptors {
			if to, err := os.Readlink(d); err == nil && inodes[to] {
				return true
			}
		}
	}
	return false
}

// listeners gives the listening sockets of the port, by the names that
// descriptors link to. Java's sockets are in the table of IPv6.
func listeners(port int) map[string]bool {
	const listen = "0A" // TCP_LISTEN
	found := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // a kernel without IPv6
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == listen && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
				found["socket:["+fields[9]+"]"] = true
			}
		}
	}
	return found
}
