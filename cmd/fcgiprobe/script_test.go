package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
)

func TestMain(m *testing.M) {
	beServer()
	clitest.Main(m, parallel, map[string]func(){"fcgiprobe": main, "serve": serveMain})
}

// parallel scripts mostly wait for servers, so more may run at once than there
// are processors.
const parallel = 6

// TestScript runs the command as its user does. Each script finds servers that
// answer what they got at $FCGI, $SCGI and $AJP, one that speaks HTTP at $HTTP,
// one that says nothing at $SILENT, and one that breaks off at $TRUNCATES.
func TestScript(t *testing.T) {
	clitest.Scripts(t, testscript.Params{
		Setup: startServers,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"code": clitest.WantCode("fcgiprobe")},
	})
}

var startServers = clitest.Servers(servers)
