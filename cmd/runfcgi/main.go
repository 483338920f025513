// Command runfcgi is the reference server for FastCGI, SCGI and AJP/1.3, with
// the options of Django's runfcgi.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/fcgikit/fcgikit/reference"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the address can't be served, or requests were cut off
	exitUsage  = 2
	exitUntold = 5 // what was asked for can't be printed
)

func main() {
	register()
	reference.Main()
	log.SetPrefix("runfcgi: ")
	log.SetFlags(log.LstdFlags | log.Lmsgprefix)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command without its process.
func run(args []string, stdout, stderr io.Writer) int {
	launcher := takeLauncher()
	if launcher != nil {
		stderr = launcher
	}
	o, err := parse(args)
	switch {
	case err != nil:
		return report(stderr, err)
	case o.ask != nil:
		return report(stderr, o.tell(stdout))
	case o.daemonize && launcher == nil:
		return report(stderr, launch(o, args, stdout))
	}
	return report(stderr, serve(o, launcher))
}

// tell prints what was asked for.
func (o *options) tell(w io.Writer) error {
	var b bytes.Buffer
	o.ask(&b)
	if _, err := b.WriteTo(w); err != nil {
		return &exitError{exitUntold, err}
	}
	return nil
}

// exitError is an error with the exit code that it means.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func misused(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// newlines may come from the values that an error shows.
var newlines = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// report prints an error in one line and finds its exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(w, "runfcgi: %s\n", newlines.Replace(err.Error()))
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitFailed
}

// version is the module's, and the commit's where it was built from one.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "runfcgi (unknown version)"
	}
	v := "runfcgi " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return v + " " + info.GoVersion
}
