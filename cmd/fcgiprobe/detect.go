package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// detectFlags are those of fcgiprobe detect.
type detectFlags struct {
	targetFlags
	verbose bool
}

func (f *detectFlags) Register(fs *cli.Flags) {
	f.targetFlags.Register(fs, 10*time.Second)
	fs.BoolVar(&f.verbose, "v", false, "tell each guess and what came of it")
}

func (f *detectFlags) Run(ctx context.Context, in *cli.Invocation, args []string) error {
	if len(args) != 1 {
		return cli.Misused("expected one target, got %d arguments: fcgiprobe detect unix:/tmp/app.sock", len(args))
	}
	target, err := f.target(ctx, args[0])
	if err != nil {
		return err
	}
	d, err := f.detection(ctx, target)
	if f.verbose {
		for _, p := range d.Probes {
			fmt.Fprintf(in.Stderr, "%6.1f ms  %s: %s\n", milliseconds(p.Duration), p.Name, cli.Clean(p.Outcome))
		}
	}
	if err != nil {
		return err
	}
	return printDetection(in.Stdout, d)
}

var protocolTitles = map[client.Protocol]string{
	client.FastCGI: "FastCGI 1.0",
	client.SCGI:    "SCGI",
	client.AJP:     "AJP/1.3",
}

func printDetection(w io.Writer, d client.Detection) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nprotocol: %s\n", d.Target, protocolTitles[d.Target.Protocol])
	for _, v := range d.Values {
		fmt.Fprintf(&b, "declares: %s=%s\n", cli.Clean(v.Name), cli.Clean(v.Value))
	}
	if d.Target.Protocol == client.FastCGI && len(d.Values) == 0 {
		fmt.Fprintln(&b, "declares: nothing (section 4.1 lets it)")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
