package containers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Need is something that a peer runs on: one of Program, File and Check. The
// package that has it is Debian, Pip or Maven; none for Go, which whoever runs this
// has, and in a newer version than a distribution's.
type Need struct {
	Program string `yaml:"program"` // a pattern, looked for in PATH and the sbin folders
	File    string `yaml:"file"`
	Check   string `yaml:"check"` // a shell command that succeeds where the thing is there
	Debian  string `yaml:"debian"`
	Pip     string `yaml:"pip"`
	Maven   string `yaml:"maven"` // group:artifact:version
}

func (n Need) check() error {
	if count(n.Program, n.File, n.Check) != 1 {
		return errors.New("it has to name one of program, file and check")
	}
	if count(n.Debian, n.Pip, n.Maven) > 1 {
		return errors.New("it has to name one package, debian, pip or maven")
	}
	return nil
}

func count(values ...string) int {
	n := 0
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

// Missing tells what the peer lacks on this machine, with the packages that
// have it, or is empty where it can be started.
func (d Definition) Missing() string {
	if d.ContainerOnly {
		return d.Name + " runs in its container only"
	}
	var missing []string
	for _, n := range d.Needs {
		if !n.met() {
			missing = append(missing, n.String())
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return d.Name + " lacks " + strings.Join(missing, ", ")
}

// String names the thing and its package, as in "nginx (Debian: nginx-light)".
func (n Need) String() string {
	thing := n.Program + n.File + n.Check // two of them are empty
	switch {
	case n.Debian != "":
		return fmt.Sprintf("%s (Debian: %s)", thing, n.Debian)
	case n.Pip != "":
		return fmt.Sprintf("%s (pip: %s)", thing, n.Pip)
	case n.Maven != "":
		return fmt.Sprintf("%s (Maven: %s)", thing, n.Maven)
	default:
		return thing
	}
}

func (n Need) met() bool {
	switch {
	case n.Program != "":
		return installed(n.Program)
	case n.File != "":
		_, err := os.Stat(n.File)
		return err == nil
	default:
		return exec.Command("sh", "-c", n.Check).Run() == nil
	}
}

// installed looks into the sbin folders, too: servers are there, and a plain
// user's PATH often leaves them out.
func installed(pattern string) bool {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range found {
			if _, err := exec.LookPath(f); err == nil {
				return true
			}
		}
	}
	return false
}
