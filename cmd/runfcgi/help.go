package main

import (
	"fmt"
	"io"

	"github.com/fcgikit/fcgikit/reference"
)

const helpHead = `Example: runfcgi method=prefork socket=/tmp/app.sock protocol=scgi pidfile=/tmp/app.pid

Usage: runfcgi key=value ...    or: runfcgi -key value ...

Django's options:

`

const helpFoot = `
SIGTERM, SIGINT, SIGHUP and SIGUSR1 stop it when what was asked is answered, a
second one stops it at once. The pidfile and the socket are gone afterwards. Exit
codes: 0 stopped, or started in the background; 1 it can't serve, or requests were
cut off; 2 usage; 5 this can't be printed.
`

func help(w io.Writer) {
	fmt.Fprint(w, helpHead)
	for i, opt := range table {
		if i == django {
			fmt.Fprint(w, "\nOur own:\n\n")
		}
		form := opt.name + "=" + opt.example
		if opt.bare && opt.name != "daemonize" {
			form = opt.name
		}
		fmt.Fprintf(w, "  %-28s %s\n", form, opt.does)
	}
	fmt.Fprint(w, helpFoot)
}

func listFaults(w io.Writer) {
	for _, f := range reference.Faults() {
		fmt.Fprintf(w, "%-36s %s\n", f.Name, f.What)
	}
}

func printVersion(w io.Writer) { fmt.Fprintln(w, version()) }
