package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
)

// serveMain is: serve SOCKET [FAULT]. It is what -exec starts: a FastCGI server
// that tells of its start and of its stop, and leaves its socket behind, over
// which it would not start again.
func serveMain() {
	l, err := net.Listen("unix", os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	fmt.Println("it serves")
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	go func() {
		<-asked
		os.WriteFile("stopped", nil, 0o600)
		os.Exit(0)
	}()
	fault := ""
	if len(os.Args) > 2 {
		fault = os.Args[2]
	}
	serveReference(l, fault)
}
