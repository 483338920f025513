package containers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// runfcgi is the command, built once for all tests that need it.
var runfcgi = built("runfcgi")

// built is a command of ours, which is built when it is first asked for.
func built(name string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir, err := builtDir()
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, name)
		out, err := exec.Command("go", "build", "-o", file, "../cmd/"+name).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		return file, nil
	})
}

// builtDir has the commands; TestMain removes it when all tests are done.
var builtDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "built") })

// servedByRunfcgi serves the variant for the length of the test, and gives the
// server's address. A gateway that is another user's can connect.
func servedByRunfcgi(t *testing.T, v Variant, words ...string) (target string) {
	t.Helper()
	file, err := runfcgi()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	words = append(words, "protocol="+v.Protocol, "method="+v.Method, "umask=0", "daemonize=false", "errlog=log", "workdir="+dir)
	if target = filepath.Join(dir, "s"); v.Network == "unix" {
		words = append(words, "socket=s")
	} else {
		words = append(words, "port=0")
	}
	if v.Secret != "" {
		words = append(words, "secret="+v.Secret)
	}
	cmd := exec.Command(file, words...)
	cmd.Env = inherited()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
	if err := onLastingThread(cmd.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopsRunfcgi(t, cmd, filepath.Join(dir, "log")) })
	if address := announcedBy(t, filepath.Join(dir, "log")); v.Network == "tcp" {
		return address
	}
	return target
}

var serving = regexp.MustCompile(`serving .* on (\S+), process`)

// announcedBy waits for the address that the server's log tells.
func announcedBy(t *testing.T, log string) string {
	t.Helper()
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(pollInterval) {
		text, _ := os.ReadFile(log) // there is none before the start
		if found := serving.FindSubmatch(text); found != nil {
			return string(found[1])
		}
	}
	t.Fatal("runfcgi does not start")
	return ""
}

func stopsRunfcgi(t *testing.T, cmd *exec.Cmd, log string) {
	t.Helper()
	kill := time.AfterFunc(startLimit, func() { killSession(cmd.Process.Pid) })
	defer kill.Stop()
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("runfcgi's end: %v", err)
	}
	if left := session(cmd.Process.Pid); len(left) > 0 {
		t.Errorf("processes %v of runfcgi are left", left)
	}
	if text, err := os.ReadFile(log); t.Failed() && err == nil {
		t.Logf("runfcgi's log:\n%s", text)
	}
}

// behind is what a gateway needs to have runfcgi behind it: where it serves, or
// the command by which the gateway starts it.
func behind(t *testing.T, v Variant, words ...string) string {
	t.Helper()
	if v.Network != Spawned {
		return servedByRunfcgi(t, v, words...)
	}
	file, err := runfcgi()
	if err != nil {
		t.Fatal(err)
	}
	words = append([]string{file, "protocol=" + v.Protocol, "method=" + v.Method, "daemonize=false"}, words...)
	return strings.Join(words, " ")
}

// unlengthed is the reason why lighttpd sends no body over AJP that a server
// could take.
var unlengthed = "lighttpd's mod_ajp13: " + lighttpdData.reason

// TestRunfcgiBehindEveryGateway has the gateways carry requests and answers to
// and from both methods, byte for byte.
func TestRunfcgiBehindEveryGateway(t *testing.T) {
	for _, name := range []string{"nginx", "apache", "lighttpd"} {
		d := lookup(t, name)
		for _, front := range d.Variants() {
			for _, method := range []string{"threaded", "prefork"} {
				t.Run(name+"/"+front.String()+"/"+method, func(t *testing.T) {
					t.Parallel()
					available(t, d)
					back := front
					back.Method = method
					target := behind(t, back)
					t.Run("kept by the browser alone", func(t *testing.T) {
						carriesAll(t, started(t, d, front, Options{Backend: target}))
					})
					if front.Protocol == "fcgi" && name != "lighttpd" { // which keeps none
						t.Run("kept by the gateway", func(t *testing.T) {
							carriesAll(t, started(t, d, front, Options{Backend: target, Env: []string{"PEER_KEEP=1"}}))
						})
					}
				})
			}
		}
	}
}

// carriesAll asks on one connection to the gateway, and on several at once.
func carriesAll(t *testing.T, gateway *Peer) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}, Timeout: time.Minute}
	defer c.CloseIdleConnections()
	answersThrough(t, gateway)
	for _, n := range lengths {
		carries(t, c, http.MethodGet, fmt.Sprintf("%sprobe?size=%d", gateway.URL(), n), nil, probeapp.Letters(n))
	}
	bodies := lengths
	if gateway.Definition.Name == "lighttpd" && gateway.Variant.Protocol == "ajp" {
		t.Log("no request bodies: ", unlengthed)
		bodies = nil
	}
	for _, n := range bodies {
		carries(t, c, http.MethodPost, gateway.URL()+"probe?body=echo", payload()[:n], payload()[:n])
	}
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for n := range 20 {
				carries(t, c, http.MethodGet, fmt.Sprintf("%sprobe?size=%d", gateway.URL(), 1000*n), nil, probeapp.Letters(1000*n))
			}
		})
	}
	all.Wait()
}

func carries(t *testing.T, c *http.Client, method, url string, body, want []byte) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	response, err := c.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !bytes.Equal(got, want) {
		t.Errorf("%s %s with %d bytes: %s, %d bytes of %d, the same: %v, %v",
			method, url, len(body), response.Status, len(got), len(want), bytes.Equal(got, want), err)
	}
}

// TestRunfcgiRecyclesUnderLoad has the workers replaced all the while that ab
// and wrk ask through nginx, which makes a connection for each request.
func TestRunfcgiRecyclesUnderLoad(t *testing.T) {
	d := lookup(t, "nginx")
	for _, load := range loads {
		for _, network := range []string{"unix", "tcp"} {
			t.Run(load.program+"/"+network, func(t *testing.T) {
				t.Parallel()
				available(t, d)
				has(t, load.program)
				target := servedByRunfcgi(t, Variant{Protocol: "fcgi", Method: "prefork", Network: network}, "maxrequests=100")
				gateway := started(t, d, Variant{Protocol: "fcgi", Network: network}, Options{Backend: target})
				out, err := exec.Command(load.program, append(slices.Clone(load.args), gateway.URL()+"probe?size=1000")...).CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if err := load.failed(string(out)); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

// loads are the load generators with what they say of failures.
var loads = []struct {
	program string
	args    []string
	failed  func(out string) error
}{
	{"ab", []string{"-n", "3000", "-c", "16", "-q"}, func(out string) error {
		if !regexp.MustCompile(`Complete requests: +3000\n`).MatchString(out) ||
			!regexp.MustCompile(`Failed requests: +0\n`).MatchString(out) || strings.Contains(out, "Non-2xx") {
			return errors.New("want 3000 requests, all of them answered with 200")
		}
		return nil
	}},
	{"wrk", []string{"-c", "16", "-t", "2", "-d", "2s"}, func(out string) error {
		if !strings.Contains(out, "Requests/sec") || strings.Contains(out, "Non-2xx") || strings.Contains(out, "Socket errors") {
			return errors.New("want answers with 200 alone")
		}
		return nil
	}},
}

// has skips the test where a program isn't, as available does for peers.
func has(t testing.TB, program string) {
	t.Helper()
	switch _, err := exec.LookPath(program); {
	case err == nil:
	case os.Getenv("FCGIKIT_REQUIRE_PEERS") == "1":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}
