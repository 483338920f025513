package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// execServer is the server of -exec.
type execServer struct {
	command string
	target  client.Target
	wait    time.Duration
	last    *lastActs
	child   *child
}

// execWait is long for a server's start, a JVM's too.
const execWait = 30 * time.Second

// start starts the command and waits until the target accepts.
func (s *execServer) start(ctx context.Context) error {
	if c, err := net.DialTimeout(s.target.Network, s.target.Address, time.Second); err == nil {
		c.Close()
		return misused("%s has a server already: expected -exec to start it; end that one, or leave -exec out", s.target)
	}
	return s.run(ctx)
}

func (s *execServer) run(ctx context.Context) error {
	var err error
	cmd := exec.Command("/bin/sh", "-c", inPlace(s.command))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // for when we are killed
	if s.child, err = startChild(cmd, s.last); err != nil {
		return misused("-exec: %v", err)
	}
	err = await(ctx, s.target, s.wait, s.child.ended)
	if err == nil || ctx.Err() != nil {
		return err
	}
	select {
	case <-s.child.ended:
		return unreachable(fmt.Errorf("-exec: %s ended (%s) before %s accepted: expected a command that stays in the foreground",
			s.command, s.child.how(), s.target))
	default:
		return unreachable(fmt.Errorf("-exec: %s does not accept %v after the command's start: expected one that serves it; -wait 60s waits for longer",
			s.target, s.wait))
	}
}

// inPlace has a single command take the shell's place, so that our signals are
// for it.
func inPlace(command string) string {
	if strings.ContainsAny(command, ";&|\n(){}<>") || strings.HasPrefix(strings.TrimSpace(command), "exec ") {
		return command
	}
	return "exec " + command
}

// restart is after a crash or a hang, of which the socket stays.
func (s *execServer) restart(ctx context.Context) error {
	s.stop()
	if err := removeStale(s.target); err != nil {
		return err
	}
	return s.run(ctx)
}

// removeStale removes a socket on which nobody accepts any more: many servers
// would not start over it.
func removeStale(target client.Target) error {
	if target.Network != "unix" || target.Address[0] == '@' {
		return nil
	}
	c, err := net.DialTimeout("unix", target.Address, time.Second)
	switch {
	case err == nil:
		c.Close()
		return fmt.Errorf("%s still has a server", target)
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(target.Address)
	}
	return nil
}

func (s *execServer) stop() {
	if s.child == nil {
		return
	}
	s.child.signal(syscall.SIGTERM)
	s.child.stop()
}

func (s *execServer) address() client.Target { return s.target }

func (s *execServer) said(lines int) []string {
	if s.child == nil {
		return nil
	}
	return s.child.said(lines)
}

// remove has nothing to do: what the command made is its own.
func (s *execServer) remove() {}
