package reference

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// TestListenReplacesStaleSocketsAlone, and nothing else at the path.
func TestListenReplacesStaleSocketsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	l, err := Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen("unix", path); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a live socket: %v", err)
	}
	l.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is left")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen("unix", path); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("an ordinary file: %v", err)
	}
}

// TestOfListensAtOnceOneWins though all find the same stale socket.
func TestOfListensAtOnceOneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for range 20 {
		stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		stale.SetUnlinkOnClose(false)
		stale.Close()
		var wg sync.WaitGroup
		listeners := make(chan net.Listener, 4)
		for range cap(listeners) {
			wg.Go(func() {
				if l, err := Listen("unix", path); err == nil {
					listeners <- l
				}
			})
		}
		wg.Wait()
		if len(listeners) != 1 {
			t.Fatalf("%d servers on one socket", len(listeners))
		}
		(<-listeners).Close()
	}
}

// TestAStoppingTCPServerServesItsQueueAlone: who had connected is served, who
// comes later is not let in, and finds the successor on the same port.
func TestAStoppingTCPServerServesItsQueueAlone(t *testing.T) {
	l, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	queued, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer queued.Close()
	if !hide(l) {
		t.Skip("this kernel takes no filter on a listening socket")
	}
	late := make(chan error, 1)
	go func() {
		c, err := net.DialTimeout("tcp", address, 20*time.Second)
		if err == nil {
			_, err = c.Write([]byte("x"))
			c.Close()
		}
		late <- err
	}()
	time.Sleep(50 * time.Millisecond) // for its first SYN to be dropped
	s := &Server{Protocol: client.SCGI, Handler: HandlerFunc(func(w *Response, r *Request) { io.WriteString(w, "served") })}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	io.WriteString(queued, "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,")
	b, err := io.ReadAll(queued)
	if err != nil || !strings.HasSuffix(string(b), "served") {
		t.Errorf("%q %v", b, err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != ErrStopped {
		t.Error(err)
	}
	successor, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer successor.Close()
	if err := <-late; err != nil {
		t.Errorf("who came late: %v", err)
	}
}

// TestAStopEndsThoughOthersConnect on a socket that is somebody else's.
func TestAStopEndsThoughOthersConnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // as Inherited gives one: it can't be hidden
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Protocol: client.SCGI, Handler: HandlerFunc(func(w *Response, r *Request) {})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
					c.Close()
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	begun := time.Now()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 5*sharedDrain {
		t.Errorf("the stop took %v", took)
	}
	cancel()
	wg.Wait()
	if err := <-served; err != ErrStopped {
		t.Error(err)
	}
}

// TestAnExpiredShutdownDoesNotWait for a handler that nothing wakes.
func TestAnExpiredShutdownDoesNotWait(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	begun := make(chan struct{})
	l, err := Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Protocol: client.SCGI, Handler: HandlerFunc(func(w *Response, r *Request) {
		close(begun)
		<-hang
	})}
	go s.Serve(l)
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,")
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestCheckInheritedTellsWhatIsThere on fd 0, which tests have no socket on.
func TestCheckInheritedTellsWhatIsThere(t *testing.T) {
	if err := CheckInherited(); err == nil || !strings.Contains(err.Error(), "fd 0") {
		t.Errorf("%v", err)
	}
	if _, err := Inherited(); err == nil {
		t.Error("a listener that is none")
	}
}

func TestPoolChecksItsNumbers(t *testing.T) {
	for _, test := range []struct {
		p    *Pool
		good bool
	}{
		{&Pool{}, true},
		{&Pool{MaxSpare: 1}, true},
		{&Pool{MinSpare: 8}, true},
		{&Pool{MinSpare: -1, MaxSpare: 1}, true},
		{&Pool{MaxSpare: 9, MaxChildren: 2}, true},
		{&Pool{MinSpare: 6, MaxSpare: 5}, false},
		{&Pool{MaxSpare: -1}, false},
	} {
		if err := test.p.Check(); (err == nil) != test.good {
			t.Errorf("minspare %d, maxspare %d: %v", test.p.MinSpare, test.p.MaxSpare, err)
		}
	}
}

// TestPoolSaysWhyItCannotStart, and leaves no worker.
func TestPoolSaysWhyItCannotStart(t *testing.T) {
	l, err := Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Pool{Config: Config{Protocol: client.FastCGI, Handler: "nobody"}, Ready: func() { t.Error("ready") }}
	if err := p.Serve(l); err == nil || !strings.Contains(err.Error(), "ended at its start") {
		t.Error(err)
	}
	if left := p.Pids(); len(left) > 0 {
		t.Errorf("workers %v are left", left)
	}
}

// TestPoolOutlivesAWorkerThatEndsAtItsStart where others have come so far.
func TestPoolOutlivesAWorkerThatEndsAtItsStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	p := &Pool{Config: Config{Protocol: client.FastCGI, Handler: "echo"}, MaxSpare: 2, Ready: func() { close(ready) }}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	<-ready
	tr, err := client.New(client.Target{Protocol: client.FastCGI, Network: "unix", Address: path})
	if err != nil {
		t.Fatal(err)
	}
	tr.DisableKeepAlives = true
	for range 20 { // some of those killed have only just been started
		for _, pid := range p.Pids() {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if _, err := askPid(tr); err != nil {
		t.Error(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != ErrStopped {
		t.Error(err)
	}
}
