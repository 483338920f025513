package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/reports/result"
)

// serverFlags say which servers are loaded.
type serverFlags struct {
	protocol, network, method string
	workers                   int
	wait                      time.Duration
	exec                      string

	protocols []client.Protocol
	networks  []string
	methods   []reference.Method
}

const (
	// usualWorkers are few enough for any machine, and far fewer than the
	// connections that web servers keep.
	usualWorkers = 8
	// manyPools is how many times the workers the second pool is.
	manyPools = 8
)

func (f *serverFlags) register(fs *cli.Flags) {
	fs.StringVar(&f.protocol, "protocol", "", "`P`: the target's, else it is found out; of the embedded server a list, else fcgi")
	fs.Var((*cli.DurationFlag)(&f.wait), "wait", "`D`: how long to wait for it to accept connections, such as 10s")
	fs.StringVar(&f.exec, "exec", "", "`COMMAND`: start it with this shell command, and end it")
	fs.IntVar(&f.workers, "workers", 0, "`N`: that it has, for the diagnosis; of the embedded server else 8, threaded 1024")
}

// registerEmbedded has the flags of the embedded server, of which these are the
// usual methods.
func (f *serverFlags) registerEmbedded(fs *cli.Flags, methods string) {
	fs.StringVar(&f.network, "network", "unix", "`LIST`: what it listens on, of unix, tcp")
	fs.StringVar(&f.method, "method", methods, "`LIST`: how it serves connections at once: threaded, prefork")
}

// settle finds what is wrong with them beside the targets.
func (f *serverFlags) settle(fs *cli.Flags, targets []string) error {
	for _, name := range []string{"network", "method"} {
		if fs.Given(name) && len(targets) > 0 {
			return cli.Misused("-%s is of the embedded server: expected no target beside it, such as fcgibench -%[1]s %s", name, map[string]string{"network": "tcp", "method": "prefork"}[name])
		}
	}
	switch {
	case f.workers < 0 || f.workers > noLimit/manyPools:
		return cli.Misused("-workers %d: expected a number such as 8, %d at most", f.workers, noLimit/manyPools)
	case f.exec != "" && len(targets) != 1:
		return cli.Misused("-exec starts one server: expected its target, such as fcgibench -exec 'myserver /tmp/app.sock' unix:/tmp/app.sock")
	case len(targets) > 0 && len(cli.Words(f.protocol)) > 1:
		return cli.Misused("-protocol %s: expected the one that the target speaks, such as -protocol fcgi", f.protocol)
	}
	if f.exec != "" && !fs.Given("wait") {
		f.wait = embedded.StartWait
	}
	return f.settleLists()
}

func (f *serverFlags) settleLists() error {
	for _, word := range cli.Words(f.protocol) {
		p, err := client.ParseProtocol(word)
		if err != nil {
			return cli.Misused("-protocol: %w", err)
		}
		f.protocols = append(f.protocols, p)
	}
	if len(f.protocols) == 0 {
		f.protocols = []client.Protocol{client.FastCGI}
	}
	for _, n := range cli.Words(f.network) {
		if n != "unix" && n != "tcp" {
			return cli.Misused("-network %q: expected unix, tcp or unix,tcp", n)
		}
		f.networks = append(f.networks, n)
	}
	for _, m := range cli.Words(f.method) {
		if m := reference.Method(m); m != reference.Threaded && m != reference.Prefork {
			return cli.Misused("-method %q: expected threaded, prefork or threaded,prefork", m)
		}
		f.methods = append(f.methods, reference.Method(m))
	}
	switch {
	case len(f.networks) == 0:
		return cli.Misused("-network %q: expected unix, tcp or unix,tcp", f.network)
	case len(f.methods) == 0:
		return cli.Misused("-method %q: expected threaded, prefork or threaded,prefork", f.method)
	}
	return nil
}

// embedded are a server for each protocol, network, pool and method.
func (f *serverFlags) embedded(pools []int, workload, secret string, last *cli.LastActs) []*subject {
	var all []*subject
	for _, p := range f.protocols {
		for _, network := range f.networks {
			for _, pool := range pools {
				for _, method := range f.methods {
					s := f.embeddedSubject(p, network, method, workload, secret, last)
					s.found.Name, s.found.Pool = f.name(p, network, method, pool, pools), pool
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// name is what tells an embedded server from the others.
func (f *serverFlags) name(p client.Protocol, network string, method reference.Method, pool int, pools []int) string {
	var words []string
	if len(f.protocols) > 1 {
		words = append(words, string(p))
	}
	if len(f.networks) > 1 {
		words = append(words, network)
	}
	name := strings.Join(append(words, string(method)), " ")
	if len(pools) > 1 {
		name += fmt.Sprintf(", pool %d", pool)
	}
	return name
}

func (f *serverFlags) embeddedSubject(p client.Protocol, network string, method reference.Method, workload, secret string, last *cli.LastActs) *subject {
	options, _ := json.Marshal(workload) // of a string: it can't fail
	c := embedded.Config{Method: method, Workers: f.serversWorkers(method), Network: network,
		Config: reference.Config{Protocol: p, Handler: workloadName, Options: options}}
	if p == client.AJP {
		c.Secret = secret
	}
	s := &subject{server: &embedded.Server{Config: c, Last: last}, path: "/", embedded: true}
	s.target.Protocol = p
	s.found = result.Subject{Protocol: string(p), Method: string(method), Workers: c.Workers}
	return s
}

// serversWorkers are what -workers says; else a threaded server has as many as
// it ever has, since goroutines are cheap and processes are not.
func (f *serverFlags) serversWorkers(method reference.Method) int {
	switch {
	case f.workers > 0:
		return f.workers
	case method == reference.Threaded:
		return reference.DefaultMaxThreads
	}
	return usualWorkers
}

// pools are those of the embedded server: as many connections as it has workers,
// which any server reads at once, and many more.
func (f *serverFlags) pools(connections int, given bool) []int {
	if given {
		return []int{connections}
	}
	workers := f.workers
	if workers == 0 {
		workers = usualWorkers
	}
	return []int{workers, manyPools * workers}
}
