// Command fcgibench loads FastCGI, SCGI and AJP/1.3 servers, and says how long
// each request took from the moment that it was planned for.
package main

import (
	"os"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reference"
)

func main() {
	beServer()
	os.Exit(tool.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// beServer is the first line of main: in a process that is to be a server, or
// one of its workers, it does not return.
func beServer() {
	reference.Register(workloadName, makeWorkload)
	embedded.Main()
}

// tool is set by init, since its verbs tell of it.
var tool *cli.Tool

func init() { tool = &cli.Tool{Name: "fcgibench", Verbs: verbs(), Intro: intro, Exit: exits} }
