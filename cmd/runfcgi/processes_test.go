package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is what /proc tells of one (proc(5)).
type process struct {
	parent, session int
	ended           bool // and nobody has asked for its exit code
}

// processes are all of them, by their ids.
func processes() map[int]process {
	all := map[int]process{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, f := range files {
		stat, err := os.ReadFile(f)
		if err != nil {
			continue // it is gone
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 4 {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f))) // digits by the pattern
		parent, _ := strconv.Atoi(fields[1])
		session, _ := strconv.Atoi(fields[3])
		all[pid] = process{parent, session, fields[0] == "Z" || fields[0] == "X"}
	}
	return all
}

func children(parent int) []int {
	var pids []int
	for pid, p := range processes() {
		if p.parent == parent && !p.ended {
			pids = append(pids, pid)
		}
	}
	return pids
}

// sessionLives tells whether a process of the session does.
func sessionLives(session int) bool {
	for _, p := range processes() {
		if p.session == session && !p.ended {
			return true
		}
	}
	return false
}

// beInit has this process take the place of init for what its children start in
// the background, so that nothing outlives the tests.
func beInit() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// killSession ends a server and its workers, which are in its session, and asks
// for their exit codes.
func killSession(session int) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		left := 0
		for pid, p := range processes() {
			if p.session == session {
				left++
				syscall.Kill(pid, syscall.SIGKILL)
				syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // a worker becomes our child when its server has ended
			}
		}
		if left == 0 {
			return
		}
	}
}
