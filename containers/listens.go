package containers

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// listens tells whether one of the processes has the listening TCP socket of the
// address' port, by /proc (proc(5)).
func listens(pids []int, address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(listening(pids), func(a netip.AddrPort) bool { return strconv.Itoa(int(a.Port())) == port })
}

// exposed are the addresses of the processes that others than this machine's
// programs can connect to: a peer has none.
func exposed(pids []int) []netip.AddrPort {
	return slices.DeleteFunc(listening(pids), func(a netip.AddrPort) bool { return a.Addr().IsLoopback() })
}

// listening are the addresses on which the processes take TCP connections.
func listening(pids []int) []netip.AddrPort {
	sockets := listeners()
	found := map[netip.AddrPort]bool{}
	for _, pid := range pids {
		descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is well-formed
		for _, d := range descriptors {
			to, err := os.Readlink(d)
			if err != nil {
				continue // closed since
			}
			if a, ok := sockets[to]; ok {
				found[a] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), netip.AddrPort.Compare)
}

// listeners are this machine's listening TCP sockets, by the names that
// descriptors link to. Java's are in the table of IPv6.
func listeners() map[string]netip.AddrPort {
	const listen = "0A" // TCP_LISTEN
	found := map[string]netip.AddrPort{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // a kernel without IPv6
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) <= 9 || fields[3] != listen {
				continue
			}
			if a, ok := procAddress(fields[1]); ok {
				found["socket:["+fields[9]+"]"] = a
			}
		}
	}
	return found
}

// procAddress reads 0100007F:1F90, which is 127.0.0.1:8080: words of four bytes,
// each as this machine has a number in memory.
func procAddress(text string) (_ netip.AddrPort, ok bool) {
	address, portText, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	port, portErr := strconv.ParseUint(portText, 16, 16)
	if err != nil || portErr != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	a, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(a.Unmap(), uint16(port)), ok
}
