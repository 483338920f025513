package clitest

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
)

// Listen is where a server that -exec starts serves: the socket that is its first
// argument. It tells of its start and of its stop, and leaves the socket behind,
// over which it would not start again.
func Listen() net.Listener {
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
	return l
}

// EachConn serves the connections, each at once, and closes them.
func EachConn(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}
