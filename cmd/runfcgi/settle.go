package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// settle holds the options against each other, and fills in the defaults that
// depend on others.
func (o *options) settle() error {
	if !o.daemonizeGiven {
		o.daemonize = !o.inherits()
	}
	if err := o.settlePaths(); err != nil {
		return err
	}
	for _, check := range []func() error{o.checkAddress, o.checkFiles, o.checkNumbers, o.checkProtocol} {
		if err := check(); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	return nil
}

// inherits says that the listening socket is on fd 0.
func (o *options) inherits() bool { return o.socket == "" && o.port == "" && o.host == "" }

// settlePaths has relative paths start where the command was given, if it goes
// to the background and no other place is named.
func (o *options) settlePaths() error {
	if !o.daemonize || o.workdir != "" {
		return nil
	}
	for _, p := range []*string{&o.socket, &o.pidfile, &o.outlog, &o.errlog, &o.root} {
		if *p == "" || strings.HasPrefix(*p, "@") {
			continue
		}
		absolute, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = absolute
	}
	return nil
}

// maxSocketPath is what Linux's sockaddr_un holds less the final NUL.
const maxSocketPath = 107

func (o *options) checkAddress() error {
	switch {
	case o.socket != "" && (o.host != "" || o.port != ""):
		return fmt.Errorf("socket=%s with host or port: expected one address, such as socket=/tmp/app.sock", o.socket)
	case o.host != "" && o.port == "":
		return fmt.Errorf("host=%s without port: expected both, such as host=127.0.0.1 port=9000", o.host)
	case len(o.socket) > maxSocketPath:
		return fmt.Errorf("socket=%s has %d bytes: expected %d at most, such as socket=/tmp/app.sock", o.socket, len(o.socket), maxSocketPath)
	}
	if o.inherits() && reference.CheckInherited() != nil {
		return fmt.Errorf("no address: expected socket=/tmp/app.sock, or host=127.0.0.1 port=9000, or a listening socket on fd 0 (%w)", reference.CheckInherited())
	}
	return nil
}

// checkFiles keeps the files apart, but for the two logs, which may share one.
func (o *options) checkFiles() error {
	paths := map[string]string{"socket": o.socket, "pidfile": o.pidfile, "outlog": o.outlog, "errlog": o.errlog}
	for _, two := range [][2]string{{"pidfile", "socket"}, {"pidfile", "outlog"}, {"pidfile", "errlog"}, {"socket", "outlog"}, {"socket", "errlog"}} {
		path, other := paths[two[0]], paths[two[1]]
		if path != "" && other != "" && filepath.Clean(path) == filepath.Clean(other) {
			return fmt.Errorf("%s and %s are both %s: expected two files, such as %s=/tmp/app.1 %s=/tmp/app.2", two[0], two[1], path, two[0], two[1])
		}
	}
	return nil
}

func (o *options) checkNumbers() error {
	if o.maxthreads != 0 && o.method == reference.Prefork {
		return fmt.Errorf("maxthreads=%d with method=prefork: expected it with method=threaded, or maxchildren=%d", o.maxthreads, o.maxthreads)
	}
	return o.pool().Check()
}

func (o *options) checkProtocol() error {
	if o.secret != "" && o.protocol != client.AJP {
		return fmt.Errorf("secret with protocol=%s: expected it with protocol=ajp", o.protocol)
	}
	if o.packetsize != 0 && o.protocol != client.AJP {
		return fmt.Errorf("packetsize=%d with protocol=%s: expected it with protocol=ajp", o.packetsize, o.protocol)
	}
	if of, _, _ := strings.Cut(o.fault, "/"); o.fault != "" && of != string(o.protocol) {
		return fmt.Errorf("fault=%s with protocol=%s: expected it with protocol=%s", o.fault, o.protocol, of)
	}
	if addrs := o.webServerAddrs(); addrs != "" {
		_, err := reference.ParseWebServerAddrs(addrs)
		return err
	}
	return nil
}

// webServerAddrs are the peers that FastCGI is served to; "" is all.
func (o *options) webServerAddrs() string {
	if o.protocol != client.FastCGI {
		return ""
	}
	return os.Getenv(reference.WebServerAddrs)
}
