package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// TargetOf reads a target, and its protocol of -protocol.
func TargetOf(arg, protocol string) (client.Target, error) {
	target, err := client.ParseTarget(arg)
	if err != nil {
		return target, &ExitError{ExitUsage, err}
	}
	if protocol == "" {
		return target, nil
	}
	p, err := client.ParseProtocol(protocol)
	if err != nil {
		return target, Misused("-protocol: %w", err)
	}
	if target.Protocol != "" && target.Protocol != p {
		return target, Misused("-protocol %s contradicts the target %s: leave one of them out", p, target)
	}
	target.Protocol = p
	return target, nil
}

// Await polls the target until it accepts a connection, or until its process,
// where we know of one, has ended.
func Await(ctx context.Context, target client.Target, limit time.Duration, ended <-chan struct{}) error {
	for deadline := time.Now().Add(limit); ; {
		dialer := net.Dialer{Timeout: max(limit, time.Second)}
		c, err := dialer.DialContext(ctx, target.Network, target.Address)
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return NotReached(target, err)
		}
		select {
		case <-ended:
			return NotReached(target, err)
		case <-time.After(PollInterval):
		}
	}
}

// PollInterval is short against a server's start and long against a connect.
const PollInterval = 50 * time.Millisecond

// NotReached is an error of connecting, or one that says itself what the target
// is instead of reached.
func NotReached(target client.Target, err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		err = fmt.Errorf("%s can't be reached: %w", target, err)
	}
	if err == nil {
		return nil
	}
	return Unreachable(err)
}
