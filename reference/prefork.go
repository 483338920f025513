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
	"time"
)

// Pool serves a listener with processes: workers that each serve one connection
// at a time, as flup's prefork server did. A worker is this executable started
// again, see Main.
type Pool struct {
	Config Config // what the workers serve

	// MinSpare is the number of idle workers below which more are started: 0 is
	// 2, or MaxSpare where that is less; negative is none.
	MinSpare int
	// MaxSpare is the number of idle workers above which some end, and the number
	// at the start: 0 is 5, or MinSpare where that is more.
	MaxSpare int
	// MaxChildren is the number of workers at most, but no less than MaxSpare: 0
	// is 50.
	MaxChildren int
	// MaxRequests is the number of connections, of one request or more each,
	// after which a worker is replaced: 0 is no limit.
	MaxRequests int

	Ready func()                           // is called when the first worker accepts; nil is nobody
	Logf  func(format string, args ...any) // what happens to workers; nil is nowhere

	mu       sync.Mutex
	workers  map[*worker]struct{}
	stopping bool
	killed   bool
	order    byte // what Shutdown tells workers
	accepted bool // a worker has come so far
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
	toldStop  = 's' // serve the queue, which nobody joins any more, and end
	toldShare = 'h' // the same, of a queue that others may join
)

// ErrNoMain is a prefork start in a program whose main does not begin with
// reference.Main.
var ErrNoMain = errors.New("reference: prefork workers are this program started again: begin main and TestMain with reference.Main()")

// Serve keeps workers that serve l, until Shutdown. It closes l.
func (p *Pool) Serve(l net.Listener) error {
	defer l.Close()
	if err := p.Check(); err != nil {
		return err
	}
	if !mainCalled {
		return ErrNoMain
	}
	socket, err := descriptor(l)
	if err != nil {
		return err
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
	c, ok := l.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("reference: prefork workers need a listener with a descriptor (syscall.Conn), and %T has none", l)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var copied *os.File
	var failed error
	if err := raw.Control(func(fd uintptr) { copied, failed = duplicate(int(fd)) }); err != nil {
		return nil, err
	}
	return copied, failed
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
	var again <-chan time.Time
	for {
		failed := false
		select {
		case e := <-p.events:
			left, stopping := p.take(e)
			if stopping {
				if p.leaveQueue(socket, left, e.err) && left == 0 {
					return ErrStopped
				}
				continue
			}
			if failed = e.said == saysEnd && e.err != nil && e.w.state == starting; failed && !p.accepted {
				p.endAll()
				return fmt.Errorf("reference: a worker ended at its start: %w", e.err)
			}
		case <-again:
			again = nil
		}
		if again == nil && (failed || !p.adjust(socket)) {
			again = time.After(spawnPause)
		}
	}
}

// leaveQueue closes the listening socket, which a successor may need, when Shutdown
// has come and the workers have what they need. It does not while connections wait
// that nobody else will serve: workers may have been told to end by others, as by a
// service manager that signals all processes of a service. If none is left one more
// is started for them, unless the last one failed.
func (p *Pool) leaveQueue(socket *os.File, workers int, failed error) (left bool) {
	if p.order == toldStop && queued(p.listener) {
		if workers > 0 {
			return false
		}
		if failed == nil && p.spawn(socket) == nil {
			return false
		}
	}
	socket.Close()
	p.listener.Close()
	return true
}

// spawnPause is between two attempts to start workers where one has failed: the
// cause, a limit of processes or memory, does not go away at once.
const spawnPause = time.Second

// take notes an event, and says what is left.
func (p *Pool) take(e event) (workers int, stopping bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(e)
	if e.said == saysIdle && !p.accepted {
		p.accepted = true
		if p.Ready != nil {
			p.Ready()
		}
	}
	return len(p.workers), p.stopping
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

// adjust starts workers, or ends some. It says whether it could.
func (p *Pool) adjust(socket *os.File) bool {
	for {
		n := p.count()
		switch {
		case n.processes < p.maxChildren() && (n.staying < p.maxSpare() || n.spare < p.minSpare()):
			if err := p.spawn(socket); err != nil {
				p.logf("a worker can't be started: %v", err)
				return false
			}
		case n.spare > p.maxSpare() && n.youngest != nil:
			p.mu.Lock()
			n.youngest.state = leaving
			p.mu.Unlock()
			n.youngest.tell(toldLeave)
		default:
			return true
		}
	}
}

// census is how many workers there are: all, those that don't leave, those that
// don't serve; and the youngest of the idle ones.
type census struct {
	processes, staying, spare int
	youngest                  *worker
}

func (p *Pool) count() census {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := census{processes: len(p.workers)}
	for w := range p.workers {
		if w.state == leaving {
			continue
		}
		n.staying++
		if w.state != busy {
			n.spare++
		}
		if w.state == idle && (n.youngest == nil || w.number > n.youngest.number) {
			n.youngest = w
		}
	}
	return n
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
	self, err := executable()
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
	if p.stopping {
		w.state = leaving
		w.tell(p.order)
	}
	if p.killed {
		cmd.Process.Kill()
	}
	p.mu.Unlock()
	go p.listen(w)
	return nil
}

// executable is this program's file. Of one that is gone, as go run's is once its
// command has returned, the kernel still has the content.
func executable() (string, error) {
	self, err := os.Executable()
	if err == nil {
		if _, err := os.Stat(self); err != nil {
			return "/proc/self/exe", nil
		}
	}
	return self, err
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
	p.stopping, p.order = true, toldShare
	done := p.done
	if done == nil {
		p.mu.Unlock()
		return nil
	}
	if hide(p.listener) {
		p.order = toldStop
	}
	for w := range p.workers {
		w.state = leaving
		w.tell(p.order)
	}
	p.mu.Unlock()
	p.events <- event{w: &worker{}} // has supervise look
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
	p.killed = true
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

// Check holds the numbers against each other.
func (p *Pool) Check() error {
	switch {
	case p.MaxSpare < 0:
		return fmt.Errorf("maxspare is %d: expected 1 or more, for without workers nobody is served", p.MaxSpare)
	case p.minSpare() > p.maxSpare():
		return fmt.Errorf("minspare is %d and maxspare %d: expected no more than maxspare, for else workers would start and end without pause", p.minSpare(), p.maxSpare())
	}
	return nil
}

func (p *Pool) minSpare() int {
	if p.MinSpare == 0 && p.MaxSpare > 0 {
		return min(DefaultMinSpare, p.MaxSpare)
	}
	return max(0, orDefault(p.MinSpare, DefaultMinSpare))
}

func (p *Pool) maxSpare() int {
	return orDefault(p.MaxSpare, max(DefaultMaxSpare, p.MinSpare))
}

func (p *Pool) maxChildren() int {
	return max(orDefault(p.MaxChildren, DefaultMaxChildren), p.maxSpare())
}

func orDefault(n, otherwise int) int {
	if n != 0 {
		return n
	}
	return otherwise
}
