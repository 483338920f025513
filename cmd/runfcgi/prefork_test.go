package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// running is a server in the foreground.
type running struct {
	cmd    *exec.Cmd
	log    string
	socket string
	target client.Target
}

// started starts it on a unix socket, for the length of the test.
func started(t *testing.T, words ...string) *running {
	t.Helper()
	dir, err := os.MkdirTemp("", "runfcgi") // short: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &running{log: filepath.Join(dir, "log"), socket: filepath.Join(dir, "s")}
	r.target = client.Target{Protocol: client.FastCGI, Network: "unix", Address: r.socket}
	r.cmd = exec.Command("runfcgi", append([]string{"daemonize=false", "socket=" + r.socket, "errlog=" + r.log}, words...)...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.cmd.Process.Kill()
		r.cmd.Wait()
		killSession(r.cmd.Process.Pid)
		if text, err := os.ReadFile(r.log); t.Failed() && err == nil {
			t.Logf("its log:\n%s", text)
		}
	})
	eventually(t, "it serves", func() bool {
		text, err := os.ReadFile(r.log)
		return err == nil && strings.Contains(string(text), "serving")
	})
	return r
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

func (r *running) workers() []int { return children(r.cmd.Process.Pid) }

// stopped waits for the server's end, and gives its exit code.
func (r *running) stopped(t *testing.T) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- r.cmd.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	if sessionLives(r.cmd.Process.Pid) {
		eventually(t, "its workers have ended", func() bool { return !sessionLives(r.cmd.Process.Pid) })
	}
	if _, err := os.Lstat(r.socket); err == nil {
		t.Error("the socket is still there")
	}
	return r.cmd.ProcessState.ExitCode()
}

func (r *running) signal(s syscall.Signal) { r.cmd.Process.Signal(s) }

// asker asks on a new connection each time, and never twice.
func (r *running) asker(t *testing.T) *client.Transport {
	t.Helper()
	tr, err := client.New(r.target)
	if err != nil {
		t.Fatal(err)
	}
	tr.DisableKeepAlives = true
	tr.Timeout = patience
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func answer(tr *client.Transport, query string) (body string, err error) {
	req, err := http.NewRequest("GET", "http://localhost/?"+query, nil)
	if err != nil {
		return "", err
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return string(b), err
}

// inFlight asks in the background until it is waited for.
func inFlight(tr *client.Transport, n int, query string) (wait func() (errs []error)) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { _, errs[i] = answer(tr, query) })
	}
	return func() []error {
		wg.Wait()
		return errs
	}
}

// TestNumbersOfWorkers are flup's: at rest maxspare, under b requests minspare
// more than b, and no more than maxchildren.
func TestNumbersOfWorkers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ minspare, maxspare, maxchildren, requests, workers int }{
		{2, 5, 50, 1, 5},
		{2, 5, 50, 8, 10},
		{1, 3, 4, 6, 4},
		{0, 2, 10, 6, 2},
		{1, 4, 2, 6, 4},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			t.Parallel()
			r := started(t, fmt.Sprint("minspare=", test.minspare), fmt.Sprint("maxspare=", test.maxspare), fmt.Sprint("maxchildren=", test.maxchildren))
			eventually(t, "maxspare workers at the start", func() bool { return len(r.workers()) == test.maxspare })
			wait := inFlight(r.asker(t), test.requests, "delay=600")
			eventually(t, fmt.Sprint(test.workers, " workers under load"), func() bool { return len(r.workers()) == test.workers })
			for range 20 {
				if n := len(r.workers()); n > test.workers {
					t.Errorf("%d workers under load, want %d", n, test.workers)
				}
				time.Sleep(5 * time.Millisecond)
			}
			for _, err := range wait() {
				if err != nil {
					t.Error(err)
				}
			}
			eventually(t, "maxspare workers afterwards", func() bool { return len(r.workers()) == test.maxspare })
		})
	}
}

// TestAKilledWorkerIsReplaced has it killed in the middle of a request, under
// others: that one is lost, and no other.
func TestAKilledWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	r := started(t, "maxspare=3", "minspare=1")
	eventually(t, "three workers", func() bool { return len(r.workers()) == 3 })
	victim := make(chan int, 1)
	tr := r.asker(t)
	const clients, each = 4, 50
	var lost atomic.Int32
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := range each {
				if _, err := answer(tr, "delay=5"); err != nil {
					lost.Add(1)
				}
				if i == each/2 {
					select {
					case victim <- r.workers()[0]:
					default:
					}
				}
			}
		})
	}
	pid := <-victim
	syscall.Kill(pid, syscall.SIGKILL)
	wg.Wait()
	if lost.Load() > 1 {
		t.Errorf("%d requests are lost", lost.Load())
	}
	eventually(t, "three other workers", func() bool {
		now := r.workers()
		for _, w := range now {
			if w == pid {
				return false
			}
		}
		return len(now) == 3
	})
	r.signal(syscall.SIGTERM)
	if code := r.stopped(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestAllWorkersKilledAreReplaced at once, and the queue waits for that.
func TestAllWorkersKilledAreReplaced(t *testing.T) {
	t.Parallel()
	r := started(t)
	eventually(t, "five workers", func() bool { return len(r.workers()) == 5 })
	for _, pid := range r.workers() {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	if _, err := answer(r.asker(t), ""); err != nil {
		t.Error(err)
	}
	eventually(t, "five workers", func() bool { return len(r.workers()) == 5 })
}

// TestWorkersLeaveAfterMaxRequests holds every worker to its number.
func TestWorkersLeaveAfterMaxRequests(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 7} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			r := started(t, fmt.Sprint("maxrequests=", limit))
			tr := r.asker(t)
			served := map[string]int{}
			for range 40 {
				body, err := answer(tr, "")
				if err != nil {
					t.Fatal(err)
				}
				_, pid, _ := strings.Cut(body, `"pid": `)
				pid, _, _ = strings.Cut(pid, ",")
				served[pid]++
			}
			for pid, n := range served {
				if n > limit {
					t.Errorf("worker %s answered %d requests", pid, n)
				}
			}
		})
	}
}

