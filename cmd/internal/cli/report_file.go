package cli

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client"
)

// ReportFile is a flag that names a file to be written; "-" is standard output.
type ReportFile struct {
	Flag, Path string
	Endings    []string // usual ones; the first is the example's
}

// CheckReports checks every file before anything runs: one at most is for
// standard output, or for another file.
func CheckReports(files []ReportFile) error {
	stdout := ""
	taken := map[string]string{} // by which flag
	for _, r := range files {
		if r.Path == "-" && stdout != "" {
			return Misused("-%s - and -%s -: expected one report on standard output, and a file for the other, such as -%[2]s report%s", stdout, r.Flag, r.Endings[0])
		}
		if r.Path == "-" {
			stdout = r.Flag
			continue
		}
		path := filepath.Clean(r.Path)
		if flag, twice := taken[path]; twice && !isDevice(path) {
			return Misused("-%s %s and -%s %[2]s: expected a file for each, such as -%[3]s report%[4]s", flag, r.Path, r.Flag, r.Endings[0])
		}
		taken[path] = r.Flag
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// check finds a name that is a target: more likely the flag lacks its value. And
// it finds a file that can't be written.
func (r ReportFile) check() error {
	if r.isTarget() {
		return Misused("-%s %s: expected a file such as report%s, not a target", r.Flag, r.Path, r.Endings[0])
	}
	if err := CheckOutput(r.Path); err != nil {
		return Misused("-%s: %v: expected a file that can be written, such as report%s", r.Flag, err, r.Endings[0])
	}
	return nil
}

// isDevice is whether a file is one, or a pipe, which takes several.
func isDevice(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

func (r ReportFile) isTarget() bool {
	if NamesTarget(r.Path) {
		return true
	}
	_, missing := os.Stat(r.Path)
	_, err := client.ParseTarget(r.Path)
	return err == nil && missing != nil && !slices.Contains(r.Endings, filepath.Ext(r.Path))
}

// NamesTarget is whether a name is rather a target than a file: a socket that is
// there, or what has a protocol, a network or a port.
func NamesTarget(path string) bool {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Type() == fs.ModeSocket
	}
	_, err := client.ParseTarget(path)
	return err == nil && strings.Contains(path, ":")
}

// Write writes it.
func (r ReportFile) Write(in *Invocation, write func(io.Writer) error) error {
	if r.Path == "-" {
		return Buffered(in.Stdout, write)
	}
	return WriteOutput(r.Path, in.Last, write)
}
