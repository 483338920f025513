package main

import (
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// clientFlags are the pool's.
type clientFlags struct {
	connections, mux int
	keepAlive        bool
	timeout          time.Duration
}

// usualConnections are as many as a web server keeps to an application.
const usualConnections = client.DefaultMaxIdle

func (f *clientFlags) register(fs *cli.Flags) {
	fs.IntVar(&f.connections, "connections", 0, "`N`: at once, at most, 0 is no limit; else 64, of the embedded server 1 and 8 a worker")
	fs.BoolVar(&f.keepAlive, "keepalive", true, "keep connections for the next request, which SCGI can't")
	fs.IntVar(&f.mux, "mux", 1, "`N`: FastCGI requests that share a connection at once")
	fs.Var((*cli.DurationFlag)(&f.timeout), "timeout", "`D`: the limit of a request; else 5s, or a third of a round's share of the minute")
}

// mostIDs are FastCGI's request ids on a connection (3.3).
const mostIDs = 65535

// settle fills the plan's client in.
func (f *clientFlags) settle(fs *cli.Flags, p *result.Plan) error {
	switch {
	case f.connections < 0 || f.connections > noLimit:
		return cli.Misused("-connections %d: expected a number such as 64, %d at most", f.connections, noLimit)
	case f.mux < 1 || f.mux > mostIDs:
		return cli.Misused("-mux %d: expected a number such as 16, %d at most", f.mux, mostIDs)
	case f.timeout > longest:
		return cli.Misused("-timeout %v: expected a time such as 5s, %v at most", f.timeout, longest)
	case f.mux > 1 && !f.keepAlive:
		return cli.Misused("-mux shares connections, and -keepalive=false makes one for each request: expected one of them, such as -mux 16")
	}
	p.KeepAlive, p.Timeout = f.keepAlive, f.timeout
	p.Connections = usualConnections
	if fs.Given("connections") {
		p.Connections = f.connections
	}
	if f.mux > 1 {
		p.Mux = f.mux
	}
	return nil
}

// transport is the client of one subject, with so many connections.
func transport(target client.Target, p result.Plan, pool int) (*client.Transport, error) {
	t, err := client.New(target)
	if err != nil {
		return nil, err
	}
	t.MaxConns, t.MaxIdle = pool, pool
	if pool == 0 {
		t.MaxIdle = noLimit
	}
	t.IdleTimeout = -1 // another subject's round may be long
	t.DisableKeepAlives, t.Multiplex = !p.KeepAlive, p.Mux
	t.Timeout = p.Timeout
	return t, nil
}

// noLimit is more connections than a machine has ports.
const noLimit = 1 << 16
