package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// only is whether a folder has these files and no others.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(names) {
		t.Errorf("%d files, want %v: %v", len(entries), names, entries)
	}
}

func TestTwoReportsNeedTwoFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(flag, path string) ReportFile {
		return ReportFile{Flag: flag, Path: path, Endings: []string{"." + flag}}
	}
	one := filepath.Join(dir, "report.json")
	err := CheckReports([]ReportFile{file("json", one), file("md", dir+"/./report.json")})
	if err == nil || CodeOf(err) != ExitUsage {
		t.Errorf("two reports in one file: %v", err)
	}
	if err := CheckReports([]ReportFile{file("json", one), file("md", one+".md"), file("html", os.DevNull), file("hgrm", os.DevNull)}); err != nil {
		t.Error(err)
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report")
	broken := errors.New("broken")
	err := WriteOutput(path, &LastActs{}, func(w io.Writer) error {
		io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	only(t, dir)
	if err := WriteOutput(path, &LastActs{}, text("whole")); err != nil {
		t.Fatal(err)
	}
	WriteOutput(path, &LastActs{}, func(io.Writer) error { return broken })
	if got, err := os.ReadFile(path); err != nil || string(got) != "whole" {
		t.Errorf("%q, %v", got, err)
	}
	only(t, dir, "report")
}

func TestAFileKeepsItsModeAndItsLink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "report"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("report", link); err != nil {
		t.Fatal(err)
	}
	if err := WriteOutput(link, &LastActs{}, text("new")); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != "report" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 3 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestLastActs(t *testing.T) {
	var l LastActs
	done := ""
	l.Add(func() { done += "a" })
	drop := l.Add(func() { done += "b" })
	drop()
	l.Perform()
	if done != "a" {
		t.Errorf("%q", done)
	}
}
