package load

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// generatorUsage is what this process took since it was made, and the highest
// of what was seen of it at each look.
type generatorUsage struct {
	cpu   time.Duration
	gc    debug.GCStats
	taken result.Usage
}

func newGeneratorUsage() *generatorUsage {
	g := &generatorUsage{cpu: processorTime(syscall.RUSAGE_SELF)}
	debug.ReadGCStats(&g.gc)
	g.look()
	return g
}

// look brings the usage up to date.
func (g *generatorUsage) look() {
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	u := &g.taken
	u.CPU = processorTime(syscall.RUSAGE_SELF) - g.cpu
	u.GCs, u.GCPauses = gc.NumGC-g.gc.NumGC, gc.PauseTotal-g.gc.PauseTotal
	u.Goroutines = max(u.Goroutines, runtime.NumGoroutine())
	u.Descriptors = max(u.Descriptors, descriptors())
	u.Processes, u.Cores = 1, cores()
	if self, ok := readProcess(os.Getpid()); ok {
		u.Memory = max(u.Memory, self.memory)
	}
}

func (g *generatorUsage) usage() result.Usage { return g.taken }

func processorTime(who int) time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(who, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// descriptors are those open now; 0 where /proc does not tell.
func descriptors() int {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return 0
	}
	return len(names) - 1 // less the one that looks
}
