package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Output is a file that is written whole or not at all: by a temporary name
// beside it, so that a failure leaves what was there. A device or a pipe, which
// must not be replaced by a file, is written directly.
type Output struct {
	*bufio.Writer
	file   *os.File
	path   string // the file's, without links
	direct bool
	drop   func()
}

// Create begins a file. It is there once it was committed.
func Create(path string, last *LastActs) (*Output, error) {
	o, err := open(path)
	if err != nil {
		return nil, err
	}
	o.Writer = bufio.NewWriter(o.file)
	o.drop = last.Add(func() { o.remove() })
	return o, nil
}

// Commit makes it the file, or removes it where it can't be.
func (o *Output) Commit() error {
	defer o.drop()
	if err := errors.Join(o.Flush(), o.file.Close()); err != nil {
		o.remove()
		return err
	}
	if o.direct {
		return nil
	}
	if err := os.Rename(o.file.Name(), o.path); err != nil {
		o.remove()
		return err
	}
	return nil
}

// Discard leaves what was there.
func (o *Output) Discard() {
	defer o.drop()
	o.remove()
}

func (o *Output) remove() error {
	o.file.Close()
	if o.direct {
		return nil
	}
	return os.Remove(o.file.Name())
}

// CheckOutput finds out before the work is done whether a file can be written.
// Nothing of it stays.
func CheckOutput(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil // to open a pipe may wait for its reader
	}
	o, err := open(path)
	if err != nil {
		return err
	}
	return o.remove()
}

// WriteOutput writes a file whole or not at all: see Output.
func WriteOutput(path string, last *LastActs, write func(io.Writer) error) error {
	o, err := Create(path, last)
	if err != nil {
		return err
	}
	if err := write(o); err != nil {
		o.Discard()
		return err
	}
	return o.Commit()
}

// KeptError is output whose first error is asked for when all is printed.
type KeptError struct {
	io.Writer
	Err error
}

func (k *KeptError) Write(b []byte) (int, error) {
	n, err := k.Writer.Write(b)
	if k.Err == nil {
		k.Err = err
	}
	return n, err
}

// Buffered writes in few pieces.
func Buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriter(w)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// open makes the temporary file, with the mode of the one that is there.
func open(path string) (*Output, error) {
	mode := fs.FileMode(0o666) // less the umask, as of any new file
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &Output{file: f, direct: true}, err
	case err == nil:
		mode = info.Mode().Perm()
		path, err = filepath.EvalSymlinks(path)
	case errors.Is(err, fs.ErrNotExist):
		path, err = pastLinks(path)
	}
	if err != nil {
		return nil, err
	}
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), os.Getpid()))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	return &Output{file: f, path: path}, nil
}

// maxLinks is Linux's own limit.
const maxLinks = 40

// pastLinks is the file that a link leads to, which need not be there.
func pastLinks(path string) (string, error) {
	for range maxLinks {
		dir, name := filepath.Split(path)
		if folder, err := filepath.EvalSymlinks(dir + "."); err == nil { // not cleaned: what .. means is up to the links
			path = filepath.Join(folder, name)
		}
		to, err := os.Readlink(path)
		if err != nil { // no link, or nothing there
			return path, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + "/" + to
		}
		path = to
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

// cause is an error without the temporary name, of which nobody has heard.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
