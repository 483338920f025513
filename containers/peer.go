package containers

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// A Peer is a running server or gateway.
type Peer struct {
	Definition Definition
	Variant    Variant

	// ScriptFilename is the SCRIPT_FILENAME that the application has to be
	// asked by, empty where the server needs none.
	ScriptFilename string

	dir     string
	network string // where it listens
	address string
	process process

	stop    sync.Once
	stopErr error
	last    string // the output at the end, when dir is gone
}

// Target names the server, as in fcgi+unix:/path or ajp://127.0.0.1:8009. It
// is empty for gateways.
func (p *Peer) Target() string {
	switch {
	case p.Definition.Kind == Gateway:
		return ""
	case p.network == "unix":
		return p.Variant.Protocol + "+unix:" + p.address
	default:
		return p.Variant.Protocol + "://" + p.address
	}
}

// URL is where a gateway has its backend mounted, as in
// http://127.0.0.1:8080/. It is empty for servers.
func (p *Peer) URL() string {
	if p.Definition.Kind != Gateway {
		return ""
	}
	return "http://" + p.address + "/"
}

// Log returns the end of what the peer wrote to its output and to its error
// log, also after it was stopped.
func (p *Peer) Log() string {
	if p.last != "" {
		return p.last
	}
	text, _ := tail(filepath.Join(p.dir, logName)) // there is none before the start
	return text
}

// Done is closed when the program has ended, by itself or stopped.
func (p *Peer) Done() <-chan struct{} { return p.process.done() }

// Stop ends the peer: SIGTERM to the program, after two seconds SIGKILL to it
// and all of its workers. It waits until none is left and removes the scratch
// folder with the socket, and the container. Further calls return the same.
func (p *Peer) Stop() error {
	p.stop.Do(func() {
		if p.process != nil {
			p.stopErr = p.process.end()
		}
		p.last = p.Log()
		p.stopErr = errors.Join(p.stopErr, os.RemoveAll(p.dir))
	})
	return p.stopErr
}
