package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// pidfile is a file with our process id, locked while we live: the lock tells a
// server that lives from one that left its file behind, however often the system
// has given its process id to others since.
type pidfile struct {
	path string
	file *os.File
}

// writePidfile makes the file, whole at once. One that a living server holds is
// refused, and so is a file that is no pidfile.
func writePidfile(path string) (*pidfile, error) {
	if path == "" {
		return nil, nil
	}
	p, err := preparePidfile(path)
	if err != nil {
		return nil, fmt.Errorf("pidfile=%s can't be written: %w", path, cause(err))
	}
	defer os.Remove(p.file.Name())
	if err := succeed(p.place); err != nil {
		p.file.Close()
		return nil, fmt.Errorf("pidfile=%s: %w", path, err)
	}
	return p, nil
}

// preparePidfile makes it under another name.
func preparePidfile(path string) (*pidfile, error) {
	pid := strconv.Itoa(os.Getpid())
	f, err := os.OpenFile(path+"."+pid, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(pid + "\n"); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &pidfile{path, f}, nil
}

func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// placeAttempts is how often another start may come in between.
const placeAttempts = 10

// place gives it its name, in the place of a stale one.
func (p *pidfile) place() error {
	for range placeAttempts {
		err := os.Link(p.file.Name(), p.path)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		stale, err := holdStale(p.path)
		if err != nil {
			return err
		}
		if stale == nil {
			continue
		}
		err = os.Rename(p.file.Name(), p.path)
		stale.Close()
		return err
	}
	return errors.New("other servers start with it")
}

// holdStale locks a stale pidfile; nil is one that has been replaced or removed
// meanwhile.
func holdStale(path string) (*os.File, error) {
	if info, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is there and is no ordinary file: name another path, or remove it"), err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	if err := checkStale(f); err != nil {
		f.Close()
		return nil, err
	}
	if !leadsTo(path, f) {
		f.Close()
		return nil, nil
	}
	return f, nil
}

var errHeld = errors.New("another server lives and holds it")

// longestPid is more than the digits of any process id, with the newline.
const longestPid = 32

func checkStale(f *os.File) error {
	text, err := io.ReadAll(io.LimitReader(f, longestPid))
	if err != nil {
		return err
	}
	pid := strings.TrimSpace(string(text))
	if _, err := strconv.ParseUint(pid, 10, 32); err != nil && pid != "" {
		return errors.New("it is there and has no process id in it: name another path, or remove it")
	}
	if err := lock(f); err == syscall.EWOULDBLOCK {
		return fmt.Errorf("%w: its process id is %s", errHeld, pid)
	} else if err != nil {
		return err
	}
	return nil
}

func leadsTo(path string, f *os.File) bool {
	now, err := os.Lstat(path)
	own, err2 := f.Stat()
	return err == nil && err2 == nil && os.SameFile(now, own)
}

// remove takes the file away, if it is still ours. nil has none.
func (p *pidfile) remove() {
	if p == nil {
		return
	}
	if leadsTo(p.path, p.file) {
		os.Remove(p.path)
	}
	p.file.Close()
}
