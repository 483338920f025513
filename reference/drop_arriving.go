package reference

import "golang.org/x/sys/unix"

// dropArriving puts a filter in front of a socket that accepts no byte of any
// packet (socket(7), SO_ATTACH_FILTER).
func dropArriving(fd int) error {
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
}