// TestNoRequestIsLostToAStop has clients that go on until nobody accepts any
// more: of what was connected all is answered, while workers also leave.
func TestNoRequestIsLostToAStop(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"prefork", "threaded"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			r := started(t, "method="+method, "maxrequests=10")
			const clients, each, stopAfter = 8, 200, 500
			tr := r.asker(t)
			var answered, refused, lost atomic.Int32
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for range each {
						_, err := answer(tr, "delay=1")
						switch {
						case err == nil:
							if answered.Add(1) == stopAfter {
								r.signal(syscall.SIGTERM)
							}
						case isDial(err):
							refused.Add(1)
						default:
							lost.Add(1)
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			t.Logf("%d answered, %d found nobody, %d lost", answered.Load(), refused.Load(), lost.Load())
			if answered.Load() < stopAfter || refused.Load() == 0 {
				t.Error("the stop did not come in between")
			}
			if code := r.stopped(t); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// TestAStopWaitsForTheAnswer in both methods, and does not wait for a
// connection that is merely kept.
func TestAStopWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"prefork", "threaded"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			r := started(t, "method="+method)
			kept := r.asker(t)
			kept.DisableKeepAlives = false
			if _, err := answer(kept, ""); err != nil {
				t.Fatal(err)
			}
			wait := inFlight(r.asker(t), 2, "delay=300&size=100000")
			time.Sleep(100 * time.Millisecond)
			begun := time.Now()
			r.signal(syscall.SIGTERM)
			if code := r.stopped(t); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			for _, err := range wait() {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestASecondSignalStopsAtOnce whatever is asked.
func TestASecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{{"method=prefork"}, {"method=threaded"}, {"method=threaded", "protocol=scgi"}} {
		t.Run(strings.Join(words, " "), func(t *testing.T) {
			t.Parallel()
			r := started(t, words...)
			if len(words) > 1 {
				r.target.Protocol = client.SCGI
			}
			wait := inFlight(r.asker(t), 1, "delay=5000")
			time.Sleep(100 * time.Millisecond)
			begun := time.Now()
			r.signal(syscall.SIGTERM)
			time.Sleep(100 * time.Millisecond)
			r.signal(syscall.SIGINT)
			if code := r.stopped(t); code != 1 {
				t.Errorf("exit code %d, want 1: a request was cut off", code)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if err := wait()[0]; err == nil {
				t.Error("it was answered")
			}
		})
	}
}

// TestWorkersOutliveNoMaster: they answer what they have, and end.
func TestWorkersOutliveNoMaster(t *testing.T) {
	t.Parallel()
	r := started(t)
	wait := inFlight(r.asker(t), 1, "delay=200")
	time.Sleep(100 * time.Millisecond)
	r.signal(syscall.SIGKILL)
	if err := wait()[0]; err != nil {
		t.Error(err)
	}
	r.cmd.Wait()
	eventually(t, "all workers have ended", func() bool { return !sessionLives(r.cmd.Process.Pid) })
}

// TestStartsAtOnceDoNotTakeOver starts several servers on one stale socket.
func TestStartsAtOnceDoNotTakeOver(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "runfcgi")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if err := os.WriteFile(filepath.Join(dir, "p"), []byte("999999\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const starts = 6
	var wg sync.WaitGroup
	var succeeded atomic.Int32
	for i := range starts {
		wg.Go(func() {
			words := []string{"method=threaded", "pidfile=p", "socket=s"}
			if i%2 == 1 {
				words[2] = "socket=s" + strconv.Itoa(i) // these compete for the pidfile alone
			}
			cmd := exec.Command("runfcgi", words...)
			cmd.Dir = dir
			if cmd.Run() == nil {
				succeeded.Add(1)
			}
		})
	}
	wg.Wait()
	text, err := os.ReadFile(filepath.Join(dir, "p"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	killSession(pid)
	if succeeded.Load() != 1 {
		t.Errorf("%d servers started with one pidfile", succeeded.Load())
	}
}
