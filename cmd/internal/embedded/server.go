package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// Server is a reference server in a process of its own, as its parent sees it.
type Server struct {
	Config Config
	Last   *cli.LastActs

	drop   func()
	child  *child
	stdin  io.Closer
	target client.Target
}

// startLimit is long for a process of our own to listen.
const startLimit = 20 * time.Second

// Start starts it: at first at an address of its own, then at the same one.
func (s *Server) Start(ctx context.Context) error {
	if s.Config.Dir == "" {
		dir, err := shortTempDir()
		if err != nil {
			return err
		}
		s.Config.Dir, s.Config.Address = dir, "127.0.0.1:0"
		s.drop = s.Last.Add(func() { os.RemoveAll(dir) })
		if s.Config.Network == "unix" {
			s.Config.Address = filepath.Join(dir, "s")
		}
	}
	if err := os.MkdirAll(s.Config.Dir, 0o700); err != nil { // one that was stopped has taken it away
		return err
	}
	address, err := s.run(ctx)
	if err != nil {
		return fmt.Errorf("the embedded %s server did not start: %w", s.Config.Protocol, err)
	}
	s.Config.Address = address
	s.target = client.Target{Protocol: s.Config.Protocol, Network: s.Config.Network, Address: address}
	return nil
}

// shortTempDir is one whose sockets' paths are not too long, which a job's own
// TMPDIR may make them.
func shortTempDir() (string, error) {
	parent := os.TempDir()
	if len(parent) > longestTempDir {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, filepath.Base(os.Args[0])+"-")
}

// longestTempDir leaves room in a sockaddr_un's 107 bytes for our own names.
const longestTempDir = 75

func (s *Server) run(ctx context.Context) (address string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(s.Config)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), variable+"="+string(text))
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return "", err
	}
	said, stdout, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer said.Close()
	cmd.Stdout = stdout
	s.child, err = startChild(cmd, s.Last)
	stdout.Close()
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { said.SetReadDeadline(time.Unix(1, 0)) })()
	said.SetReadDeadline(time.Now().Add(startLimit))
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == io.EOF {
		return "", fmt.Errorf("it ended at once: %s", strings.Join(s.child.said(1), ""))
	}
	return strings.TrimSuffix(line, "\n"), err
}

// Restart is after a fault has ended the process.
func (s *Server) Restart(ctx context.Context) error {
	s.Stop()
	return s.Start(ctx)
}

// Stop ends it.
func (s *Server) Stop() {
	if s.child == nil {
		return
	}
	s.stdin.Close()
	s.child.stop()
}

// Remove takes away what the server did not.
func (s *Server) Remove() {
	if s.Config.Dir == "" {
		return
	}
	os.RemoveAll(s.Config.Dir)
	s.drop()
}

// Target is where it serves, once it was started.
func (s *Server) Target() client.Target { return s.target }

// PID is the root of its processes.
func (s *Server) PID() int { return s.child.pid() }

// Ended is closed when the process has ended, which How then tells of.
func (s *Server) Ended() <-chan struct{} { return s.child.ended }

// How is how it ended.
func (s *Server) How() string { return s.child.how() }

// Said is nothing: it serves without a word.
func (s *Server) Said(int) []string { return nil }
