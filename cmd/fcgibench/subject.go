package main

import (
	"context"
	"fmt"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reports/result"
)

// subject is a server that is loaded, with the client for it.
type subject struct {
	found    result.Subject
	target   client.Target
	path     string // of the argument
	server   server // ours; nil if it is another's
	embedded bool

	pid       int // the root of its processes, 0 where it is not known
	transport *client.Transport
	asked     []vegeta.Target
	answers   *load.Answers
	anyBody   bool       // they differ by themselves
	legs      []load.Leg // all that was asked, with the warm-up or the tries
}

// server is one that we start and end.
type server interface {
	Start(context.Context) error
	Target() client.Target
	PID() int
	Said(lines int) []string // the last that it wrote
	Ended() <-chan struct{}
	How() string // it ended
	Stop()
	Remove() // what it left
}

// targets are the subjects of the arguments.
func (f *serverFlags) targets(args []string, pool int, last *cli.LastActs) ([]*subject, error) {
	var all []*subject
	times := map[string]int{}
	for _, arg := range args {
		text, path := cli.SplitURL(arg)
		target, err := cli.TargetOf(text, f.protocol)
		if err != nil {
			return nil, tool.Meant(arg, err)
		}
		s := &subject{target: target, path: path}
		if f.exec != "" {
			s.server = &embedded.Command{Line: f.exec, At: target, Wait: f.wait, Last: last}
		}
		s.found = result.Subject{Name: arg, Target: target.String(), Protocol: string(target.Protocol), Workers: f.workers, Pool: pool}
		if times[arg]++; times[arg] > 1 {
			s.found.Name += fmt.Sprintf(" #%d", times[arg])
		}
		all = append(all, s)
	}
	return all, nil
}

// start has the server serve, and finds out what it speaks.
func (s *subject) start(ctx context.Context, f *loadFlags) error {
	switch {
	case s.server != nil:
		if err := s.server.Start(ctx); err != nil {
			return err
		}
		s.target = s.server.Target()
	case f.wait > 0:
		if err := cli.Await(ctx, s.target, f.wait, nil); err != nil {
			return err
		}
	}
	if err := s.detect(ctx, f.mux); err != nil {
		return err
	}
	s.found.Target, s.found.Protocol = s.target.String(), string(s.target.Protocol)
	l := listenerAt(s.target)
	s.pid, s.found.Backlog = s.root(l), l.backlog
	if s.embedded {
		return nil
	}
	return f.fit(s.target.Protocol) // which may not have been known before
}

// detect finds out the protocol, and whether connections can be shared.
func (s *subject) detect(ctx context.Context, mux int) error {
	if s.target.Protocol != "" && mux <= 1 {
		return nil
	}
	if mux > 1 && s.target.Protocol != "" && s.target.Protocol != client.FastCGI {
		return cli.Misused("-mux is FastCGI's, and %s speaks %s: leave it out", s.target, titles[s.target.Protocol])
	}
	d, err := client.Detect(ctx, s.target)
	if err != nil {
		return cli.NotReached(s.target, err)
	}
	s.target = d.Target
	if mux > 1 && s.target.Protocol != client.FastCGI {
		return cli.Misused("-mux is FastCGI's, and %s speaks %s: leave it out", s.target, titles[s.target.Protocol])
	}
	if mux > 1 && !multiplexes(d.Values) && s.embedded {
		return cli.Misused("-mux %d: a %s server takes one request at a time on a connection: expected -method threaded beside it", mux, s.found.Method)
	}
	if mux > 1 && !multiplexes(d.Values) {
		return cli.Misused("-mux %d: %s takes one request at a time on a connection (its FCGI_MPXS_CONNS is not 1): leave -mux out", mux, s.target)
	}
	return nil
}

func multiplexes(values []client.Value) bool {
	for _, v := range values {
		if v.Name == "FCGI_MPXS_CONNS" {
			return v.Value == "1"
		}
	}
	return false
}

// prepare finds out what is asked, before anything is started.
func (s *subject) prepare(f *loadFlags) (err error) {
	if s.asked, err = f.requests(s.target, s.path); err != nil {
		return err
	}
	if s.answers, err = f.answers(f.flags); err != nil {
		return err
	}
	for i := range s.asked {
		if _, err := s.asked[i].Request(); err != nil {
			return cli.Misused("%s %s: %v: expected a request such as GET /path", s.asked[i].Method, s.asked[i].URL, err)
		}
	}
	return f.describe(new(client.Transport), s.asked)
}

// connect makes the client.
func (s *subject) connect(f *loadFlags, p result.Plan) (err error) {
	if s.transport, err = transport(s.target, p, s.found.Pool); err != nil {
		return err
	}
	return f.describe(s.transport, s.asked)
}

func (s *subject) stop() {
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
	if s.server != nil {
		s.server.Stop()
		s.server.Remove()
	}
}
