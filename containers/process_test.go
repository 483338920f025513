package containers

import (
	"bufio"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stubborn ignores SIGTERM, and so does a worker that leaves the process group.
const stubborn = `
trap '' TERM
set -m
sleep 600 &
wait
`

// orphanDir is the environment variable that makes of the test's executable
// the one that [TestNothingSurvivesItsStarter] kills.
const orphanDir = "PEERS_TEST_ORPHAN_DIR"

// abandon starts a stubborn program, prints its number and waits for its end.
func abandon(dir string) {
	p, err := spawn(dir, nil)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(strconv.Itoa(p.pid) + "\n")
	<-p.exited
	os.Exit(0)
}

func program(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, definitionDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, definitionDir, "run"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// within waits for something that has to come about soon.
func within(limit time.Duration, f func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if f() {
			return true
		}
	}
	return false
}

func TestEndKillsWhatIgnoresSIGTERM(t *testing.T) {
	t.Parallel()
	p, err := spawn(program(t, stubborn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !within(time.Second, func() bool { return len(session(p.pid)) == 2 }) {
		t.Errorf("want the program and its worker, got %v", session(p.pid))
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
	if left := session(p.pid); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

func TestNothingSurvivesItsStarter(t *testing.T) {
	t.Parallel()
	dir := program(t, stubborn)
	starter := exec.Command(os.Args[0])
	starter.Env = append(os.Environ(), orphanDir+"="+dir)
	output, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if !within(time.Second, func() bool { return len(session(pid)) == 2 }) {
		t.Errorf("want the program and its worker, got %v", session(pid))
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	starter.Wait() // it was killed
	if !within(5*time.Second, func() bool { return len(session(pid)) == 0 }) {
		t.Errorf("processes %v are left", session(pid))
		killSession(pid)
	}
	if !within(time.Second, func() bool { _, err := os.Stat(dir); return errors.Is(err, fs.ErrNotExist) }) {
		t.Error("the scratch folder is left")
	}
}

func TestInSessionReadsOddNames(t *testing.T) {
	for stat, want := range map[string]bool{
		"12 (sh) S 1 12 77 0 -1":          true,
		"12 (a) S 1 2 3) R 1 12 77 0 -1":  true,
		"12 (a (77) 77) S 1 77 12 0 -1":   false,
		"12 (sh) Z 1 12 77 0 -1":          false,
		"12 (sh) S 1 12 770 0 -1":         false,
		"12 (sh) S":                       false,
		"":                                false,
		"12 (php-fpm: ma) S 1 12 77 0 -1": true,
	} {
		if inSession(stat, 77) != want {
			t.Errorf("%q: want %v", stat, want)
		}
	}
}

func TestListensTellsWhosePortItIs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	own, err := strconv.Atoi(stat(t)[3])
	if err != nil {
		t.Fatal(err)
	}
	if !listens(session(own), l.Addr().String()) {
		t.Error("our own listener isn't found")
	}
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := onLastingThread(other.Start); err != nil {
		t.Fatal(err)
	}
	if listens(session(other.Process.Pid), l.Addr().String()) {
		t.Error("our own listener is taken for another program's")
	}
	other.Process.Kill()
	other.Wait() // it was killed
}

func stat(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}
