package main

import (
	"io/fs"
	"path"
)

// pages are a folder's files as a web server shows them: a folder is its
// index.html, and without one it is not there.
type pages struct{ fs.FS }

func (p pages) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		_, err = fs.Stat(p.FS, path.Join(name, "index.html"))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
