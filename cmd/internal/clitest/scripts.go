package clitest

import (
	"flag"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Main is the end of a command's TestMain: the process is one of the commands, if
// it has its name, else it runs the tests, so many scripts at once.
func Main(m *testing.M, parallel int, commands map[string]func()) {
	if commands[filepath.Base(os.Args[0])] == nil {
		flag.Parse()
		if err := flag.Set("test.parallel", strconv.Itoa(parallel)); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, commands)
}

// Scripts runs those of testdata/script.
func Scripts(t *testing.T, p testscript.Params) {
	p.Dir, p.RequireExplicitExec, p.RequireUniqueNames = filepath.Dir(scripts), true, true
	testscript.Run(t, p)
}

// Servers is the setup of scripts that find a server at the variable of each name,
// and none at $NOBODY.
func Servers(servers map[string]func(net.Listener)) func(*testscript.Env) error {
	return func(env *testscript.Env) error {
		dir, err := os.MkdirTemp("", "servers") // short: a socket's path has 107 bytes at most
		if err != nil {
			return err
		}
		env.Defer(func() { os.RemoveAll(dir) })
		for name, serve := range servers {
			l, err := net.Listen("unix", filepath.Join(dir, name))
			if err != nil {
				return err
			}
			env.Defer(func() { l.Close() })
			env.Setenv(name, l.Addr().String())
			go serve(l)
		}
		env.Setenv("NEWLINE", "\n")
		env.Setenv("NOBODY", filepath.Join(dir, "nobody"))
		env.Setenv("TMPDIR", env.WorkDir+"/.tmp") // testscript's own; what is left there is a leak
		return nil
	}
}
