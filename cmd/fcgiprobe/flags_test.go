package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// scriptLines are the words of the scripts' lines that run fcgiprobe, from its
// name or the exit code on, by the verb.
func scriptLines(t *testing.T) map[string][][]string {
	t.Helper()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	lines := map[string][][]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.NewReplacer("'", " ", ";", " ").Replace(line)
			for _, run := range runsOf(strings.Fields(line)) {
				verb := "probe"
				if len(run) > 0 && slices.Contains(append(verbNames(), "help"), run[0]) {
					verb = run[0]
				}
				lines[verb] = append(lines[verb], run)
			}
		}
	}
	return lines
}

// runsOf are the arguments of each fcgiprobe in a line.
func runsOf(words []string) [][]string {
	var runs [][]string
	for i, w := range words {
		switch {
		case w == "code" && i+1 < len(words):
			runs = append(runs, words[i+2:])
		case w == "fcgiprobe":
			runs = append(runs, words[i+1:])
		}
	}
	return runs
}

func TestEveryFlagIsInAScript(t *testing.T) {
	lines := scriptLines(t)
	for _, v := range verbs() {
		fs := newFlags(&v)
		v.new().register(fs)
		if len(lines[v.name]) == 0 {
			t.Errorf("no script runs fcgiprobe %s", v.name)
		}
		for _, name := range fs.names() {
			if !slices.ContainsFunc(lines[v.name], func(words []string) bool { return slices.Contains(words, "-"+name) }) {
				t.Errorf("no script runs fcgiprobe %s with -%s", v.name, name)
			}
		}
	}
}

func TestEveryExitCodeIsInAScript(t *testing.T) {
	text := ""
	files, _ := filepath.Glob("testdata/script/*.txtar") // the pattern is well-formed
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	for _, code := range []string{"code 1 ", "code 2 ", "code 3 ", "code 4 ", "code 5 ", "test $? = 130"} {
		if !strings.Contains(text, code) {
			t.Errorf("no script has %q", code)
		}
	}
}

func TestHelpIsShortAndNamesItsOwnFlags(t *testing.T) {
	for _, v := range verbs() {
		fs := newFlags(&v)
		v.new().register(fs)
		var b strings.Builder
		fs.help(&b)
		if !strings.HasPrefix(b.String(), "Example: fcgiprobe") {
			t.Errorf("%s: its help begins %.40q", v.name, b.String())
		}
		if n := strings.Count(b.String(), "\n"); n > 60 {
			t.Errorf("%s: its help has %d lines", v.name, n)
		}
		for line := range strings.Lines(b.String()) {
			if len(line) > 110 {
				t.Errorf("%s: %d columns: %s", v.name, len(line), line)
			}
		}
		for _, name := range fs.names() {
			if !strings.Contains(b.String(), "  -"+name+" ") {
				t.Errorf("%s: its help lacks -%s", v.name, name)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"probe", "list", "show", "app", "diff", "get", "detect"}
	for word, want := range map[string]string{
		"lsit": "list", "shwo": "show", "gett": "get", "dif": "diff", "frobnicate": "", "detct": "detect",
	} {
		got := nearest(word, words)
		if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0] != want) {
			t.Errorf("%s: %v, want %q first", word, got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"unix:/tmp/app.sock": "unix:/tmp/app.sock", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
