package reference

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// Pool serves a listener with processes: workers that each serve one connection
// at a time, as flup's prefork server did. A worker is this executable started
// again, see Main.
type Pool struct {
	Config Config // what the workers serve

	MinSpare    int // idle workers below which more are started; 0 is 2
	MaxSpare    int // idle workers above which some end, and the number at the start; 0 is 5
	MaxChildren int // workers at most; 0 is 50
	MaxRequests int // connections after which a worker is replaced; 0 is no limit

	Logf func(format string, args ...any) // what happens to workers; nil is nowhere

	mu       sync.Mutex
	workers  map[*worker]struct{}
	stopping bool
	events   chan event
	listener net.Listener
	started  int
	done     chan struct{}
}

// Defaults of flup, and so of runfcgi.
const (
	DefaultMinSpare    = 2
	DefaultMaxSpare    = 5
	DefaultMaxChildren = 50
)

// worker is one process, as its parent sees it.
type worker struct {
	cmd     *exec.Cmd
	control *os.File // its status comes from it; orders go to it
	state   workerState
	number  int
}

type workerState byte

const (
	starting workerState = iota
	idle
	busy
	leaving // told to end, or at its last connection
)

// event is something that a worker said, or its end.
type event struct {
	w    *worker
	said byte
	err  error // of the process
}

// What a worker says, and what it is told; a byte each.
const (
	saysIdle  = 'i'
	saysBusy  = 'b'
	saysLast  = 'l' // it has taken its last connection
	saysEnd   = 'e' // the process has ended
	toldLeave = 'q' // end when idle; others serve the queue
	toldStop  = 's' // serve the queue, and end
)

// ErrNoMain is a prefork start in a program whose main does not begin with
// reference.Main.
var ErrNoMain = errors.New("reference: prefork workers are this program started again: begin main and TestMain with reference.Main()")

// Serve keeps workers that serve l, until Shutdown. It closes l.
func (p *Pool) Serve(l net.Listener) error {
	defer l.Close()
	if !mainCalled {
		return ErrNoMain
	}
	socket, err := descriptor(l)
	if err != nil {
		return fmt.Errorf("reference: the listener's descriptor: %w", err)
	}
	defer socket.Close()
	p.begin(l)
	defer close(p.done)
	for range p.maxSpare() {
		if err := p.spawn(socket); err != nil {
			p.endAll()
			return err
		}
	}
	return p.supervise(socket)
}

// descriptor is the listening socket for the workers. The listener's own File
// would not do: each start of a process would make the socket, which all of them
// share, blocking for a moment, and a worker that accepts just then would hear
// no order any more.
func descriptor(l net.Listener) (*os.File, error) {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd uintptr
	var errno syscall.Errno
	err = raw.Control(func(own uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, own, syscall.F_DUPFD_CLOEXEC, 0)
	})
	if err != nil {
		return nil, err
	}
	if errno != 0 {
		return nil, errno
	}
	return os.NewFile(fd, "listener"), nil
}

func (p *Pool) begin(l net.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers = map[*worker]struct{}{}
	p.events = make(chan event, 64)
	p.done = make(chan struct{})
	p.listener = l
}

// supervise keeps the number of workers right until the last one has ended
// after Shutdown.
func (p *Pool) supervise(socket *os.File) error {
	for e := range p.events {
		p.mu.Lock()
		p.note(e)
		left, stopping := len(p.workers), p.stopping
		p.mu.Unlock()
		if stopping {
			if left == 0 {
				return ErrStopped
			}
			continue
		}
		if e.said == saysEnd && e.err != nil && e.w.state == starting {
			p.endAll()
			return fmt.Errorf("reference: a worker ended at its start: %w", e.err)
		}
		p.adjust(socket)
	}
	return nil
}

// note takes an event down. The lock is held.
func (p *Pool) note(e event) {
	switch e.said {
	case saysIdle:
		if e.w.state != leaving {
			e.w.state = idle
		}
	case saysBusy:
		if e.w.state != leaving {
			e.w.state = busy
		}
	case saysLast:
		e.w.state = leaving
	case saysEnd:
		delete(p.workers, e.w)
		e.w.control.Close()
		if e.err != nil {
			p.logf("worker %d ended: %v", e.w.cmd.Process.Pid, e.err)
		}
	}
}

