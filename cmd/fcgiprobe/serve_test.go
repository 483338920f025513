package main

import (
	"os"

	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
)

// serveMain is: serve SOCKET [FAULT]. It is a FastCGI server.
func serveMain() {
	l := clitest.Listen()
	fault := ""
	if len(os.Args) > 2 {
		fault = os.Args[2]
	}
	serveReference(l, fault)
}
