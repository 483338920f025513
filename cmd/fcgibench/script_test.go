package main

import (
	"flag"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
)

func TestMain(m *testing.M) {
	beServer()
	if name := filepath.Base(os.Args[0]); name != "fcgibench" && name != "serve" {
		flag.Parse()
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"fcgibench": main, "serve": serveMain})
}

// parallel scripts mostly wait, and those that load a server do so slowly: more
// at once would make each other late.
const parallel = "3"

// TestScript runs the command as its user does. Each script finds servers at
// $FCGI, $SCGI and $AJP, and worse ones at the other names of servers.
//
// A machine that does something else makes fcgibench late, of which it says that
// the run is invalid: where a script is about something else it takes that, too.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               startServers,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"code": clitest.WantCode("fcgibench")},
	})
}

func startServers(env *testscript.Env) error {
	dir, err := os.MkdirTemp("", "fcgibench") // short: a socket's path has 107 bytes at most
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

func TestEveryFlagIsInAScript(t *testing.T) { clitest.EveryFlagIsInAScript(t, tool) }

func TestEveryExitCodeIsInAScript(t *testing.T) { clitest.EveryExitCodeIsInAScript(t) }

func TestHelpIsShortAndNamesItsOwnFlags(t *testing.T) {
	clitest.HelpIsShortAndNamesItsOwnFlags(t, tool)
}
