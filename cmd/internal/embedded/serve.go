// Package embedded starts servers for a command, and ends them with it: the
// reference server, which is this executable started again, and those of other
// people's command lines.
package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reference"
)

// Config says what an embedded reference server serves, in a form that crosses
// an exec.
type Config struct {
	reference.Config
	Method           reference.Method
	Workers          int // 0 is the server's own number
	Network, Address string
	Dir              string // is removed with it
}

// variable has it in the environment of that process.
const variable = "FCGIKIT_EMBEDDED"

// Main is the first line of main, after its handlers were registered: in a
// process that is to be a server, or one of its workers, it does not return.
func Main() {
	reference.Main()
	text, ok := os.LookupEnv(variable)
	if !ok {
		return
	}
	os.Unsetenv(variable)
	var c Config
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		err = c.serve()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(cli.ExitInternal)
}

// serve tells its address on standard output, and serves until standard input
// ends, with which whoever started it has ended.
func (c Config) serve() error {
	l, err := reference.Listen(c.Network, c.Address)
	if err != nil {
		return err
	}
	told := func() { fmt.Println(l.Addr()) }
	if c.Method == reference.Prefork {
		return c.servePrefork(l, told)
	}
	s, err := c.Server()
	if err != nil {
		return err
	}
	if c.Workers > 0 {
		s.MaxThreads = c.Workers
	}
	told() // who connects before Serve waits in the queue
	go c.leave(func() {})
	return s.Serve(l)
}

func (c Config) servePrefork(l net.Listener, told func()) error {
	p := &reference.Pool{Config: c.Config, Ready: told, MaxSpare: c.Workers, MaxChildren: c.Workers}
	go c.leave(func() {
		ctx, cancel := context.WithTimeout(context.Background(), leaveLimit)
		defer cancel()
		p.Shutdown(ctx)
	})
	return p.Serve(l)
}

// leaveLimit is for workers that a fault has made hang: nobody waits for their
// answers any more.
const leaveLimit = 300 * time.Millisecond

func (c Config) leave(stop func()) {
	io.Copy(io.Discard, os.Stdin)
	os.RemoveAll(c.Dir) // first: the process ends when the server has stopped
	stop()
	os.Exit(cli.ExitOK)
}
