package embedded

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// child is a server that we have started, in a process group of its own: a
// Ctrl-C is not for it, and its own children end with it.
type child struct {
	cmd    *exec.Cmd
	output *os.File // what it has written; nobody else can see the file
	ended  chan struct{}
	drop   func()
}

func startChild(cmd *exec.Cmd, last *cli.LastActs) (*child, error) {
	output, err := os.CreateTemp("", "fcgikit-output-*")
	if err != nil {
		return nil, err
	}
	os.Remove(output.Name())
	if cmd.Stdout == nil {
		cmd.Stdout = output
	}
	cmd.Stderr = output
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		output.Close()
		return nil, err
	}
	c := &child{cmd: cmd, output: output, ended: make(chan struct{})}
	c.drop = last.Add(func() { c.signal(syscall.SIGKILL) })
	go func() {
		cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// signal is for the whole process group. None of it being left is no error.
func (c *child) signal(s syscall.Signal) { syscall.Kill(-c.pid(), s) }

// pid is the process's, and the group's.
func (c *child) pid() int { return c.cmd.Process.Pid }

// patience is how long a server has to end by itself.
const patience = 2 * time.Second

// stop ends it, and what is left of its process group.
func (c *child) stop() {
	deadline := time.Now().Add(patience)
	select {
	case <-c.ended:
	case <-time.After(patience):
	}
	for syscall.Kill(-c.pid(), 0) == nil && time.Now().Before(deadline) {
		time.Sleep(cli.PollInterval)
	}
	c.signal(syscall.SIGKILL)
	<-c.ended
	c.drop()
}

// how says how it has ended.
func (c *child) how() string { return c.cmd.ProcessState.String() }

// saidLimit bounds what is read of the output's end.
const saidLimit = 64 << 10

// said are the last lines of what it has written.
func (c *child) said(lines int) []string {
	info, err := c.output.Stat()
	if err != nil {
		return nil
	}
	text := make([]byte, min(info.Size(), saidLimit))
	n, err := c.output.ReadAt(text, info.Size()-int64(len(text)))
	if err != nil && err != io.EOF {
		return nil
	}
	text = bytes.TrimSpace(text[:n])
	if len(text) == 0 {
		return nil
	}
	all := strings.Split(string(text), "\n")
	return all[max(0, len(all)-lines):]
}

// PrintSaid prints lines as those of another program.
func PrintSaid(w io.Writer, who string, lines []string) {
	if len(lines) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the last that %s wrote:\n", who)
	for _, line := range lines {
		fmt.Fprintf(&b, "  | %s\n", line)
	}
	io.WriteString(w, b.String())
}
