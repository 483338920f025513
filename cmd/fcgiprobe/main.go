// Command fcgiprobe asks FastCGI, SCGI and AJP/1.3 servers: which of the
// protocols they speak, which of its rules they break, and what they answer.
package main

import (
	"encoding/json"
	"os"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reference"
)

func main() {
	beServer()
	os.Exit(tool.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// probeName is the probe application's, as workers know it.
const probeName = "probe"

// beServer is the first line of main: in a process that is to be a server, or
// one of its workers, it does not return.
func beServer() {
	reference.Register(probeName, func(options json.RawMessage) (reference.Handler, error) {
		var p reference.Probe
		return &p, json.Unmarshal(options, &p)
	})
	embedded.Main()
}

// tool is set by init, since its verbs tell of it.
var tool *cli.Tool

func init() { tool = &cli.Tool{Name: "fcgiprobe", Verbs: verbs(), Intro: intro, Exit: exits} }
