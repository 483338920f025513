package main

import (
	"io"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// options are what the command line says.
type options struct {
	protocol                         client.Protocol
	method                           reference.Method
	socket, host, port               string
	minspare, maxspare, maxchildren  *int // nil is not given
	maxrequests, maxthreads          int
	daemonize                        bool
	daemonizeGiven                   bool
	pidfile, workdir, outlog, errlog string
	umask                            *int
	debug                            bool
	force                            *string
	secret, root, fault              string
	stall                            reference.Stall
	packetsize                       int

	ask func(io.Writer) // what is to be printed in place of serving; nil is nothing
}

// option is one word of the command line.
type option struct {
	name    string
	example string // a good value
	does    string
	bare    bool // it may stand without a value, which means true
	set     func(o *options, value string) error
}

// table has Django's options first, in the order of their documentation.
var table []option

func init() {
	table = []option{
		{"protocol", "fcgi", "fcgi, scgi or ajp; else fcgi", false, setProtocol},
		{"host", "127.0.0.1", "the address to listen on, with port; else 127.0.0.1", false, text(func(o *options) *string { return &o.host })},
		{"port", "9000", "the port to listen on; 0 takes a free one and tells which", false, setPort},
		{"socket", "/tmp/app.sock", "the unix socket to listen on; without socket and port: fd 0", false, setSocket},
		{"method", "prefork", "prefork (or fork) or threaded (or thread); else prefork", false, setMethod},
		{"maxrequests", "100", "connections after which a worker is replaced; else 0: no limit (prefork)", false, setMaxRequests},
		{"maxspare", "5", "idle workers at most, and the workers at the start; else 5 (prefork)", false, number(1, func(o *options) **int { return &o.maxspare })},
		{"minspare", "2", "idle workers at least; else 2 (prefork)", false, number(0, func(o *options) **int { return &o.minspare })},
		{"maxchildren", "50", "workers at most, never less than maxspare; else 50 (threaded: as maxthreads)", false, number(0, func(o *options) **int { return &o.maxchildren })},
		{"daemonize", "false", "serve in the background; else true with an address, false on fd 0", true, setDaemonize},
		{"pidfile", "/tmp/app.pid", "where the server's process id stands while it serves", false, filled(func(o *options) *string { return &o.pidfile })},
		{"workdir", "/srv/app", "the working directory, where relative paths start then; else / in the background", false, filled(func(o *options) *string { return &o.workdir })},
		{"debug", "true", "tell in the answer what broke a handler", true, truth(func(o *options) *bool { return &o.debug })},
		{"outlog", "/tmp/app.out", "the file that standard output is appended to", false, filled(func(o *options) *string { return &o.outlog })},
		{"errlog", "/tmp/app.err", "the file that standard error is appended to", false, filled(func(o *options) *string { return &o.errlog })},
		{"umask", "022", "of all files and the socket, octal; else 022 in the background", false, setUmask},
		{"help", "true", "print this", true, asking(help)},

		{"force-script-name", "/app", "the prefix, whatever the web server says; empty is the root", false, setForce},
		{"maxthreads", "1024", "connections served at once; else 1024 (threaded)", false, setMaxThreads},
		{"secret", "hush", "what requests must carry (ajp)", false, filled(func(o *options) *string { return &o.secret })},
		{"packetsize", "65536", "the bytes of the largest packet, 8192 to 65536; else 8192 (ajp)", false, setPacketSize},
		{"root", "/srv/www", "serve the files below this directory in place of the probe application", false, filled(func(o *options) *string { return &o.root })},
		{"stall", "1s@10s", "answer nobody for 1s of every 10s", false, setStall},
		{"fault", "fcgi/wrong-request-id", "serve with this bug, which conformance cases must find", false, setFault},
		{"list-faults", "true", "print the faults", true, asking(listFaults)},
		{"version", "true", "print the version", true, asking(printVersion)},
	}
}

// django is how many of the table's options are Django's.
const django = 17
