package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports"
)

// matrixFlags are of fcgiprobe matrix.
type matrixFlags struct{ out string }

const matrixExample = "fcgiprobe matrix php-fpm.json uwsgi.json -o site"

func (f *matrixFlags) Register(fs *cli.Flags) {
	fs.StringVar(&f.out, "o", "", "`DIR`: the folder of the site; an earlier matrix in it is replaced")
}

// Run makes a site of reports: an implementation a file, or several where the
// reports name them.
func (f *matrixFlags) Run(ctx context.Context, in *cli.Invocation, args []string) error {
	if len(args) == 0 {
		return cli.Misused("expected reports that -json has written: %s", matrixExample)
	}
	if f.out == "" {
		return cli.Misused("expected -o with a folder: %s", matrixExample)
	}
	files, err := f.read(in, args)
	if err != nil {
		return err
	}
	m, err := reports.NewMatrix(files)
	if errors.Is(err, reports.ErrNoResults) {
		return cli.WithCode(cli.ExitNothing, err)
	}
	if err != nil {
		return cli.Misused("%v", err)
	}
	for _, line := range m.Remarks {
		fmt.Fprintln(in.Stderr, line)
	}
	earlier, err := f.settle()
	if err != nil {
		return err
	}
	site, err := m.Site()
	if err != nil {
		return err
	}
	if err := f.write(ctx, in, site); err != nil {
		return err
	}
	if earlier {
		if err := f.clear(site); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(in.Stdout, "%s: %s\n", filepath.Join(f.out, "index.html"), m)
	return err
}

// read reads each file once. A matrix that this command has made lies beside
// the reports where DIR is theirs, and is none of them.
func (f *matrixFlags) read(in *cli.Invocation, args []string) ([]reports.MatrixFile, error) {
	var files []reports.MatrixFile
	var seen []string
	for _, name := range args {
		if clean := filepath.Clean(name); slices.Contains(seen, clean) {
			continue
		} else {
			seen = append(seen, clean)
		}
		if isMatrix(name) {
			fmt.Fprintf(in.Stderr, "%s is a matrix, and no report: left out\n", name)
			continue
		}
		run, err := readReport(name)
		if err != nil {
			return nil, err
		}
		files = append(files, reports.MatrixFile{Name: name, Run: run})
	}
	return files, nil
}

func isMatrix(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	_, err = reports.ReadMatrix(file)
	return !errors.Is(err, reports.ErrNoMatrix)
}

// settle makes the folder, and says whether an earlier matrix is in it. The page
// of another site is not overwritten.
func (f *matrixFlags) settle() (earlier bool, err error) {
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return false, cli.Misused("-o: %v: expected a folder: %s", err, matrixExample)
	}
	index := filepath.Join(f.out, "index.html")
	earlier = isMatrix(filepath.Join(f.out, "matrix.json"))
	if _, err := os.Lstat(index); err == nil && !earlier {
		return false, cli.Misused("-o %s: it has an index.html that is no matrix's: expected a folder of its own, such as -o site", f.out)
	}
	if err := cli.CheckOutput(index); err != nil {
		return false, cli.Misused("-o: %v: expected a folder that can be written", err)
	}
	return earlier, nil
}

func (f *matrixFlags) write(ctx context.Context, in *cli.Invocation, site []reports.SiteFile) error {
	for _, file := range site {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		path := filepath.Join(f.out, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		err := cli.WriteOutput(path, in.Last, func(w io.Writer) error {
			_, err := w.Write(file.Content)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clear removes the pages of an earlier matrix that this one has not.
func (f *matrixFlags) clear(site []reports.SiteFile) error {
	kept := map[string]bool{}
	for _, file := range site {
		kept[filepath.FromSlash(file.Name)] = true
	}
	var all error
	for _, pattern := range []string{"fcgi.html", "scgi.html", "ajp.html", "case/*.html", "peer/*.html", "badge/*.json"} {
		found, err := fs.Glob(os.DirFS(f.out), pattern)
		all = errors.Join(all, err)
		for _, name := range found {
			if !kept[filepath.FromSlash(name)] {
				all = errors.Join(all, os.Remove(filepath.Join(f.out, filepath.FromSlash(name))))
			}
		}
	}
	return all
}
