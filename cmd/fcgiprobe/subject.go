package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/reports/result"
)

// subject is a server that is to be probed.
type subject struct {
	name   string // in the reports; "" is the target
	target client.Target
	server server // ours; nil if it is another's
	flags  string // those of fcgiprobe that name it, to run a case again

	method, network string // of the embedded server
}

// describe adds what a matrix has to know of it: which implementation ours is, and
// what one that we started has written, at the end and by the end of each failure.
func (s subject) describe(found *result.Target, logs map[string]string) {
	if s.method != "" {
		found.Peer, found.Method, found.Network = "fcgikit reference", s.method, s.network
	}
	found.Log = s.log()
	for i := range found.Results {
		found.Results[i].Log = logs[found.Results[i].ID]
	}
}

// log is the end of what a server that we started has written.
func (s subject) log() string {
	if s.server == nil {
		return ""
	}
	return strings.Join(s.server.Said(saidLines), "\n")
}

// server is one that we start and end.
type server interface {
	Start(context.Context) error
	Restart(context.Context) error // after a crash
	Target() client.Target
	Said(lines int) []string // the last that it wrote
	Stop()
	Remove() // what it left
}

// subjects are the targets, or the embedded servers where there is none.
func (f *probeFlags) subjects(in *cli.Invocation, args []string) ([]subject, error) {
	if len(args) == 0 {
		return f.embeddedSubjects(in)
	}
	var all []subject
	for _, arg := range args {
		target, err := cli.TargetOf(arg, f.protocol)
		if err != nil {
			return nil, tool.Meant(arg, err)
		}
		if err := f.fit(target.Protocol); err != nil {
			return nil, err
		}
		s := subject{target: target}
		if f.exec != "" {
			s.server = &embedded.Command{Line: f.exec, At: target, Wait: f.wait, Last: in.Last}
			s.flags = " -exec " + cli.ShellWord(f.exec)
		}
		all = append(all, s)
	}
	return all, nil
}

// embeddedFlags are of the reference server that is probed without a target.
type embeddedFlags struct {
	network, method string
	workers         int
	fault           string

	networks []string
	methods  []reference.Method
}

func (f *embeddedFlags) Register(fs *cli.Flags) {
	fs.StringVar(&f.network, "network", "unix", "`LIST`: what it listens on, of unix, tcp")
	fs.StringVar(&f.method, "method", "threaded,prefork", "`LIST`: how it serves connections at once; with -fault threaded")
	fs.IntVar(&f.workers, "workers", 0, "`N`: connections that it serves at once; 0 is its own number")
	fs.StringVar(&f.fault, "fault", "", "`NAME`: the bug that it has, such as fcgi/wrong-request-id")
}

func (f *embeddedFlags) settleEmbedded(fs *cli.Flags, targets []string) error {
	for _, name := range []string{"network", "method", "workers", "fault"} {
		if fs.Given(name) && len(targets) > 0 {
			return cli.Misused("-%s is of the embedded server: expected no target beside it, such as fcgiprobe -%[1]s %s", name, embeddedExamples[name])
		}
	}
	if f.workers < 0 {
		return cli.Misused("-workers %d: expected a number such as 1", f.workers)
	}
	if f.fault != "" && !fs.Given("method") {
		f.method = string(reference.Threaded) // one server shows the bug as well as two
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
	return f.checkFault()
}

var embeddedExamples = map[string]string{"network": "tcp", "method": "prefork", "workers": "1", "fault": "fcgi/wrong-request-id"}

func (f *embeddedFlags) checkFault() error {
	if f.fault == "" {
		return nil
	}
	if _, err := reference.LookupFault(f.fault); err == nil {
		return nil
	}
	var names []string
	for _, known := range reference.Faults() {
		names = append(names, known.Name)
	}
	return cli.Misused("%q is no fault%s: expected one such as fcgi/wrong-request-id; runfcgi list-faults prints all", f.fault, cli.DidYouMean(f.fault, names))
}

// embeddedSubjects are a server for each protocol, network and method.
func (f *probeFlags) embeddedSubjects(in *cli.Invocation) ([]subject, error) {
	protocols, err := f.embeddedProtocols()
	if err != nil {
		return nil, err
	}
	var all []subject
	for _, p := range protocols {
		for _, network := range f.networks {
			for _, method := range f.methods {
				all = append(all, f.embeddedSubject(in, p, network, method))
			}
		}
	}
	return all, nil
}

// embeddedProtocols are the fault's, or those of which there are cases selected
// and for which the flags are.
func (f *probeFlags) embeddedProtocols() ([]client.Protocol, error) {
	var some []client.Protocol
	var misfit error
	faulty, _, _ := strings.Cut(f.fault, "/")
	for _, p := range f.chosen.protocols {
		if _, cases := f.chosen.of(p); f.chosen.empty(cases) || f.fault != "" && string(p) != faulty {
			continue
		}
		if err := f.fit(p); err != nil {
			misfit = err
			continue
		}
		some = append(some, p)
	}
	switch {
	case len(some) > 0:
		return some, nil
	case misfit != nil:
		return nil, misfit
	case f.fault != "":
		return nil, cli.Misused("-fault %s: expected cases of its protocol to be selected, such as -run %s", f.fault, faulty)
	}
	return nil, cli.WithCode(cli.ExitNothing, errNoneSelected)
}

func (f *probeFlags) embeddedSubject(in *cli.Invocation, p client.Protocol, network string, method reference.Method) subject {
	e := embedded.Config{Method: method, Workers: f.workers, Network: network, Config: reference.Config{
		Protocol: p, Handler: probeName, Options: fmt.Appendf(nil, `{"Method": %q}`, method), Fault: f.fault,
	}}
	if p == client.AJP {
		e.Config.Secret, e.Config.PacketSize = f.secret, f.packetSize
	}
	s := subject{
		method: string(method), network: network,
		name:   fmt.Sprintf("%s+%s embedded %s", p, network, method),
		server: &embedded.Server{Config: e, Last: in.Last},
		flags:  " -protocol " + string(p) + " -method " + string(method),
	}
	if f.fault != "" {
		s.name += " " + f.fault
		s.flags = " -fault " + f.fault
		if f.flags.Given("method") {
			s.flags += " -method " + string(method)
		}
	}
	if network != "unix" {
		s.flags += " -network " + network
	}
	if f.workers != 0 {
		s.flags += fmt.Sprintf(" -workers %d", f.workers)
	}
	return s
}
