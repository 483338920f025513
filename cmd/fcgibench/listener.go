package main

import (
	"encoding/binary"
	"net"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/fcgikit/fcgikit/client"
)

// listener is the socket that a server on this machine accepts on, as the kernel
// tells of it by sock_diag(7).
type listener struct {
	backlog int    // how many connections wait at most: what it asked of listen(2)
	inode   uint32 // 0 is that there is no such socket here
}

// listenerAt is a target's; the zero value where it is not known.
func listenerAt(target client.Target) listener {
	if target.Network == "unix" {
		return listenerAtPath(target.Address)
	}
	host, text, err := net.SplitHostPort(target.Address)
	port, bad := strconv.Atoi(text)
	if ip := net.ParseIP(host); err != nil || bad != nil || host != "localhost" && !ip.IsLoopback() {
		return listener{}
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		if l := listenerAtPort(family, port); l.inode != 0 {
			return l
		}
	}
	return listener{}
}

// Of linux/unix_diag.h and linux/inet_diag.h, where x/sys has no names for them.
const (
	tcpListen      = 10 // the state, of unix sockets too
	showNameAndLen = 1<<0 | 1<<4
	attributeName  = 0
	attributeLen   = 4
	unixRequest    = 24
	unixMessage    = 16
	inetRequest    = 56
	inetMessage    = 72
	inetPort       = 4  // in an inet message
	inetQueue      = 60 // in an inet message: of a listener, its backlog
	inetInode      = 68 // in an inet message
	unixInode      = 4  // in a unix message
)

var order = binary.NativeEndian

func listenerAtPath(path string) (found listener) {
	request := make([]byte, unixRequest)
	request[0] = unix.AF_UNIX
	order.PutUint32(request[4:], 1<<tcpListen)
	order.PutUint32(request[12:], showNameAndLen)
	each(request, func(message []byte) {
		if len(message) < unixMessage {
			return
		}
		name, length := "", 0
		for at := message[unixMessage:]; len(at) >= unix.SizeofRtAttr; {
			n := int(order.Uint16(at))
			if n < unix.SizeofRtAttr || n > len(at) {
				return
			}
			value := at[unix.SizeofRtAttr:n]
			switch order.Uint16(at[2:]) {
			case attributeName:
				name = strings.TrimRight(string(value), "\x00")
			case attributeLen:
				length = int(order.Uint32(value[4:]))
			}
			at = at[min((n+3)&^3, len(at)):]
		}
		// An abstract name begins with a NUL; ours with an @.
		if strings.Replace(name, "\x00", "@", 1) == path {
			found = listener{length, order.Uint32(message[unixInode:])}
		}
	})
	return found
}

func listenerAtPort(family uint8, port int) (found listener) {
	request := make([]byte, inetRequest)
	request[0], request[1] = family, unix.IPPROTO_TCP
	order.PutUint32(request[4:], 1<<tcpListen)
	each(request, func(message []byte) {
		if len(message) >= inetMessage && int(binary.BigEndian.Uint16(message[inetPort:])) == port {
			found = listener{int(order.Uint32(message[inetQueue:])), order.Uint32(message[inetInode:])}
		}
	})
	return found
}

// each calls for each message of the kernel's answer.
func each(request []byte, tell func([]byte)) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	b := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+len(request))
	order.PutUint32(b, uint32(cap(b)))
	order.PutUint16(b[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if unix.Sendto(fd, append(b, request...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return
	}
	answer := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(fd, answer, 0)
		if err != nil || n == 0 {
			return
		}
		messages, err := syscall.ParseNetlinkMessage(answer[:n])
		if err != nil {
			return
		}
		for _, m := range messages {
			if m.Header.Type == unix.NLMSG_DONE || m.Header.Type == unix.NLMSG_ERROR {
				return
			}
			tell(m.Data)
		}
	}
}
