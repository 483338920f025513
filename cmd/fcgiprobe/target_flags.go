package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// targetFlags are those that say how a server is reached.
type targetFlags struct {
	protocol string
	wait     time.Duration
	timeout  time.Duration
}

func (t *targetFlags) Register(fs *cli.Flags, timeout time.Duration) {
	fs.StringVar(&t.protocol, "protocol", "", "`PROTOCOL`: fcgi, scgi or ajp; else it is found out")
	t.timeout = timeout
	fs.Var((*cli.DurationFlag)(&t.wait), "wait", "`D`: how long to wait for the target to accept connections, such as 10s")
	fs.Var((*cli.DurationFlag)(&t.timeout), "timeout", "`D`: the limit of all else")
}

// checkPacketSize is of -packet-size.
func checkPacketSize(n int) error {
	if n < ajp.DefaultPacketSize || n > ajp.MaxPacketSize {
		return cli.Misused("-packet-size %d: expected a number from %d to %d", n, ajp.DefaultPacketSize, ajp.MaxPacketSize)
	}
	return nil
}

// target reads the argument, and waits for the server as long as it may.
func (t *targetFlags) target(ctx context.Context, arg string) (client.Target, error) {
	target, err := cli.TargetOf(arg, t.protocol)
	if err != nil {
		return target, err
	}
	if t.timeout <= 0 {
		return target, cli.Misused("-timeout %v: expected a positive duration such as 10s", t.timeout)
	}
	if t.wait > 0 {
		return target, cli.Await(ctx, target, t.wait, nil)
	}
	return target, nil
}

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
	return d, cli.NotReached(target, err)
}
