package main

import (
	"context"
	"fmt"

	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// appVerb is fcgiprobe app.
type appVerb struct{}

const appExample = "fcgiprobe app php >/srv/probe.php"

func (appVerb) register(*flagSet) {}

func (appVerb) run(_ context.Context, in *invocation, args []string) error {
	switch len(args) {
	case 0:
		return listApplications(in)
	case 1:
	default:
		return misused("expected one language, got %d arguments: %s", len(args), appExample)
	}
	_, source, err := probeapp.Source(args[0])
	if err != nil {
		return misused("%v%s: %s", err, didYouMean(args[0], probeapp.Languages()), appExample)
	}
	_, err = in.stdout.Write(source)
	return err
}

func listApplications(in *invocation) error {
	for _, language := range probeapp.Languages() {
		file, _, err := probeapp.Source(language)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(in.stdout, "%-8s %s\n", language, file); err != nil {
			return err
		}
	}
	return nil
}
