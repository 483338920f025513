package containers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// A namespace is one of process numbers (pid_namespaces(7)), which a container's
// processes have of their own; as the links in /proc name it.
type namespace string

func namespaceOf(pid int) (namespace, error) {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	return namespace(link), err
}

// pids lists the living processes in it, as this machine counts them.
func (n namespace) pids() []int {
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	var pids []int
	for _, f := range folders {
		pid, _ := strconv.Atoi(filepath.Base(f)) // digits by the pattern
		if other, err := namespaceOf(pid); err == nil && other == n {
			pids = append(pids, pid)
		}
	}
	return pids
}
