package main

import (
	"context"
	"fmt"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// appVerb is fcgiprobe app.
type appVerb struct{}

const appExample = "fcgiprobe app php >/srv/probe.php"

func (appVerb) Register(*cli.Flags) {}

func (appVerb) Run(_ context.Context, in *cli.Invocation, args []string) error {
	switch len(args) {
	case 0:
		return listApplications(in)
	case 1:
	default:
		return cli.Misused("expected one language, got %d arguments: %s", len(args), appExample)
	}
	_, source, err := probeapp.Source(args[0])
	if err != nil {
		return cli.Misused("%v%s: %s", err, cli.DidYouMean(args[0], probeapp.Languages()), appExample)
	}
	_, err = in.Stdout.Write(source)
	return err
}

func listApplications(in *cli.Invocation) error {
	for _, language := range probeapp.Languages() {
		file, _, err := probeapp.Source(language)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(in.Stdout, "%-8s %s\n", language, file); err != nil {
			return err
		}
	}
	return nil
}
