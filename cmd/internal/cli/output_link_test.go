package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestALinkToNothingGetsItsFile is of links that lead to a file by one or more
// steps, from one folder to another.
func TestALinkToNothingGetsItsFile(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"a", "b", "b/c"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"relative": "report1", "absolute": filepath.Join(dir, "a", "report2"), "a/up": "../b/report3",
		"twice": "a/again", "a/again": "../b/report4", "folder": "b/c", "folder/up": "../report5",
	} {
		if link == "folder/up" {
			link = "b/c/up"
		}
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for link, file := range map[string]string{
		"relative": "report1", filepath.Join(dir, "absolute"): "a/report2", "a/up": "b/report3", "twice": "b/report4", "folder/up": "b/report5",
	} {
		if err := CheckOutput(link); err != nil {
			t.Errorf("%s: %v", link, err)
			continue
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s: checked, and it is there", link)
		}
		if err := WriteOutput(link, &LastActs{}, text("new")); err != nil {
			t.Errorf("%s: %v", link, err)
			continue
		}
		info, err := os.Lstat(link)
		if err != nil || info.Mode().Type() != os.ModeSymlink {
			t.Errorf("%s is no link any more: %v, %v", link, info, err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != "new" {
			t.Errorf("%s: %q, %v", link, got, err)
		}
	}
}

func TestALinkThatLeadsNowhereIsKept(t *testing.T) {
	dir := t.TempDir()
	for link, to := range map[string]string{"loop": "pool", "pool": "loop", "lost": "no/such/folder"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"loop", "lost"} {
		path := filepath.Join(dir, link)
		if err := CheckOutput(path); err == nil {
			t.Errorf("%s can be written", link)
		}
		if err := WriteOutput(path, &LastActs{}, text("new")); err == nil {
			t.Errorf("%s is written", link)
		}
	}
	only(t, dir, "loop", "pool", "lost")
}

// TestTheTemporaryFileIsBesideTheFile is of a path that .. leads out of a link,
// not out of the folder that the link lies in.
func TestTheTemporaryFileIsBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "b", "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b/c", filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../report", filepath.Join(dir, "b", "c", "up")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"folder/up", "folder/../report"} {
		o, err := Create(dir+"/"+path, &LastActs{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if b := filepath.Join(dir, "b"); filepath.Dir(o.file.Name()) != b {
			t.Errorf("%s: %s is not in %s", path, o.file.Name(), b)
		}
		o.Discard()
	}
}
