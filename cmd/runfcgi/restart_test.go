package main

import (
	"fmt"
	"net"
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

// restart is the script of Django's documentation: it waits for nothing.
const restart = `if [ -f p ]; then kill $(cat p); rm -f p; fi; exec runfcgi pidfile=p "$@"`

// TestARestartLosesNothing has clients ask all the while, and one with a request
// that outlasts the old server's place.
func TestARestartLosesNothing(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		for _, method := range []string{"prefork", "threaded"} {
			t.Run(network+"/"+method, func(t *testing.T) {
				t.Parallel()
				s := restartable(t, network, method)
				s.restart(t)
				wait := inFlight(s.asker(t), 1, "delay=1500")
				time.Sleep(100 * time.Millisecond)
				askedDuring(t, s.asker(t), func() {
					for range 2 {
						s.restart(t)
					}
				})
				for _, err := range wait() {
					if err != nil {
						t.Errorf("the request that takes long: %v", err)
					}
				}
			})
		}
	}
}

// restartedServer is one that the script starts again and again.
type restartedServer struct {
	running
	dir   string
	words []string
}

func restartable(t *testing.T, network, method string) *restartedServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "runfcgi")
	if err != nil {
		t.Fatal(err)
	}
	s := &restartedServer{dir: dir, words: []string{"method=" + method, "errlog=log"}}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s.target = client.Target{Protocol: client.FastCGI, Network: network, Address: filepath.Join(dir, "s")}
	if network == "unix" {
		s.words = append(s.words, "socket=s")
		return s
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.target.Address = l.Addr().String()
	s.words = append(s.words, "port="+strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	l.Close()
	return s
}

func (s *restartedServer) restart(t *testing.T) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", restart, "restart"}, s.words...)...)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pid := s.pid(t)
	t.Cleanup(func() { killSession(pid) })
}

func (s *restartedServer) pid(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "p"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestAKilledServerHasASuccessor at once, while one of its workers still answers
// what takes long.
func TestAKilledServerHasASuccessor(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			s := restartable(t, network, "prefork")
			s.restart(t)
			wait := inFlight(s.asker(t), 1, "delay=3000")
			time.Sleep(100 * time.Millisecond)
			syscall.Kill(s.pid(t), syscall.SIGKILL)
			begun := time.Now()
			s.restart(t)
			if _, err := answer(s.asker(t), ""); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 2500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			if err := wait()[0]; err != nil {
				t.Errorf("the request that takes long: %v", err)
			}
		})
	}
}

// TestTheBackgroundsEndIsLogged where the launcher, which would have told of it, has
// ended long before.
func TestTheBackgroundsEndIsLogged(t *testing.T) {
	t.Parallel()
	s := restartable(t, "unix", "threaded")
	s.restart(t)
	pid := s.pid(t)
	wait := inFlight(s.asker(t), 1, "delay=5000")
	time.Sleep(100 * time.Millisecond)
	syscall.Kill(pid, syscall.SIGTERM)
	time.Sleep(50 * time.Millisecond)
	syscall.Kill(pid, syscall.SIGTERM)
	if err := wait()[0]; err == nil {
		t.Error("it was answered")
	}
	eventually(t, "the log tells of it", func() bool {
		text, err := os.ReadFile(filepath.Join(s.dir, "log"))
		return err == nil && strings.Contains(string(text), "runfcgi: stopped at once: requests that were not answered yet are cut off\n")
	})
}

// askedDuring has clients ask while something happens. Who finds nobody there
// tries again; all else that fails is lost.
func askedDuring(t *testing.T, tr *client.Transport, happens func()) {
	t.Helper()
	var stop atomic.Bool
	var answered, refused atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				_, err := answer(tr, "")
				switch {
				case err == nil:
					answered.Add(1)
				case isDial(err):
					refused.Add(1)
					time.Sleep(time.Millisecond)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	happens()
	time.Sleep(50 * time.Millisecond)
	stop.Store(true)
	wg.Wait()
	t.Log(fmt.Sprint(answered.Load(), " answered, ", refused.Load(), " found nobody"))
}
