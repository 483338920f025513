package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// flagSet is a verb's flags, whose help begins with an example.
type flagSet struct {
	*flag.FlagSet
	stdout            io.Writer
	synopsis, example string
}

func newFlags(in *invocation, synopsis, example string) *flagSet {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are told in one line, by report
	fs.Usage = func() {}     // and help when it is asked for, by parse
	return &flagSet{fs, in.stdout, synopsis, example}
}

func (fs *flagSet) help() {
	fmt.Fprintf(fs.stdout, "Example: %s\n\nUsage: %s\n\n", fs.example, fs.synopsis)
	fs.SetOutput(fs.stdout)
	fs.PrintDefaults()
}

// parse takes flags before, between and after the arguments.
func (fs *flagSet) parse(args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			fs.help()
			return nil, errHelp
		} else if err != nil {
			return nil, misused("%v: %s", err, fs.example)
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
	fs.StringVar(&t.protocol, "protocol", "", "`fcgi`, scgi or ajp; else it is found out")
	t.timeout = timeout
	fs.Var((*durationFlag)(&t.wait), "wait", "how long to wait for the target to accept connections, such as `10s`")
	fs.Var((*durationFlag)(&t.timeout), "timeout", "the limit of all else, such as `10s`")
}

// target reads the argument, and waits for the server as long as it may.
func (t *targetFlags) target(ctx context.Context, arg string) (client.Target, error) {
	target, err := client.ParseTarget(arg)
	if err != nil {
		return target, &exitError{exitUsage, err}
	}
	if t.protocol != "" {
		p, err := client.ParseProtocol(t.protocol)
		if err != nil {
			return target, misused("-protocol: %w", err)
		}
		if target.Protocol != "" && target.Protocol != p {
			return target, misused("-protocol %s contradicts the target %s: leave one of them out", p, target)
		}
		target.Protocol = p
	}
	if t.timeout <= 0 {
		return target, misused("-timeout %v: expected a positive duration such as 10s", t.timeout)
	}
	if t.wait > 0 {
		return target, t.await(ctx, target)
	}
	return target, nil
}

// await polls the target until it accepts a connection.
func (t *targetFlags) await(ctx context.Context, target client.Target) error {
	for deadline := time.Now().Add(t.wait); ; {
		dialer := net.Dialer{Timeout: max(t.wait, time.Second)}
		c, err := dialer.DialContext(ctx, target.Network, target.Address)
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return notReached(target, err)
		}
		time.Sleep(pollInterval)
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
