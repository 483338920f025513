package containers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// grace is the time that a program has to end after SIGTERM. uWSGI takes one
// second; flup's prefork servers never end on an idle socket.
const grace = 2 * time.Second

// A process is the program of a peer, the leader of a session of its own:
// flup's and others' workers leave its process group, but not its session.
type process struct {
	pid      int
	exited   chan struct{} // closed when the program has ended
	err      error         // how, from then on
	guardian *guardian
}

// spawn runs the script of the definition that was copied into dir.
func spawn(dir string, env []string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	cmd := exec.Command("sh", filepath.Join(dir, definitionDir, "run"))
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
	if err := onLastingThread(cmd.Start); err != nil {
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	if p.guardian, err = guard(p.pid, dir); err != nil {
		return p, err
	}
	return p, nil
}

// end stops the program and all of its session, and waits for that.
func (p *process) end() error {
	p.terminate()
	if !p.gone(grace) {
		killSession(p.pid)
		if !p.gone(grace) {
			return fmt.Errorf("processes %v of session %d are left after SIGKILL", session(p.pid), p.pid)
		}
	}
	if p.guardian != nil {
		return p.guardian.dismiss()
	}
	return nil
}

// terminate asks the program alone, as "docker stop" does: its workers are its
// own to end. multiwatch starts one again that such a signal ended before it.
func (p *process) terminate() {
	select {
	case <-p.exited:
	default:
		_ = syscall.Kill(p.pid, syscall.SIGTERM) // it may end just now
	}
}

// gone waits until no process of the session is left.
func (p *process) gone(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	select {
	case <-p.exited:
	case <-time.After(limit):
		return false
	}
	for len(session(p.pid)) > 0 {
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
