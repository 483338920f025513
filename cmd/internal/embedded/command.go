package embedded

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
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// Command is the server of -exec.
type Command struct {
	Line string // of the shell's
	At   client.Target
	Wait time.Duration // until it accepts
	Last *cli.LastActs

	child *child
}

// StartWait is long for a server's start, a JVM's too.
const StartWait = 30 * time.Second

// Start starts the command and waits until the target accepts.
func (s *Command) Start(ctx context.Context) error {
	if c, err := net.DialTimeout(s.At.Network, s.At.Address, time.Second); err == nil {
		c.Close()
		return cli.Misused("%s has a server already: expected -exec to start it; end that one, or leave -exec out", s.At)
	}
	return s.run(ctx)
}

func (s *Command) run(ctx context.Context) error {
	var err error
	cmd := exec.Command("/bin/sh", "-c", inPlace(s.Line))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // for when we are killed
	if s.child, err = startChild(cmd, s.Last); err != nil {
		return cli.Misused("-exec: %v", err)
	}
	err = cli.Await(ctx, s.At, s.Wait, s.child.ended)
	if err == nil || ctx.Err() != nil {
		return err
	}
	select {
	case <-s.child.ended:
		return cli.Unreachable(fmt.Errorf("-exec: %s ended (%s) before %s accepted: expected a command that stays in the foreground",
			s.Line, s.child.how(), s.At))
	default:
		return cli.Unreachable(fmt.Errorf("-exec: %s does not accept %v after the command's start: expected one that serves it; -wait 60s waits for longer",
			s.At, s.Wait))
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

// Restart is after a crash or a hang, of which the socket stays.
func (s *Command) Restart(ctx context.Context) error {
	s.Stop()
	if err := removeStale(s.At); err != nil {
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

// Stop ends it.
func (s *Command) Stop() {
	if s.child == nil {
		return
	}
	s.child.signal(syscall.SIGTERM)
	s.child.stop()
}

// Target is where it serves.
func (s *Command) Target() client.Target { return s.At }

// PID is the root of its processes.
func (s *Command) PID() int { return s.child.pid() }

// Ended is closed when the process has ended, which How then tells of.
func (s *Command) Ended() <-chan struct{} { return s.child.ended }

// How is how it ended.
func (s *Command) How() string { return s.child.how() }

// Said are the last lines that it wrote.
func (s *Command) Said(lines int) []string {
	if s.child == nil {
		return nil
	}
	return s.child.said(lines)
}

// Remove has nothing to do: what the command made is its own.
func (s *Command) Remove() {}
