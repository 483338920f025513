// Command fcgiprobe asks FastCGI, SCGI and AJP/1.3 servers: which of the
// protocols they speak, and what they answer.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Exit codes.
const (
	exitOK          = result.ExitConforming
	exitFailed      = result.ExitNotConforming // the server was reached, and the answer is bad
	exitUsage       = result.ExitUsage
	exitUnreachable = result.ExitUnreachable // no connection, or none of the protocols
	exitInternal    = result.ExitHarness     // what came can't be written
	exitInterrupted = result.ExitInterrupted
)

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// verb is one of the command's words.
type verb struct {
	name, does string
	run        func(context.Context, *invocation) error
}

var verbs = []verb{
	{"probe", "the same as no verb: run the conformance cases", runProbe},
	{"get", "send one request and print the answer, as curl does for HTTP", runGet},
	{"detect", "find out which protocol a server speaks, and what it declares", runDetect},
}

// invocation is what a verb works with.
type invocation struct {
	args   []string
	stdin  io.Reader
	stdout io.Writer
	stderr *errorLines
}

// Main is the command without its process: it takes the arguments after the
// name and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(stdout)
		return exitOK
	case "-version", "--version":
		fmt.Fprintln(stdout, version())
		return exitOK
	}
	for _, v := range verbs {
		if v.name == args[0] {
			return invoke(ctx, "fcgiprobe "+v.name, v.run, &invocation{args[1:], stdin, stdout, &errorLines{w: stderr}})
		}
	}
	return invoke(ctx, "fcgiprobe", runProbe, &invocation{args, stdin, stdout, &errorLines{w: stderr}})
}

// invoke runs a verb and finds its exit code.
func invoke(ctx context.Context, name string, run func(context.Context, *invocation) error, in *invocation) int {
	err := run(ctx, in)
	if ctx.Err() != nil {
		fmt.Fprintf(in.stderr, "%s: interrupted\n", name)
		return exitInterrupted
	}
	return report(in.stderr, name, err)
}

func usage(w io.Writer) {
	fmt.Fprint(w, `Example: fcgiprobe unix:/tmp/app.sock

Usage: fcgiprobe [flags] TARGET...
       fcgiprobe VERB [flags] ARGUMENTS

Without a verb it runs the conformance cases of the target's protocol.

`)
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-8s %s\n", v.name, v.does)
	}
	fmt.Fprint(w, `
fcgiprobe VERB -h tells a verb's flags. A target is a server's address:
unix:/tmp/app.sock, 127.0.0.1:9000, or with its protocol fcgi+unix:/tmp/app.sock,
scgi://127.0.0.1:4000, ajp://127.0.0.1:8009. Exit codes: 0 all is well, 1 the
answer is bad, 2 usage, 4 the target can't be reached or speaks something else,
5 the answer can't be written.
`)
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

// report prints an error in one line and finds its exit code.
func report(w io.Writer, name string, err error) int {
	if err == nil || errors.Is(err, errHelp) {
		return exitOK
	}
	if !errors.Is(err, errQuiet) {
		fmt.Fprintf(w, "%s: %v\n", name, err)
	}
	return codeOf(err)
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
