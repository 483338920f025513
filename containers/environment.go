package containers

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxSocketPath is what sockaddr_un has room for, less the byte that ends it.
const maxSocketPath = 107

// environment gives the program's variables, and settles the addresses.
func (p *Peer) environment(o Options) ([]string, error) {
	env := []string{
		"PEER_DIR=" + p.dir,
		"PEER_PROTOCOL=" + p.Variant.Protocol,
		"PEER_METHOD=" + p.Variant.Method,
		"PEER_NETWORK=" + p.Variant.Network,
		"PEER_SECRET=" + p.Variant.Secret,
	}
	if size := p.Variant.PacketSize; size != 0 {
		env = append(env, "PEER_PACKET_SIZE="+strconv.Itoa(size))
	}
	if p.Definition.Kind == Gateway {
		return p.gateway(env, o)
	}
	return p.server(env, o)
}

func (p *Peer) gateway(env []string, o Options) ([]string, error) {
	address, err := p.backend(o.Backend)
	if err != nil {
		return nil, err
	}
	p.network = "tcp"
	if p.address, err = freePort(); err != nil {
		return nil, err
	}
	return append(env, "PEER_LISTEN="+p.address, "PEER_BACKEND="+address), nil
}

func (p *Peer) server(env []string, o Options) ([]string, error) {
	if o.App == "" {
		return nil, fmt.Errorf("no application in %s is given", p.Definition.Language)
	}
	app, err := filepath.Abs(o.App)
	if err != nil {
		return nil, err
	}
	if p.Definition.ScriptFilename {
		p.ScriptFilename = app
	}
	p.network = p.Variant.Network
	if p.address, err = p.listenAddress(); err != nil {
		return nil, err
	}
	return append(env, "PEER_APP="+app, "PEER_ADDRESS="+p.address), nil
}

func (p *Peer) listenAddress() (string, error) {
	if p.Variant.Network == "tcp" {
		return freePort()
	}
	socket := filepath.Join(p.dir, "s")
	if len(socket) > maxSocketPath {
		return "", fmt.Errorf("the socket's path has %d bytes, more than the %d of a unix socket: %s", len(socket), maxSocketPath, socket)
	}
	return socket, nil
}

// freePort finds a port by taking it for a moment.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// backend is what a gateway's configuration has: an address on its network, or
// the command that it spawns.
func (p *Peer) backend(target string) (string, error) {
	if p.Variant.Network == Spawned {
		if !filepath.IsAbs(target) {
			return "", fmt.Errorf("the backend %q is no command with the program's whole path", target)
		}
		return target, nil
	}
	network, address, err := backend(target, p.Variant.Protocol)
	if err == nil && network != p.Variant.Network {
		err = fmt.Errorf("the backend %s is on %s, not on %s", target, network, p.Variant.Network)
	}
	return address, err
}

// backend takes a target apart: fcgi+unix:/path, fcgi://host:port, unix:/path,
// /path or host:port.
func backend(target, protocol string) (network, address string, err error) {
	if target == "" {
		return "", "", errors.New("no backend is given")
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(target, protocol+"+"), protocol+"://")
	if path := strings.TrimPrefix(rest, "unix:"); filepath.IsAbs(path) {
		return "unix", path, nil
	}
	if host, _, err := net.SplitHostPort(rest); err != nil || host == "unix" || strings.Contains(rest, "/") {
		return "", "", fmt.Errorf("the backend %q is no address of %s", target, protocol)
	}
	return "tcp", rest, nil
}

// inherited is our environment without what would change a peer's behaviour:
// another peer's variables, and libfcgi's list of clients that it lets in.
func inherited() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PEER_") && !strings.HasPrefix(e, "FCGI_WEB_SERVER_ADDRS=") {
			env = append(env, e)
		}
	}
	return env
}
