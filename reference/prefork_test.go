package reference

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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
