package load

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// treeUsage is what a process and its descendants took since it was made.
type treeUsage struct {
	root     int // 0 is none
	cpu      time.Duration
	members  []member // at the last scan
	resident int64    // bytes, the most at once, whoever shares them
	looks    int
	taken    result.Usage
}

// member is a process of the tree. If it has another parent some time, it is
// another process by its number, or has left.
type member struct{ pid, parent int }

// scanEvery is the look at which it is found out anew who belongs to the tree, and
// what memory they share: all processes of the machine are read for that, and
// some thousand of them take as many requests' time.
const scanEvery = 10

func newTreeUsage(root int) *treeUsage {
	t := &treeUsage{root: root}
	if root != 0 {
		t.scan()
		t.cpu, t.taken.CPU = t.taken.CPU, 0
	}
	return t
}

// look brings the usage up to date. What a tree had taken that has ended stays.
func (t *treeUsage) look() {
	if t.looks++; t.looks%scanEvery == 0 {
		t.scan()
		return
	}
	all := map[int]process{}
	for _, m := range t.members {
		if p, ok := readProcess(m.pid); ok && p.parent == m.parent {
			all[m.pid] = p
		}
		runtime.Gosched() // a request may be due
	}
	t.take(all, false)
}

// scan is a look at all processes.
func (t *treeUsage) scan() {
	if t.root == 0 {
		return
	}
	all := readTree(t.root)
	t.members = t.members[:0]
	for pid, p := range all {
		t.members = append(t.members, member{pid, p.parent})
	}
	t.take(all, true)
}

// take adds a look to the books. The memory is worked out where it may have
// become more: that takes the kernel long.
func (t *treeUsage) take(all map[int]process, split bool) {
	var cpu time.Duration
	var resident int64
	for _, p := range all {
		cpu += p.cpu
		resident += p.memory
	}
	u := &t.taken
	u.CPU = max(u.CPU, cpu-t.cpu)
	u.Processes = max(u.Processes, len(all))
	if split || resident > t.resident {
		t.resident = max(t.resident, resident)
		u.Memory = max(u.Memory, memoryOf(all))
	}
}

func (t *treeUsage) usage() result.Usage { return t.taken }

// process is what /proc tells of one.
type process struct {
	parent int
	cpu    time.Duration // its own, and that of its children that have ended
	memory int64         // bytes, resident; 0 of a zombie
}

// readTree is a process and its descendants. A child's time is its parent's once
// it has ended: nothing is lost, nor counted twice.
func readTree(root int) map[int]process {
	all := readProcesses()
	tree := map[int]process{}
	for pid, p := range all {
		if descends(all, pid, root) {
			tree[pid] = p
		}
	}
	return tree
}

// memoryOf is what each has of its own, and once what the one that shares the most
// shares: the workers of a prefork server have most of it in common, their program
// above all. (PSS would divide that by all who have it, those outside of the tree,
// too.)
func memoryOf(all map[int]process) (bytes int64) {
	var shared int64
	for pid, p := range all {
		own, common := p.split(pid)
		bytes += own
		shared = max(shared, common)
		runtime.Gosched()
	}
	return bytes + shared
}

// descends follows the parents. Those are read one after the other, so that they
// may, by chance, go round: none is deeper than there are processes.
func descends(all map[int]process, pid, root int) bool {
	for range len(all) {
		if pid == root {
			return true
		}
		p, ok := all[pid]
		if !ok {
			return false
		}
		pid = p.parent
	}
	return false
}

func readProcesses() map[int]process {
	paths, _ := filepath.Glob("/proc/[0-9]*")
	all := make(map[int]process, len(paths))
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid); ok {
			all[pid] = p
		}
		runtime.Gosched()
	}
	return all
}

// longRead is how long the kernel may add up a process's memory, while it has the
// round's only processor.
const longRead = time.Millisecond

// split divides a process's memory into its own and what it shares with others.
// All is its own where the kernel does not tell, as of another user's process.
func (p process) split(pid int) (own, shared int64) {
	began := time.Now()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	relieve(time.Since(began), longRead)
	if err != nil {
		return p.memory, 0
	}
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) != 3 {
			continue
		}
		kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
		switch name := string(fields[0]); {
		case err != nil:
		case strings.HasPrefix(name, "Private_"):
			own += kib << 10
		case strings.HasPrefix(name, "Shared_"):
			shared += kib << 10
		}
	}
	return own, shared
}

// Fields of /proc/PID/stat after the command's name, see proc(5).
const (
	statState  = 0
	statParent = 1
	statUtime  = 11
	statStime  = 12
	statCutime = 13
	statCstime = 14
	statRSS    = 21
)

// tick is the unit of times in /proc: Linux gives user space 100 a second,
// whatever its own clock does.
const tick = time.Second / 100

// readProcess reads one process; false if there is none, or it is a zombie,
// which has only its time left.
func readProcess(pid int) (p process, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, false
	}
	name := bytes.LastIndexByte(text, ')') // the name itself may have anything
	fields := bytes.Fields(text[name+1:])
	if len(fields) <= statRSS {
		return process{}, false
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n
	}
	p.parent = int(number(statParent))
	p.cpu = time.Duration(number(statUtime)+number(statStime)+number(statCutime)+number(statCstime)) * tick
	if string(fields[statState]) != "Z" {
		p.memory = number(statRSS) * int64(os.Getpagesize())
	}
	return p, true
}
