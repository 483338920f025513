package containers

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// session lists the living processes of the session, by /proc (proc(5)).
func session(id int) []int {
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	var pids []int
	for _, f := range files {
		stat, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		if inSession(string(stat), id) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f))) // digits by the pattern
			pids = append(pids, pid)
		}
	}
	return pids
}

// inSession reads a line of /proc/PID/stat. The name in it, in parentheses, may
// hold anything; behind it come state, parent, process group and session. A
// zombie has ended, and waits for a parent that may never ask.
func inSession(stat string, id int) bool {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	return len(fields) > 3 && fields[3] == strconv.Itoa(id) && fields[0] != "Z" && fields[0] != "X"
}

func killSession(id int) {
	for _, pid := range session(id) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended since
	}
}
