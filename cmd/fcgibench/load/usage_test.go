package load

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestGeneratorTellsWhatItTook(t *testing.T) {
	g := newGeneratorUsage()
	for start := time.Now(); time.Since(start) < 30*time.Millisecond; {
	}
	g.look()
	u := g.usage()
	if u.CPU <= 0 || u.CPU > 10*time.Second || u.Memory < 1<<20 || u.Goroutines < 1 || u.Descriptors < 3 {
		t.Errorf("%+v", u)
	}
}

// The work is done by a grandchild that has ended when it is looked at.
func TestTreeHasTheTimeOfThoseThatEnded(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	work := exec.Command(shell, "-c", `read go; sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; sleep 60 & echo done; read stop; kill $!`)
	in, _ := work.StdinPipe()
	out, _ := work.StdoutPipe()
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	tree := newTreeUsage(work.Process.Pid)
	if u := tree.usage(); u.Processes != 1 || u.CPU != 0 {
		t.Errorf("before the work: %+v", u)
	}
	in.Write([]byte("go\n"))
	out.Read(make([]byte, 5))
	tree.look()
	in.Write([]byte("stop\n"))
	work.Wait()
	tree.look()
	u := tree.usage()
	if u.CPU < 20*time.Millisecond || u.Processes != 2 || u.Memory < 1<<18 {
		t.Errorf("%+v, of a loop and two processes", u)
	}
}

func TestTreeOfNobodyIsEmpty(t *testing.T) {
	tree := newTreeUsage(0)
	tree.look()
	if u := tree.usage(); u.Processes != 0 || u.CPU != 0 {
		t.Errorf("%+v", u)
	}
	if _, _, n := readTree(os.Getpid()); n < 1 {
		t.Error("this process has no tree")
	}
}
