package main

import (
	"os"
	"os/signal"
	"syscall"
)

// stopSignals are those that stop the server. SIGHUP is no reload, as it was
// none of Django's: nothing is read again. SIGUSR1 is the polite stop of
// FastCGI's process managers.
//
// In the foreground nohup and a shell's & are respected, which have SIGHUP or
// SIGINT ignored from the start. In the background there is no terminal that they
// could come from by mistake.
func stopSignals(background bool) <-chan os.Signal {
	signal.Ignore(syscall.SIGPIPE) // who reads our log may go before us
	c := make(chan os.Signal, 2)   // the stop, and its hurry
	signal.Notify(c, syscall.SIGTERM, syscall.SIGUSR1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if background || !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	return c
}
