// Package clitest has the tests that every command passes: each flag and exit
// code is in a script, and help is short and begins with an example. It runs the
// scripts, and has what their servers have in common.
package clitest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// scripts is where a command's are.
const scripts = "testdata/script/*.txtar"

// texts are those of the scripts.
func texts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(scripts)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// lines are the words of the scripts' lines that run the tool, from its name or
// the exit code on, by the verb.
func lines(t *testing.T, tool *cli.Tool) map[string][][]string {
	t.Helper()
	all := map[string][][]string{}
	for _, text := range texts(t) {
		for line := range strings.Lines(text) {
			line = strings.NewReplacer("'", " ", ";", " ").Replace(line)
			for _, run := range runsOf(tool.Name, strings.Fields(line)) {
				verb := tool.Verbs[0].Name
				if len(run) > 0 && slices.Contains(append(tool.VerbNames(), "help"), run[0]) {
					verb = run[0]
				}
				all[verb] = append(all[verb], run)
			}
		}
	}
	return all
}

// runsOf are the arguments of each run of the tool in a line.
func runsOf(name string, words []string) [][]string {
	var runs [][]string
	for i, w := range words {
		switch {
		case w == "code" && i+1 < len(words):
			runs = append(runs, words[i+2:])
		case w == name:
			runs = append(runs, words[i+1:])
		}
	}
	return runs
}

// EveryFlagIsInAScript fails for a flag that no script runs the tool with.
func EveryFlagIsInAScript(t *testing.T, tool *cli.Tool) {
	all := lines(t, tool)
	for _, v := range tool.Verbs {
		fs := cli.NewFlags(&v)
		v.New().Register(fs)
		if len(all[v.Name]) == 0 {
			t.Errorf("no script runs %s %s", tool.Name, v.Name)
		}
		for _, name := range fs.Names() {
			has := func(words []string) bool {
				return slices.ContainsFunc(words, func(w string) bool { return w == "-"+name || strings.HasPrefix(w, "-"+name+"=") })
			}
			if !slices.ContainsFunc(all[v.Name], has) {
				t.Errorf("no script runs %s %s with -%s", tool.Name, v.Name, name)
			}
		}
	}
}

// EveryExitCodeIsInAScript fails for a code that no script wants.
func EveryExitCodeIsInAScript(t *testing.T) {
	text := strings.Join(texts(t), "\n")
	for _, code := range []string{"1", "2", "3", "4", "5", "130"} {
		if !strings.Contains(text, "code "+code+" ") && !strings.Contains(text, "test $? = "+code) {
			t.Errorf("no script wants exit code %s", code)
		}
	}
}

// HelpIsShortAndNamesItsOwnFlags is of each verb's.
func HelpIsShortAndNamesItsOwnFlags(t *testing.T, tool *cli.Tool) {
	for _, v := range tool.Verbs {
		fs := cli.NewFlags(&v)
		v.New().Register(fs)
		var b strings.Builder
		fs.Help(&b)
		if !strings.HasPrefix(b.String(), "Example: "+tool.Name) {
			t.Errorf("%s: its help begins %.40q", v.Name, b.String())
		}
		if n := strings.Count(b.String(), "\n"); n > 75 {
			t.Errorf("%s: its help has %d lines", v.Name, n)
		}
		for line := range strings.Lines(b.String()) {
			if len(line) > 110 {
				t.Errorf("%s: %d columns: %s", v.Name, len(line), line)
			}
		}
		for _, name := range fs.Names() {
			if !strings.Contains(b.String(), "  -"+name+" ") {
				t.Errorf("%s: its help lacks -%s", v.Name, name)
			}
		}
	}
}

// WantCode is a script's command: code N ARGUMENTS. It runs the tool, which must
// exit with N, or with one of N|M. Of misuse it says one line.
func WantCode(name string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 1 {
			ts.Fatalf("usage: code N ARGUMENTS of %s", name)
		}
		err := ts.Exec(name, args[1:]...)
		var exit *exec.ExitError
		got := "0"
		if errors.As(err, &exit) {
			got = strconv.Itoa(exit.ExitCode())
		}
		if !slices.Contains(strings.Split(args[0], "|"), got) {
			ts.Fatalf("exit code %s, want %s (%v)", got, args[0], err)
		}
		if lines := strings.Count(ts.ReadFile("stderr"), "\n"); args[0] == "2" && lines != 1 {
			ts.Fatalf("%d lines of error, want one", lines)
		}
	}
}
