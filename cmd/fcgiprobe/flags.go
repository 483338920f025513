package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// flagSet is a verb's flags, whose help begins with an example.
type flagSet struct {
	*flag.FlagSet
	synopsis, example string
	groups            []flagGroup
}

// flagGroup is some flags that the help shows below a title.
type flagGroup struct {
	title string
	names []string
}

func newFlags(v *verb) *flagSet {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are told in one line, by report
	fs.Usage = func() {}     // and help when it is asked for, by invoke
	return &flagSet{FlagSet: fs, synopsis: v.synopsis, example: v.example}
}

// group registers flags that belong together.
func (fs *flagSet) group(title string, register func()) {
	before := fs.names()
	register()
	names := slices.DeleteFunc(fs.names(), func(name string) bool { return slices.Contains(before, name) })
	fs.groups = append(fs.groups, flagGroup{title, names})
}

// names are all flags', in their order.
func (fs *flagSet) names() []string {
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

func (fs *flagSet) help(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "Example: %s\n\nUsage: %s\n", fs.example, fs.synopsis)
	groups := fs.groups
	if names := fs.names(); len(groups) == 0 && len(names) > 0 {
		groups = []flagGroup{{"", names}}
	}
	for _, g := range groups {
		fmt.Fprintln(&b)
		if g.title != "" {
			fmt.Fprintf(&b, "%s:\n", g.title)
		}
		for _, name := range g.names {
			f := fs.Lookup(name)
			value, does := flag.UnquoteUsage(f)
			does = strings.TrimPrefix(does, value+": ")
			fmt.Fprintf(&b, "  %-22s %s%s\n", strings.TrimSpace("-"+f.Name+" "+value), does, defaultOf(f))
		}
	}
	io.WriteString(w, b.String())
}

// defaultOf is what a flag is where it is not given, unless that is nothing.
func defaultOf(f *flag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false":
		return ""
	}
	return " (else " + f.DefValue + ")"
}

// parse takes flags before, between and after the arguments.
func (fs *flagSet) parse(args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, errHelp
		} else if err != nil {
			return nil, misused("%v%s: %s", err, fs.meant(err), fs.example)
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		consumed := len(args) - fs.NArg()
		if consumed > 0 && args[consumed-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// meant are the flags that are nearest to one that is not defined.
func (fs *flagSet) meant(err error) string {
	const undefined = "flag provided but not defined: -"
	name, ok := strings.CutPrefix(err.Error(), undefined)
	if !ok {
		return ""
	}
	var dashed []string
	for _, n := range fs.names() {
		dashed = append(dashed, "-"+n)
	}
	return didYouMean("-"+strings.TrimLeft(name, "-"), dashed)
}

// given is whether a flag is on the command line.
func (fs *flagSet) given(name string) bool {
	given := false
	fs.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// headerFlag collects -H 'Name: value'.
type headerFlag http.Header

func (h headerFlag) String() string { return "" }

func (h headerFlag) Set(s string) error {
	name, value, ok := strings.Cut(s, ":")
	if !ok || strings.TrimSpace(name) == "" {
		return errors.New("expected 'Name: value', such as 'Accept: text/html'")
	}
	http.Header(h).Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}

// paramsFlag collects -param K=V.
type paramsFlag [][2]string

func (p *paramsFlag) String() string { return "" }

func (p *paramsFlag) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("expected NAME=VALUE, such as HTTPS=on")
	}
	*p = append(*p, [2]string{name, value})
	return nil
}

// durationFlag is a time.Duration whose error shows one.
type durationFlag time.Duration

func (d *durationFlag) String() string { return time.Duration(*d).String() }

func (d *durationFlag) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return errors.New("expected a duration such as 10s")
	}
	*d = durationFlag(v)
	return nil
}

// targetFlags are those that say how a server is reached.
type targetFlags struct {
	protocol string
	wait     time.Duration
	timeout  time.Duration
}

func (t *targetFlags) register(fs *flagSet, timeout time.Duration) {
	fs.StringVar(&t.protocol, "protocol", "", "`PROTOCOL`: fcgi, scgi or ajp; else it is found out")
	t.timeout = timeout
	fs.Var((*durationFlag)(&t.wait), "wait", "`D`: how long to wait for the target to accept connections, such as 10s")
	fs.Var((*durationFlag)(&t.timeout), "timeout", "`D`: the limit of all else")
}

// target reads the argument, and waits for the server as long as it may.
func (t *targetFlags) target(ctx context.Context, arg string) (client.Target, error) {
	target, err := targetOf(arg, t.protocol)
	if err != nil {
		return target, err
	}
	if t.timeout <= 0 {
		return target, misused("-timeout %v: expected a positive duration such as 10s", t.timeout)
	}
	if t.wait > 0 {
		return target, await(ctx, target, t.wait, nil)
	}
	return target, nil
}

// targetOf reads a target, and its protocol of -protocol.
func targetOf(arg, protocol string) (client.Target, error) {
	target, err := client.ParseTarget(arg)
	if err != nil {
		return target, &exitError{exitUsage, err}
	}
	if protocol == "" {
		return target, nil
	}
	p, err := client.ParseProtocol(protocol)
	if err != nil {
		return target, misused("-protocol: %w", err)
	}
	if target.Protocol != "" && target.Protocol != p {
		return target, misused("-protocol %s contradicts the target %s: leave one of them out", p, target)
	}
	target.Protocol = p
	return target, nil
}

// await polls the target until it accepts a connection, or until its process,
// where we know of one, has ended.
func await(ctx context.Context, target client.Target, limit time.Duration, ended <-chan struct{}) error {
	for deadline := time.Now().Add(limit); ; {
		dialer := net.Dialer{Timeout: max(limit, time.Second)}
		c, err := dialer.DialContext(ctx, target.Network, target.Address)
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return notReached(target, err)
		}
		select {
		case <-ended:
			return notReached(target, err)
		case <-time.After(pollInterval):
		}
	}
}

// pollInterval is short against a server's start and long against a connect.
const pollInterval = 50 * time.Millisecond

// detect finds out the target's protocol where it isn't known, and leaves of
// the timeout what that didn't take.
func (t *targetFlags) detect(ctx context.Context, target client.Target) (client.Target, error) {
	if target.Protocol != "" {
		return target, nil
	}
	start := time.Now()
	d, err := t.detection(ctx, target)
	if err != nil {
		return target, err
	}
	t.timeout = max(t.timeout-time.Since(start), time.Millisecond).Round(time.Millisecond)
	return d.Target, nil
}

// detection is what can be found out within the timeout.
func (t *targetFlags) detection(ctx context.Context, target client.Target) (client.Detection, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	d, err := client.Detect(ctx, target)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%s: its protocol was not found out within %v: name it in front, such as fcgi+unix:/tmp/app.sock, or raise -timeout", target, t.timeout)
	}
	return d, notReached(target, err)
}

// notReached is an error of connecting, or one that says itself what the target
// is instead of reached.
func notReached(target client.Target, err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		err = fmt.Errorf("%s can't be reached: %w", target, err)
	}
	if err == nil {
		return nil
	}
	return unreachable(err)
}
