package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
	"github.com/fcgikit/fcgikit/reference"
)

func TestMain(m *testing.M) {
	register()
	reference.Main()
	if err := beInit(); err != nil {
		panic(err)
	}
	clitest.Main(m, parallel, map[string]func(){"runfcgi": main})
}

// tests of servers mostly wait for them, so more may run at once than there are
// processors.
const parallel = 6

// TestScript runs the command as its user does.
func TestScript(t *testing.T) {
	clitest.Scripts(t, testscript.Params{
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":       wantCode,
			"background": background,
			"get":        get,
			"await":      await_,
			"gone":       gone,
			"signal":     signal_,
			"ended":      ended,
			"leader":     leader,
			"children":   wantChildren,
			"mode":       wantMode,
			"occupy":     occupy,
			"stale":      stale,
			"others":     others,
			"freeport":   freePort,
			"values":     wantValue,
			"slower":     slower,
			"says":       says,
		},
		Setup: func(env *testscript.Env) error {
			// spawn-fcgi looks for no program in PATH.
			path, err := exec.LookPath("runfcgi")
			env.Setenv("RUNFCGI", path)
			return err
		},
		Condition: func(cond string) (bool, error) {
			if cond == "ipv6" {
				l, err := net.Listen("tcp", "[::1]:0")
				if err == nil {
					l.Close()
				}
				return err == nil, nil
			}
			return false, fmt.Errorf("no condition is named %q", cond)
		},
	})
}

// wantCode is: code N ARGUMENTS. The command ends with that exit code, and has
// said one line of error at most.
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("runfcgi", args[1:]...)
	var exit *exec.ExitError
	got := "0"
	if errors.As(err, &exit) {
		got = strconv.Itoa(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s (%v)", got, args[0], err)
	}
	if lines := strings.Count(ts.ReadFile("stderr"), "\n"); args[0] != "0" && lines != 1 {
		ts.Fatalf("%d lines of error, want one", lines)
	}
}

// background is: background ARGUMENTS, a pidfile in the working directory among
// them. The server is
// ended with the script, if it lives then.
func background(ts *testscript.TestScript, neg bool, args []string) {
	o, err := parse(args)
	ts.Check(err)
	ts.Check(ts.Exec("runfcgi", args...))
	pid := pidIn(ts, filepath.Join(o.workdir, filepath.Base(o.pidfile)))
	ts.Defer(func() { killSession(pid) })
}

// get is: get TARGET QUERY [K=V...]. It prints the answer's status and body; a
// parameter secret=S is AJP's, and pad=N sends one of N bytes in the largest
// packets.
func get(ts *testscript.TestScript, neg bool, args []string) {
	err := ask(ts, args)
	if neg && err == nil {
		ts.Fatalf("it answered")
	} else if !neg {
		ts.Check(err)
	}
}

func ask(ts *testscript.TestScript, args []string) error {
	target, err := client.ParseTarget(args[0])
	ts.Check(err)
	if target.Network == "unix" && !strings.HasPrefix(target.Address, "@") {
		target.Address = ts.MkAbs(target.Address)
	}
	tr, err := client.New(target)
	ts.Check(err)
	defer tr.CloseIdleConnections()
	tr.Timeout = 10 * time.Second
	for _, a := range args[2:] {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "secret":
			tr.Secret = value
		case "pad":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			tr.PacketSize = ajp.MaxPacketSize
			tr.Params = append(tr.Params, [2]string{"PAD", strings.Repeat("x", n)})
		default:
			tr.Params = append(tr.Params, [2]string{name, value})
		}
	}
	path, query, has := strings.Cut(args[1], "?")
	if !has {
		path, query = "/", args[1]
	}
	req, err := http.NewRequest("GET", "http://localhost"+path+"?"+query, nil)
	ts.Check(err)
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	fmt.Fprintln(ts.Stdout(), resp.StatusCode)
	_, err = io.Copy(ts.Stdout(), resp.Body)
	return err
}

// patience is for a machine whose processors are all busy.
const patience = 10 * time.Second