// adjust starts workers, or ends some.
func (p *Pool) adjust(socket *os.File) {
	for {
		p.mu.Lock()
		spare, total := 0, 0
		var youngest *worker
		for w := range p.workers {
			if w.state == leaving {
				continue
			}
			total++
			if w.state != busy {
				spare++
			}
			if w.state == idle && (youngest == nil || w.number > youngest.number) {
				youngest = w
			}
		}
		p.mu.Unlock()
		switch {
		case spare < p.minSpare() && total < p.maxChildren() || total < min(p.maxSpare(), p.maxChildren()):
			if err := p.spawn(socket); err != nil {
				p.logf("a worker can't be started: %v", err)
				return
			}
		case spare > p.maxSpare() && youngest != nil:
			p.mu.Lock()
			youngest.state = leaving
			p.mu.Unlock()
			youngest.tell(toldLeave)
		default:
			return
		}
	}
}

// spawn starts one worker with the listening socket on fd 0.
func (p *Pool) spawn(socket *os.File) error {
	ours, theirs, err := controlPair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	config, err := json.Marshal(p.Config)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Args = []string{os.Args[0]}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = socket, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{theirs} // fd 3
	cmd.Env = append(os.Environ(), workerVariable+"="+string(config), fmt.Sprintf("%s=%d", maxRequestsVariable, p.MaxRequests))
	// A group of its own, so that Ctrl-C reaches the parent alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		ours.Close()
		return err
	}
	p.mu.Lock()
	p.started++
	w := &worker{cmd: cmd, control: ours, number: p.started}
	p.workers[w] = struct{}{}
	stopping := p.stopping
	p.mu.Unlock()
	if stopping {
		w.tell(toldStop)
	}
	go p.listen(w)
	return nil
}

// controlPair is a pair of connected sockets: a worker's line to its parent.
func controlPair() (ours, theirs *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "parent"), nil
}

// listen passes on what a worker says, and its end.
func (p *Pool) listen(w *worker) {
	var said [1]byte
	for {
		if n, err := w.control.Read(said[:]); n == 0 || err != nil {
			break
		}
		p.events <- event{w: w, said: said[0]}
	}
	p.events <- event{w: w, said: saysEnd, err: w.cmd.Wait()}
}

func (w *worker) tell(order byte) { w.control.Write([]byte{order}) }

// Shutdown has the workers serve the connections that were made before it, and
// end; those that are left when ctx is done are killed.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.stopping = true
	done := p.done
	if done == nil {
		p.mu.Unlock()
		return nil
	}
	hide(p.listener)
	for w := range p.workers {
		w.state = leaving
		w.tell(toldStop)
	}
	none := len(p.workers) == 0
	p.mu.Unlock()
	if none {
		p.events <- event{w: &worker{}}
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		p.kill()
		<-done
		return ctx.Err()
	}
}

func (p *Pool) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.workers {
		w.cmd.Process.Kill()
	}
}

// endAll is the end after a failed start.
func (p *Pool) endAll() {
	p.kill()
	for {
		p.mu.Lock()
		left := len(p.workers)
		p.mu.Unlock()
		if left == 0 {
			return
		}
		e := <-p.events
		p.mu.Lock()
		p.note(e)
		p.mu.Unlock()
	}
}

// Pids are the workers' process ids.
func (p *Pool) Pids() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pids []int
	for w := range p.workers {
		pids = append(pids, w.cmd.Process.Pid)
	}
	return pids
}

func (p *Pool) logf(format string, args ...any) {
	if p.Logf != nil {
		p.Logf(format, args...)
	}
}

func (p *Pool) minSpare() int    { return orDefault(p.MinSpare, DefaultMinSpare) }
func (p *Pool) maxSpare() int    { return max(orDefault(p.MaxSpare, DefaultMaxSpare), p.minSpare()) }
func (p *Pool) maxChildren() int { return orDefault(p.MaxChildren, DefaultMaxChildren) }

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}
