package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// subject is a server that is to be probed.
type subject struct {
	name   string // in the reports; "" is the target
	target client.Target
	server server // ours; nil if it is another's
	flags  string // those of fcgiprobe that name it, to run a case again
}

// server is one that we start and end.
type server interface {
	start(context.Context) error
	restart(context.Context) error // after a crash
	address() client.Target
	said(lines int) []string // the last that it wrote
	stop()
	remove() // what it left
}

// subjects are the targets, or the embedded servers where there is none.
func (f *probeFlags) subjects(in *invocation, args []string) ([]subject, error) {
	if len(args) == 0 {
		return f.embeddedSubjects(in)
	}
	var all []subject
	for _, arg := range args {
		target, err := targetOf(arg, f.protocol)
		if err != nil {
			return nil, f.meant(arg, err)
		}
		if err := f.fit(target.Protocol); err != nil {
			return nil, err
		}
		s := subject{target: target}
		if f.exec != "" {
			s.server = &execServer{command: f.exec, target: target, wait: f.wait, last: in.last}
			s.flags = " -exec " + shellWord(f.exec)
		}
		all = append(all, s)
	}
	return all, nil
}

// meant explains a target that is none: it may be meant as a verb.
func (f *probeFlags) meant(arg string, err error) error {
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	if strings.TrimFunc(arg, isLetter) == "" {
		return noVerb(arg)
	}
	return err
}

// embeddedFlags are of the reference server that is probed without a target.
type embeddedFlags struct {
	network, method string
	workers         int
	fault           string

	networks []string
	methods  []reference.Method
}

func (f *embeddedFlags) register(fs *flagSet) {
	fs.StringVar(&f.network, "network", "unix", "`LIST`: what it listens on, of unix, tcp")
	fs.StringVar(&f.method, "method", "threaded,prefork", "`LIST`: how it serves connections at once; with -fault threaded")
	fs.IntVar(&f.workers, "workers", 0, "`N`: connections that it serves at once; 0 is its own number")
	fs.StringVar(&f.fault, "fault", "", "`NAME`: the bug that it has, such as fcgi/wrong-request-id")
}

func (f *embeddedFlags) settleEmbedded(fs *flagSet, targets []string) error {
	for _, name := range []string{"network", "method", "workers", "fault"} {
		if fs.given(name) && len(targets) > 0 {
			return misused("-%s is of the embedded server: expected no target beside it, such as fcgiprobe -%[1]s %s", name, embeddedExamples[name])
		}
	}
	if f.workers < 0 {
		return misused("-workers %d: expected a number such as 1", f.workers)
	}
	if f.fault != "" && !fs.given("method") {
		f.method = string(reference.Threaded) // one server shows the bug as well as two
	}
	for _, n := range words(f.network) {
		if n != "unix" && n != "tcp" {
			return misused("-network %q: expected unix, tcp or unix,tcp", n)
		}
		f.networks = append(f.networks, n)
	}
	for _, m := range words(f.method) {
		if m := reference.Method(m); m != reference.Threaded && m != reference.Prefork {
			return misused("-method %q: expected threaded, prefork or threaded,prefork", m)
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
	return misused("%q is no fault%s: expected one such as fcgi/wrong-request-id; runfcgi list-faults prints all", f.fault, didYouMean(f.fault, names))
}

// embeddedSubjects are a server for each protocol, network and method.
func (f *probeFlags) embeddedSubjects(in *invocation) ([]subject, error) {
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
		return nil, misused("-fault %s: expected cases of its protocol to be selected, such as -run %s", f.fault, faulty)
	}
	return nil, &exitError{exitNothing, errNoneSelected}
}

func (f *probeFlags) embeddedSubject(in *invocation, p client.Protocol, network string, method reference.Method) subject {
	e := embedded{Method: method, Workers: f.workers, Network: network, Config: reference.Config{
		Protocol: p, Handler: probeName, Options: fmt.Appendf(nil, `{"Method": %q}`, method), Fault: f.fault,
	}}
	if p == client.AJP {
		e.Config.Secret, e.Config.PacketSize = f.secret, f.packetSize
	}
	s := subject{
		name:   fmt.Sprintf("%s+%s embedded %s", p, network, method),
		server: &embeddedServer{embedded: e, last: in.last},
		flags:  " -protocol " + string(p) + " -method " + string(method),
	}
	if f.fault != "" {
		s.name += " " + f.fault
		s.flags = " -fault " + f.fault
		if f.flags.given("method") {
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

// shellWord is a word as a shell reads it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+-_./:,=@%", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
