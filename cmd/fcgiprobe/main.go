// Command fcgiprobe asks FastCGI, SCGI and AJP/1.3 servers: which of the
// protocols they speak, which of its rules they break, and what they answer.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Exit codes.
const (
	exitOK          = result.ExitConforming
	exitFailed      = result.ExitNotConforming // the server was reached, and the answer is bad
	exitUsage       = result.ExitUsage
	exitNothing     = result.ExitNothingRan
	exitUnreachable = result.ExitUnreachable // no connection, or none of the protocols
	exitInternal    = result.ExitHarness     // what came can't be written
	exitInterrupted = result.ExitInterrupted
)

func main() {
	beServer()
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// invocation is what a verb works with.
type invocation struct {
	stdin  io.Reader
	stdout io.Writer
	stderr *errorLines
	last   *lastActs
}

// Main is the command without its process: it takes the arguments after the
// name and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	in := &invocation{stdin, stdout, &errorLines{w: stderr}, &lastActs{}}
	ctx, stop := interruptible(in.last)
	defer stop()
	if len(args) > 0 {
		switch args[0] {
		case "-h", "-help", "--help", "help":
			return report(in.stderr, "fcgiprobe help", help(stdout, args[1:]))
		case "-version", "--version":
			fmt.Fprintln(stdout, version())
			return exitOK
		}
		if v := findVerb(args[0]); v != nil {
			return invoke(ctx, v, in, args[1:])
		}
	}
	return invoke(ctx, findVerb("probe"), in, args)
}

// invoke runs a verb and finds its exit code.
func invoke(ctx context.Context, v *verb, in *invocation, args []string) int {
	name := "fcgiprobe " + v.name
	if v.name == "probe" {
		name = "fcgiprobe"
	}
	c := v.new()
	fs := newFlags(v)
	c.register(fs)
	rest, err := fs.parse(args)
	if errors.Is(err, errHelp) {
		fs.help(in.stdout)
		return exitOK
	}
	if err == nil {
		err = c.run(ctx, in, rest)
	}
	if ctx.Err() != nil {
		fmt.Fprintf(in.stderr, "%s: interrupted\n", name)
		return exitInterrupted
	}
	return report(in.stderr, name, err)
}

// exitError is an error with the exit code that it means.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func failed(err error) error      { return &exitError{exitFailed, err} }
func unreachable(err error) error { return &exitError{exitUnreachable, err} }
func misused(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

var errHelp = errors.New("help was asked for")

// errQuiet is an exit code whose reason has been printed.
var errQuiet = errors.New("its reason is told")

// quietly is an exit code alone.
func quietly(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code, errQuiet}
}

// report prints an error in one line and finds its exit code.
func report(w io.Writer, name string, err error) int {
	if err != nil && !errors.Is(err, errQuiet) {
		fmt.Fprintf(w, "%s: %v\n", name, err)
	}
	return codeOf(err)
}

func codeOf(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	}
	return exitInternal
}

// version is the module's, and the commit's where it was built from one.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "fcgiprobe (unknown version)"
	}
	v := "fcgiprobe " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return v + " " + info.GoVersion
}
