package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

const root = "../.."

// TestREADME runs every command of the README's sh blocks, a script for each
// block: those of fcgiprobe against a server at the socket that they name, the
// first one as it stands, and of make's whether the target is there.
func TestREADME(t *testing.T) {
	blocks := readmeBlocks(t)
	if len(blocks) < 5 {
		t.Fatalf("only %d blocks of commands found in the README", len(blocks))
	}
	var files []string
	for i, commands := range blocks {
		script := []string{
			"cp $ROOT/README.md form.txt",
			"exec fcgiprobe -q -json before.json fcgi+unix:$REFERENCE -run fcgi/3.3/version",
			"cp before.json after.json",
		}
		for _, other := range []string{"runfcgi", "fcgibench"} {
			if strings.Contains(strings.Join(commands, "\n"), other+" ") {
				script = append(script, "exec bash -c "+quote("cd $ROOT; GOBIN=$WORK/installed go install ./cmd/"+other))
			}
		}
		for _, c := range commands {
			script = append(script, runCommand(t, c))
		}
		file := filepath.Join(t.TempDir(), fmt.Sprintf("block%d.txtar", i+1))
		if err := os.WriteFile(file, []byte(strings.Join(script, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: inClone,
	})
}

// inClone sets a script up as TestScript does, with the clone at $ROOT and all
// that its Go needs.
func inClone(env *testscript.Env) error {
	dir, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	env.Setenv("ROOT", dir)
	for _, name := range []string{"HOME", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPATH", "GOPROXY"} {
		if value, ok := os.LookupEnv(name); ok {
			env.Setenv(name, value)
		}
	}
	return startServers(env)
}

// readmeBlocks are the lines of the README's sh blocks.
func readmeBlocks(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks [][]string
	for _, block := range strings.Split(string(text), "```sh\n")[1:] {
		body, _, _ := strings.Cut(block, "```")
		blocks = append(blocks, strings.Split(strings.TrimSpace(body), "\n"))
	}
	return blocks
}

// runCommand is the line of a script that runs a command of the README.
func runCommand(t *testing.T, command string) string {
	t.Helper()
	server := "$REFERENCE" // which passes its cases
	if strings.Contains(command, " get ") || strings.Contains(command, " detect ") {
		server = "$FCGI"
	}
	shell := strings.NewReplacer(
		"/tmp/app.sock", server,
		"/run/php-fpm.sock", server,
		"/tmp/fcgikit.", "$WORK/k.",
		"/tmp/exec.", "$WORK/e.",
		"/tmp/one.", "$WORK/one.",
		"/tmp/two.", "$WORK/two.",
		"/tmp/three.", "$WORK/three.",
	).Replace(command)
	switch {
	case strings.Contains(command, "-fault "):
		return "! exec bash -c " + quote(shell)
	case strings.HasPrefix(command, "fcgiprobe "), strings.HasPrefix(command, "runfcgi "):
		return "exec bash -c " + quote("PATH=$PATH:$WORK/installed; "+shell)
	case strings.HasPrefix(command, "fcgibench "):
		// 1 and 3 say that the machine was too busy for the load; all else is wrong.
		return "exec bash -c " + quote("PATH=$PATH:$WORK/installed; "+shell+"; [[ $? =~ [013] ]]")
	case strings.HasPrefix(command, "go install "):
		return "exec bash -c " + quote("cd $ROOT; GOBIN=$WORK/installed "+command) + "\nexists installed/fcgiprobe"
	case strings.HasPrefix(command, "make "):
		return "exec make -C $ROOT -n " + strings.TrimPrefix(command, "make ")
	case strings.HasPrefix(command, "go run "):
		return "exec bash -c " + quote("cd $ROOT; "+shell) + "\nstdout ' 0 failed, '"
	}
	t.Fatalf("the README has a command that this test can't run: %s", command)
	return ""
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

var update = flag.Bool("update", false, "write the README's failure again")

// TestREADMEShowsAFailure holds what the README shows against what the command
// prints, but for what differs from run to run, and for how many cases there are.
func TestREADMEShowsAFailure(t *testing.T) {
	const command = "fcgiprobe -fault fcgi/wrong-request-id"
	name := filepath.Join(root, "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), "```sh\n"+command+"\n```\n\n```text\n")
	if !ok {
		t.Fatalf("the README does not show %s", command)
	}
	shown, tail, _ := strings.Cut(rest, "```\n")
	out, err := exec.Command("fcgiprobe", strings.Fields(command)[1:]...).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != cli.ExitFailed {
		t.Fatalf("%v, want exit code %d", err, cli.ExitFailed)
	}
	if *update {
		text := head + "```sh\n" + command + "\n```\n\n```text\n" + sameTimes(string(out)) + "```\n" + tail
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(sameCounts(shown), sameCounts(string(out))); d != "" {
		t.Errorf("it prints something else: go test ./cmd/fcgiprobe -run TestREADMEShowsAFailure -update\n%s", d)
	}
}

// sameTimes has every event at one time, one seed, one folder, and the cases'
// lines, which come as they end, in one order.
func sameTimes(s string) string {
	lines := strings.SplitAfter(s, "\n")
	ended := func(line string) bool { return strings.HasPrefix(line, "fail  ") }
	if from := slices.IndexFunc(lines, ended); from >= 0 {
		to := from
		for to < len(lines) && ended(lines[to]) {
			to++
		}
		slices.Sort(lines[from:to])
	}
	s = strings.Join(lines, "")
	s = regexp.MustCompile(`/tmp/fcgiprobe-[0-9]+`).ReplaceAllString(s, "/tmp/fcgiprobe-1")
	s = regexp.MustCompile(` [0-9 .]{9} ms`).ReplaceAllString(s, "       0.2 ms")
	return regexp.MustCompile(`(-?seed) [0-9]+`).ReplaceAllString(s, "$1 7")
}

// sameCounts leaves out how many cases there are, and the version's length.
func sameCounts(s string) string {
	s = regexp.MustCompile(`[0-9]+ (passed|untested)|of [0-9]+`).ReplaceAllString(sameTimes(s), "N $1")
	s = regexp.MustCompile(`fcgikit reference .*`).ReplaceAllString(s, "fcgikit reference")
	s = regexp.MustCompile(`[0-9]+ bytes \+ [0-9]+ padding`).ReplaceAllString(s, "N bytes + N padding")
	return regexp.MustCompile(`(?m)01 06 00 00 .*$`).ReplaceAllString(s, "01 06 00 00")
}
