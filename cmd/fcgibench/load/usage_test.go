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
	tree.scan()
	in.Write([]byte("stop\n"))
	work.Wait()
	tree.scan()
	u := tree.usage()
	if u.CPU < 20*time.Millisecond || u.Processes != 2 || u.Memory < 1<<18 {
		t.Errorf("%+v, of a loop and two processes", u)
	}
}

// TestMemoryThatProcessesShareCountsOnce: of copies of one program most is the
// same pages.
func TestMemoryThatProcessesShareCountsOnce(t *testing.T) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip(err)
	}
	work := exec.Command("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; echo done; read stop; kill $(jobs -p)")
	in, _ := work.StdinPipe()
	out, _ := work.StdoutPipe()
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	defer work.Wait()
	defer in.Write([]byte("stop\n"))
	out.Read(make([]byte, 5))
	var memory, resident int64
	var processes int
	for range 100 { // until all have become another program
		time.Sleep(10 * time.Millisecond)
		all := readTree(work.Process.Pid)
		memory, processes, resident = memoryOf(all), len(all), 0
		for _, p := range all {
			resident += p.memory
		}
	}
	if processes != 9 || memory < resident/9 || memory > resident/2 {
		t.Errorf("%d processes with %d bytes of memory, %d resident", processes, memory, resident)
	}
}

func TestTreeOfNobodyIsEmpty(t *testing.T) {
	tree := newTreeUsage(0)
	tree.look()
	if u := tree.usage(); u.Processes != 0 || u.CPU != 0 {
		t.Errorf("%+v", u)
	}
	if len(readTree(os.Getpid())) < 1 {
		t.Error("this process has no tree")
	}
}

// TestTreeHasThoseThatComeLater at the next scan, and before that what those that
// are known have taken.
func TestTreeHasThoseThatComeLater(t *testing.T) {
	work := exec.Command("sh", "-c", "read go; sleep 60 & echo done; read stop; kill $!")
	in, _ := work.StdinPipe()
	out, _ := work.StdoutPipe()
	if err := work.Start(); err != nil {
		t.Fatal(err)
	}
	defer work.Wait()
	defer in.Write([]byte("stop\n"))
	tree := newTreeUsage(work.Process.Pid)
	in.Write([]byte("go\n"))
	out.Read(make([]byte, 5))
	for range scanEvery - 1 {
		tree.look()
	}
	if n := tree.usage().Processes; n != 1 {
		t.Errorf("%d processes before the scan", n)
	}
	tree.look()
	if n := tree.usage().Processes; n != 2 {
		t.Errorf("%d processes after the scan", n)
	}
}
