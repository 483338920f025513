package main

import (
	"io/fs"
	"path"
)

// pages are a folder's files as a web server shows them: a folder is its
// index.html, and without one it is not there. Nor is a named pipe or a device, which
// would be waited for.
type pages struct{ fs.FS }

func (p pages) Open(name string) (fs.File, error) {
	info, err := fs.Stat(p.FS, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		if _, err := fs.Stat(p.FS, path.Join(name, "index.html")); err != nil {
			return nil, err
		}
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return p.FS.Open(name)
}
