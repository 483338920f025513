package main

import (
	"fmt"
	"os"
	"syscall"
)

// The background's own, where nothing else is said.
const (
	backgroundUmask   = 0o022
	backgroundWorkdir = "/" // so that no file system is kept from being unmounted
)

// enter sets the process's working directory and umask.
func (o *options) enter() error {
	workdir := o.workdir
	if workdir == "" && o.daemonize {
		workdir = backgroundWorkdir
	}
	if workdir != "" {
		if err := os.Chdir(workdir); err != nil {
			return fmt.Errorf("workdir=%s: %w", workdir, cause(err))
		}
	}
	if o.umask != nil {
		syscall.Umask(*o.umask)
	} else if o.daemonize {
		syscall.Umask(backgroundUmask)
	}
	return nil
}

// logs are the files for standard output and error, where there are any.
type logs struct{ out, err *os.File }

func (o *options) openLogs() (logs, error) {
	var l logs
	var err error
	if l.out, err = openLog("outlog", o.outlog); err != nil {
		return l, err
	}
	l.err, err = openLog("errlog", o.errlog)
	return l, err
}

// openLog appends, so that several servers may share a file.
func openLog(name, path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	// A terminal must not become the background's, and a named pipe that nobody
	// reads must not be waited for.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0o666)
	if err == nil {
		err = syscall.SetNonblock(int(f.Fd()), false) // a slow reader loses nothing
	}
	if err != nil {
		return nil, fmt.Errorf("%s=%s can't be written: %w", name, path, cause(err))
	}
	return f, nil
}

// use puts the files in the place of standard output and error, for the workers,
// too.
func (l logs) use() error {
	for fd, f := range map[int]*os.File{1: l.out, 2: l.err} {
		if f == nil {
			continue
		}
		if err := syscall.Dup3(int(f.Fd()), fd, 0); err != nil {
			return fmt.Errorf("%s can't take fd %d: %w", f.Name(), fd, err)
		}
		f.Close()
	}
	return nil
}
