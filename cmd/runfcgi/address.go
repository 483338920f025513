package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/fcgikit/fcgikit/reference"
)

// loopback is where a port without a host listens: a server for one web server
// beside it must not be everybody's.
const loopback = "127.0.0.1"

// listen opens the address, or takes the socket on fd 0.
func (o *options) listen() (l net.Listener, err error) {
	if o.inherits() {
		return reference.Inherited()
	}
	network, address := o.address()
	succeed(func() error {
		l, err = reference.Listen(network, address)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s can't be served: %w", o.named(), cause(err))
	}
	return l, nil
}

func (o *options) address() (network, address string) {
	if o.socket != "" {
		return "unix", o.socket
	}
	host := o.host
	if host == "" {
		host = loopback
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	network = "tcp"
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
		network = "tcp4" // else 0.0.0.0 would be all of IPv6, too
	}
	return network, net.JoinHostPort(host, o.port)
}

// named is the address as the user gave it.
func (o *options) named() string {
	if o.socket != "" {
		return "socket=" + o.socket
	}
	_, address := o.address()
	return address
}

// cause is the error less what named tells already.
func cause(err error) error {
	var system *os.SyscallError
	var path *os.PathError
	var dns *net.DNSError
	switch {
	case errors.As(err, &system):
		return system.Err
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &dns):
		return errors.New("the host is not known: " + dns.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// where is the address that is served, port and all.
func where(l net.Listener) string {
	if a := l.Addr(); a.Network() != "unix" {
		return a.String()
	} else if a.String() != "" {
		return "unix:" + a.String()
	}
	return "fd 0"
}

// refusesAll tells that FCGI_WEB_SERVER_ADDRS leaves nobody to be served:
// FastCGI has a connection that does not come over TCP fail the check (3.2).
func (o *options) refusesAll(l net.Listener) bool {
	return o.webServerAddrs() != "" && l.Addr().Network() == "unix"
}
