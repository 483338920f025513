package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

const root = "../.."

// TestREADME runs every command of the README's sh blocks: those of fcgiprobe
// against a server at the socket that they name, the first one as it stands, and
// of make's whether the target is there.
func TestREADME(t *testing.T) {
	commands := readmeCommands(t)
	if len(commands) < 5 {
		t.Fatalf("only %d commands found in the README", len(commands))
	}
	script := []string{"cp $ROOT/README.md form.txt"}
	for _, c := range commands {
		script = append(script, runCommand(t, c))
	}
	file := filepath.Join(t.TempDir(), "readme.txtar")
	if err := os.WriteFile(file, []byte(strings.Join(script, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: []string{file},
		Setup: func(env *testscript.Env) error {
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
		},
	})
}

// readmeCommands are the lines of the README's sh blocks.
func readmeCommands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range strings.Split(string(text), "```sh\n")[1:] {
		body, _, _ := strings.Cut(block, "```")
		commands = append(commands, strings.Split(strings.TrimSpace(body), "\n")...)
	}
	return commands
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
		"/tmp/faulty.", "$WORK/f.",
		"/tmp/one.", "$WORK/one.",
		"/tmp/two.", "$WORK/two.",
		"/tmp/three.", "$WORK/three.",
	).Replace(command)
	switch {
	case strings.HasPrefix(command, "fcgiprobe "):
		return "exec bash -c " + quote(shell)
	case strings.HasPrefix(command, "runfcgi "):
		run := "exec bash -c " + quote("PATH=$WORK/installed:$PATH; "+shell)
		if strings.Contains(command, "fault=") {
			run += "\nstdout 'FAIL fcgi/3.3/request-id'"
		}
		return run
	case strings.HasPrefix(command, "go install "):
		return "exec bash -c " + quote("cd $ROOT; GOBIN=$WORK/installed "+command) + "\nexists installed/fcgiprobe"
	case strings.HasPrefix(command, "make "):
		return "exec make -C $ROOT -n " + strings.TrimPrefix(command, "make ")
	case strings.HasPrefix(command, "go run "):
		return "exec bash -c " + quote("cd $ROOT; "+shell) + "\nstdout ' 0 failed, 0 warned'"
	}
	t.Fatalf("the README has a command that this test can't run: %s", command)
	return ""
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
