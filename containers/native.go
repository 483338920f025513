package containers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A native is a program on this machine, the leader of a session of its own:
// flup's and others' workers leave its process group, but not its session.
type native struct {
	dir      string
	pid      int
	exited   chan struct{} // closed when the program has ended
	err      error         // how, from then on
	guardian *guardian
}

// spawn runs the script of the definition that was copied into dir.
func spawn(dir string, env []string) (*native, error) {
	log, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	cmd := exec.Command("sh", filepath.Join(dir, definitionDir, "run"))
	cmd.Dir, cmd.Env = dir, append(inherited(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
	if err := onLastingThread(cmd.Start); err != nil {
		return nil, err
	}
	n := &native{dir: dir, pid: cmd.Process.Pid, exited: make(chan struct{})}
	go func() {
		n.err = cmd.Wait()
		close(n.exited)
	}()
	if n.guardian, err = guardSession(n.pid, dir); err != nil {
		return n, err
	}
	return n, nil
}

func (n *native) done() <-chan struct{} { return n.exited }

func (n *native) outcome() error { return n.err }

func (n *native) pids() []int { return session(n.pid) }

func (n *native) script(ctx context.Context, argument string) ([]byte, error) {
	return exec.CommandContext(ctx, "sh", filepath.Join(n.dir, definitionDir, "run"), argument).CombinedOutput()
}

// killed is how long a machine that is busy may take to end killed processes: it
// says nothing of the peer.
const killed = 30 * time.Second

func (n *native) end() error {
	n.terminate()
	if !n.gone(grace) {
		killSession(n.pid)
		if !n.gone(killed) {
			return fmt.Errorf("processes %v of session %d are left after SIGKILL", session(n.pid), n.pid)
		}
	}
	if n.guardian != nil {
		return n.guardian.dismiss()
	}
	return nil
}

// terminate asks the program alone, as "docker stop" does: its workers are its
// own to end. multiwatch starts one again that such a signal ended before it.
func (n *native) terminate() {
	select {
	case <-n.exited:
	default:
		_ = syscall.Kill(n.pid, syscall.SIGTERM) // it may end just now
	}
}

// gone waits until no process of the session is left.
func (n *native) gone(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	select {
	case <-n.exited:
	case <-time.After(limit):
		return false
	}
	for len(session(n.pid)) > 0 {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pollInterval)
	}
	return true
}

// lastingThread runs functions on a thread that ends with this process. The
// kernel sends a child its death signal when the thread that started it ends.
var lastingThread = sync.OnceValue(func() chan<- func() {
	functions := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range functions {
			f()
		}
	}()
	return functions
})

func onLastingThread(f func() error) error {
	result := make(chan error)
	lastingThread() <- func() { result <- f() }
	return <-result
}
