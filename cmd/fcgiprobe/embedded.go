package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// embedded says what an embedded reference server serves, in a form that crosses
// an exec: it is this executable started again.
type embedded struct {
	Config           reference.Config
	Method           reference.Method
	Workers          int // 0 is the server's own number
	Network, Address string
	Dir              string // is removed with it
}

// embeddedVariable has it in the environment of that process.
const embeddedVariable = "FCGIPROBE_EMBEDDED"

// probeName is the probe application's, as workers know it.
const probeName = "probe"

// beServer is the first line of main: in a process that is to be a server, or
// one of its workers, it does not return.
func beServer() {
	reference.Register(probeName, func(options json.RawMessage) (reference.Handler, error) {
		var p reference.Probe
		return &p, json.Unmarshal(options, &p)
	})
	reference.Main()
	text, ok := os.LookupEnv(embeddedVariable)
	if !ok {
		return
	}
	os.Unsetenv(embeddedVariable)
	var e embedded
	err := json.Unmarshal([]byte(text), &e)
	if err == nil {
		err = e.serve()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(exitInternal)
}

// serve tells its address on standard output, and serves until standard input
// ends, with which whoever started it has ended.
func (e embedded) serve() error {
	l, err := reference.Listen(e.Network, e.Address)
	if err != nil {
		return err
	}
	told := func() { fmt.Println(l.Addr()) }
	if e.Method == reference.Prefork {
		return e.servePrefork(l, told)
	}
	s, err := e.Config.Server()
	if err != nil {
		return err
	}
	if e.Workers > 0 {
		s.MaxThreads = e.Workers
	}
	told() // who connects before Serve waits in the queue
	go e.leave(func() {})
	return s.Serve(l)
}

func (e embedded) servePrefork(l net.Listener, told func()) error {
	p := &reference.Pool{Config: e.Config, Ready: told, MaxSpare: e.Workers, MaxChildren: e.Workers}
	go e.leave(func() {
		ctx, cancel := context.WithTimeout(context.Background(), leaveLimit)
		defer cancel()
		p.Shutdown(ctx)
	})
	return p.Serve(l)
}

// leaveLimit is for workers that a fault has made hang: nobody waits for their
// answers any more.
const leaveLimit = 300 * time.Millisecond

func (e embedded) leave(stop func()) {
	io.Copy(io.Discard, os.Stdin)
	os.RemoveAll(e.Dir) // first: the process ends when the server has stopped
	stop()
	os.Exit(exitOK)
}

// embeddedServer is that process, as its parent sees it.
type embeddedServer struct {
	embedded
	last   *lastActs
	drop   func()
	child  *child
	stdin  io.Closer
	target client.Target
}

// embeddedStart is long for a process of our own to listen.
const embeddedStart = 20 * time.Second

// start starts it: at first at an address of its own, then at the same one.
func (s *embeddedServer) start(ctx context.Context) error {
	if s.Dir == "" {
		dir, err := shortTempDir()
		if err != nil {
			return err
		}
		s.Dir, s.Address = dir, "127.0.0.1:0"
		s.drop = s.last.add(func() { os.RemoveAll(dir) })
		if s.Network == "unix" {
			s.Address = filepath.Join(dir, "s")
		}
	}
	address, err := s.run(ctx)
	if err != nil {
		return fmt.Errorf("the embedded %s server did not start: %w", s.Config.Protocol, err)
	}
	s.Address = address
	s.target = client.Target{Protocol: s.Config.Protocol, Network: s.Network, Address: address}
	return nil
}

// shortTempDir is one whose sockets' paths are not too long, which a job's own
// TMPDIR may make them.
func shortTempDir() (string, error) {
	parent := os.TempDir()
	if len(parent) > longestTempDir {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, "fcgiprobe-")
}

// longestTempDir leaves room in a sockaddr_un's 107 bytes for our own names.
const longestTempDir = 80

func (s *embeddedServer) run(ctx context.Context) (address string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(s.embedded)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), embeddedVariable+"="+string(text))
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return "", err
	}
	said, stdout, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer said.Close()
	cmd.Stdout = stdout
	s.child, err = startChild(cmd, s.last)
	stdout.Close()
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { said.SetReadDeadline(time.Unix(1, 0)) })()
	said.SetReadDeadline(time.Now().Add(embeddedStart))
	line, err := bufio.NewReader(said).ReadString('\n')
	if err == io.EOF {
		return "", fmt.Errorf("it ended at once: %s", strings.Join(s.child.said(1), ""))
	}
	return strings.TrimSuffix(line, "\n"), err
}

// restart is after a fault has ended the process.
func (s *embeddedServer) restart(ctx context.Context) error {
	s.stop()
	return s.start(ctx)
}

func (s *embeddedServer) stop() {
	if s.child == nil {
		return
	}
	s.stdin.Close()
	s.child.stop()
}

// remove takes away what the server did not.
func (s *embeddedServer) remove() {
	if s.Dir == "" {
		return
	}
	os.RemoveAll(s.Dir)
	s.drop()
}

func (s *embeddedServer) address() client.Target { return s.target }

func (s *embeddedServer) said(int) []string { return nil }
