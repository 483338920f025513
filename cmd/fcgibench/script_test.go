package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
)

func TestMain(m *testing.M) {
	beServer()
	clitest.Main(m, parallel, map[string]func(){"fcgibench": main, "serve": serveMain})
}

// parallel scripts mostly wait, and those that load a server do so slowly: more
// at once would make each other late.
const parallel = 3

// TestScript runs the command as its user does. Each script finds servers at
// $FCGI, $SCGI and $AJP, and worse ones at the other names of servers.
//
// A machine that does something else makes fcgibench late, of which it says that
// the run is invalid: where a script is about something else it takes that, too.
func TestScript(t *testing.T) {
	clitest.Scripts(t, testscript.Params{
		Setup: clitest.Servers(servers),
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"code": clitest.WantCode("fcgibench")},
	})
}

func TestEveryFlagIsInAScript(t *testing.T) { clitest.EveryFlagIsInAScript(t, tool) }

func TestEveryExitCodeIsInAScript(t *testing.T) { clitest.EveryExitCodeIsInAScript(t) }

func TestHelpIsShortAndNamesItsOwnFlags(t *testing.T) {
	clitest.HelpIsShortAndNamesItsOwnFlags(t, tool)
}
