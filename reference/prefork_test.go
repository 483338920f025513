package reference

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// TestPoolServesWithProcesses holds the workers' numbers, their replacement
// after MaxRequests, and a stop without a loss.
func TestPoolServesWithProcesses(t *testing.T) {
	for _, protocol := range client.Protocols {
		t.Run(string(protocol), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			l, err := Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			p := &Pool{Config: Config{Protocol: protocol, Handler: "echo"}, MaxRequests: 10, Logf: t.Logf}
			served := make(chan error, 1)
			go func() { served <- p.Serve(l) }()
			tr, err := client.New(client.Target{Protocol: protocol, Network: "unix", Address: path})
			if err != nil {
				t.Fatal(err)
			}
			tr.DisableKeepAlives = true
			const clients, each = 8, 25
			var mu sync.Mutex
			count := map[int]int{}
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for range each {
						pid, err := askPid(tr)
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						count[pid]++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			total := 0
			for pid, n := range count {
				total += n
				if n > 10 {
					t.Errorf("worker %d answered %d requests, 10 are allowed", pid, n)
				}
			}
			t.Log(len(count), "workers")
			if total != clients*each {
				t.Errorf("%d answers, want %d", total, clients*each)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := p.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			if err := <-served; err != ErrStopped {
				t.Error(err)
			}
		})
	}
}

// TestAStopServesTheQueueWithoutWorkers is a service manager's stop, which signals
// the workers, too: these have ended before the pool hears of it, and clients wait.
func TestAStopServesTheQueueWithoutWorkers(t *testing.T) {
	l, err := Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: l.Addr().String()}
	accepts := make(chan struct{})
	p := &Pool{Config: Config{Protocol: client.FastCGI, Handler: "echo"}, MaxSpare: 2, Logf: t.Logf, Ready: func() { close(accepts) }}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	<-accepts
	workers := p.Pids()
	p.mu.Lock() // the pool hears of nothing, and of the stop first
	stopped := make(chan error, 1)
	go func() { stopped <- p.Shutdown(t.Context()) }()
	time.Sleep(20 * time.Millisecond)
	for _, pid := range workers {
		endWorker(pid)
	}
	const clients = 8
	answered := make(chan error, clients)
	for range clients {
		go func() {
			tr, err := client.New(target)
			if err == nil {
				_, err = askPid(tr)
			}
			answered <- err
		}()
	}
	time.Sleep(50 * time.Millisecond)
	p.mu.Unlock()
	for range clients {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := <-served; err != ErrStopped {
		t.Error(err)
	}
}

// endWorker has a worker end, and waits for that.
func endWorker(pid int) {
	for syscall.Kill(pid, syscall.SIGTERM) == nil {
		time.Sleep(time.Millisecond)
	}
}

// TestAListenerWithoutADescriptorIsRefused since workers can't inherit it.
func TestAListenerWithoutADescriptorIsRefused(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Pool{Config: Config{Protocol: client.FastCGI, Handler: "echo"}}
	if err := p.Serve(struct{ net.Listener }{l}); err == nil || !strings.Contains(err.Error(), "descriptor") {
		t.Errorf("it serves, or says %v", err)
	}
}

func askPid(tr *client.Transport) (int, error) {
	req, err := http.NewRequest("GET", "http://localhost/", nil)
	if err != nil {
		return 0, err
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	pid, _, _ := strings.Cut(string(b), " ")
	return strconv.Atoi(pid)
}