func until(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// await_ is: await SOCKET.
func await_(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, args[0]+" accepts", func() bool {
		c, err := net.Dial("unix", ts.MkAbs(args[0]))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// gone is: gone FILE...
func gone(ts *testscript.TestScript, neg bool, args []string) {
	for _, f := range args {
		until(ts, f+" is gone", func() bool {
			_, err := os.Lstat(ts.MkAbs(f))
			return errors.Is(err, fs.ErrNotExist)
		})
	}
}

// pidIn waits for a pidfile, which comes after the socket.
func pidIn(ts *testscript.TestScript, pidfile string) int {
	until(ts, pidfile+" is there", func() bool {
		_, err := os.Lstat(ts.MkAbs(pidfile))
		return err == nil
	})
	text := ts.ReadFile(pidfile)
	pid, err := strconv.Atoi(strings.TrimSuffix(text, "\n"))
	ts.Check(err)
	return pid
}

// signal_ is: signal SIGNAL PIDFILE. The pidfile's process id is kept in $PID.
func signal_(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1, "KILL": syscall.SIGKILL}
	pid := pidIn(ts, args[1])
	ts.Setenv("PID", strconv.Itoa(pid))
	ts.Check(syscall.Kill(pid, signals[args[0]]))
}

// ended is: ended PID. The process and all of its session are.
func ended(ts *testscript.TestScript, neg bool, args []string) {
	pid, err := strconv.Atoi(args[0])
	ts.Check(err)
	until(ts, "the session of "+args[0]+" has ended", func() bool { return !sessionLives(pid) })
	killSession(pid) // the ended ones, too, want somebody to ask for their exit codes
}

// leader is: leader PIDFILE. The process leads its session, and its parent is
// init, whose place the test has.
func leader(ts *testscript.TestScript, neg bool, args []string) {
	pid := pidIn(ts, args[0])
	p := processes()[pid]
	if p.session != pid || p.parent != os.Getpid() {
		ts.Fatalf("process %d: session %d, parent %d", pid, p.session, p.parent)
	}
}

// wantChildren is: children N PIDFILE.
func wantChildren(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	pid := pidIn(ts, args[1])
	until(ts, args[0]+" children", func() bool { return len(children(pid)) == n })
}

// wantMode is: mode FILE OCTAL.
func wantMode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has the mode %s, want %s", args[0], got, args[1])
	}
}

// occupy is: occupy NAME. A server listens on the TCP address that the variable
// gets.
func occupy(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// stale is: stale SOCKET. It is left by a server that has ended.
func stale(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: ts.MkAbs(args[0]), Net: "unix"})
	ts.Check(err)
	l.SetUnlinkOnClose(false)
	ts.Check(l.Close())
}

// others is: others FILE. It gets the process id of a program that lives.
func others(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendln(nil, os.Getpid()), 0o600))
}

// freePort is: freeport NAME. Nobody listens on the port that the variable gets.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// wantValue is: values SOCKET NAME=VALUE. FastCGI's GET_VALUES gives that.
func wantValue(ts *testscript.TestScript, neg bool, args []string) {
	d, err := client.Detect(context.Background(), client.Target{Network: "unix", Address: ts.MkAbs(args[0])})
	ts.Check(err)
	for _, v := range d.Values {
		if string(v.Name)+"="+string(v.Value) == args[1] {
			return
		}
	}
	ts.Fatalf("it declares %v, want %s", d.Values, args[1])
}

// slower is: slower DURATION SOCKET. Of the requests of three seconds one takes
// that long: some come between two stalls.
func slower(ts *testscript.TestScript, neg bool, args []string) {
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		start := time.Now()
		ts.Check(ask(ts, []string{"fcgi+unix:" + args[1], ""}))
		if time.Since(start) >= limit {
			return
		}
	}
	ts.Fatalf("every request took less than %v", limit)
}

// says is: says FILE TEXT. The file has the text, or gets it soon.
func says(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, args[0]+" has "+strconv.Quote(args[1]), func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(text), args[1])
	})
}
