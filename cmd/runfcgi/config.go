package main

import (
	"encoding/json"

	"github.com/fcgikit/fcgikit/reference"
)

// config is what is served, in either method.
func (o *options) config() (reference.Config, error) {
	handler, app := probeName, application{Method: o.method, Protocol: o.protocol, Force: o.force, Root: o.root}
	if o.root != "" {
		handler = filesName
	}
	if o.stall.For > 0 {
		app.Stall = o.stall.String()
	}
	text, err := json.Marshal(app)
	return reference.Config{
		Protocol: o.protocol, Handler: handler, Options: text, MaxThreads: o.threads(), Secret: o.secret, PacketSize: o.packetsize,
		WebServerAddrs: o.webServerAddrs(), Fault: o.fault, Debug: o.debug,
	}, err
}

// threads are the connections served at once by one process; 0 is the reference
// server's own number. Django's maxchildren were threads, too.
func (o *options) threads() int {
	if o.maxthreads > 0 || o.maxchildren == nil {
		return o.maxthreads
	}
	return max(*o.maxchildren, given(o.minspare, 0), given(o.maxspare, 0), 1)
}

// pool has the numbers of workers. There a zero is the default, which it is not
// on the command line.
func (o *options) pool() *reference.Pool {
	return &reference.Pool{
		MinSpare:    given(o.minspare, -1),
		MaxSpare:    given(o.maxspare, 0),
		MaxChildren: given(o.maxchildren, 1),
		MaxRequests: o.maxrequests,
	}
}

// given is a number, zero in the place of 0, and 0 if none was given.
func given(n *int, zero int) int {
	switch {
	case n == nil:
		return 0
	case *n == 0:
		return zero
	}
	return *n
}
