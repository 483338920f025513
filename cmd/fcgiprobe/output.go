package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// checkOutput finds out before the work is done whether a file can be written.
// Nothing of it stays.
func checkOutput(path string) error {
	f, err := beside(path)
	if err != nil || f.direct {
		return err
	}
	return f.discard()
}

// writeOutput writes a file whole or not at all: by a temporary name beside it,
// so that a failure leaves what was there.
func writeOutput(path string, last *lastActs, write func(io.Writer) error) error {
	f, err := beside(path)
	if err != nil {
		return err
	}
	if f.direct {
		return writeDirectly(path, write)
	}
	drop := last.add(func() { f.discard() })
	defer drop()
	if err := buffered(f, write); err != nil {
		f.discard()
		return err
	}
	if err := f.Close(); err != nil {
		f.discard()
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		f.discard()
		return err
	}
	return nil
}

// writeDirectly is for a device or a pipe, which must not be replaced by a file.
func writeDirectly(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(buffered(f, write), f.Close())
}

// keptError is output whose first error is asked for when all is printed.
type keptError struct {
	io.Writer
	err error
}

func (k *keptError) Write(b []byte) (int, error) {
	n, err := k.Writer.Write(b)
	if k.err == nil {
		k.err = err
	}
	return n, err
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriter(w)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// besideFile is what becomes the file.
type besideFile struct {
	*os.File
	path   string // the file's, without links
	direct bool   // it is no regular file; there is none beside it
}

// beside makes the temporary file, with the mode of the one that is there.
func beside(path string) (besideFile, error) {
	mode := fs.FileMode(0o666) // less the umask, as of any new file
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return besideFile{}, fmt.Errorf("%s is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		return besideFile{path: path, direct: true}, nil
	case err == nil:
		mode = info.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return besideFile{}, err
		}
	}
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), os.Getpid()))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return besideFile{}, &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	return besideFile{f, path, false}, nil
}

// cause is an error without the temporary name, of which nobody has heard.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (f besideFile) discard() error {
	f.Close()
	return os.Remove(f.Name())
}
