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
	if name := filepath.Base(os.Args[0]); name != "fcgiprobe" && name != "serve" {
		flag.Parse()
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"fcgiprobe": main, "serve": serveMain})
}

// parallel scripts mostly wait for servers, so more may run at once than there
// are processors.
const parallel = "6"

// TestScript runs the command as its user does. Each script finds servers that
// answer what they got at $FCGI, $SCGI and $AJP, one that speaks HTTP at $HTTP,
// one that says nothing at $SILENT, and one that breaks off at $TRUNCATES.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               startServers,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"code": clitest.WantCode("fcgiprobe")},
	})
}

func startServers(env *testscript.Env) error {
	dir, err := os.MkdirTemp("", "fcgiprobe") // short: a socket's path has 107 bytes at most
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
