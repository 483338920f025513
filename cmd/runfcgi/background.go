package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// launcher is the command that started this process in the background, and waits
// to hear that it serves.
type launcher struct {
	pipe *os.File
	gone bool
}

const (
	launcherVariable = "RUNFCGI_LAUNCHER" // is set in the background's environment
	launcherFd       = 3                  // its pipe to the launcher: the first of exec.Cmd's ExtraFiles
	readyWord        = "serving "         // and the address; all else is why it does not
)

// takeLauncher is nil in the foreground.
func takeLauncher() *launcher {
	if os.Getenv(launcherVariable) == "" {
		return nil
	}
	os.Unsetenv(launcherVariable)
	syscall.CloseOnExec(launcherFd) // the workers' end must not be waited for
	return &launcher{pipe: os.NewFile(launcherFd, "launcher")}
}

// ready lets the launcher end. If it has ended before, nobody knows of us.
func (l *launcher) ready(address string) error {
	if l == nil {
		return nil
	}
	l.gone = true
	if _, err := fmt.Fprintln(l.pipe, readyWord+address); err != nil {
		return fmt.Errorf("whoever started it has gone: %w", err)
	}
	return l.pipe.Close()
}

// Write takes what is wrong: for the launcher, or for the log when that has gone.
func (l *launcher) Write(p []byte) (int, error) {
	if l.gone {
		return os.Stderr.Write(p)
	}
	return l.pipe.Write(p)
}

// launch starts the server as a process of its own session, whose parent is
// init as soon as this one ends, and waits until it serves.
func launch(o *options, args []string, stdout io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	keepToOurselves()
	cmd := exec.Command(self, args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), launcherVariable+"=1")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if o.inherits() {
		cmd.Stdin = os.Stdin
	}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return fmt.Errorf("it can't be started in the background: %w", err)
	}
	return await(o, cmd, r, stdout)
}

func await(o *options, cmd *exec.Cmd, r io.Reader, stdout io.Writer) error {
	said, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if address, ok := strings.CutPrefix(string(said), readyWord); ok {
		if o.port == "0" {
			io.WriteString(stdout, address)
		}
		return nil
	}
	ended := cmd.Wait()
	if len(said) == 0 {
		return fmt.Errorf("it ended at its start, in the background: %v", ended)
	}
	reason := strings.TrimPrefix(strings.TrimSpace(string(said)), "runfcgi: ")
	return &exitError{max(cmd.ProcessState.ExitCode(), exitFailed), errors.New(reason)}
}

// keepToOurselves keeps descriptors that we were started with from the
// background: a lock or a pipe that it held would be waited for.
func keepToOurselves() {
	all, _ := filepath.Glob("/proc/self/fd/*") // the pattern is well-formed
	for _, name := range all {
		if fd, err := strconv.Atoi(filepath.Base(name)); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
