package main

import (
	"context"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

func runDetect(ctx context.Context, in *invocation) error {
	fs := newFlags(in, "fcgiprobe detect [flags] TARGET", "fcgiprobe detect unix:/tmp/app.sock")
	var to targetFlags
	to.register(fs, 10*time.Second)
	verbose := fs.Bool("v", false, "tell each guess and what came of it")
	args, err := fs.parse(in.args)
	if err != nil {
		return err
	}
	if len(args) != 1 {
		return misused("expected one target, got %d arguments: fcgiprobe detect unix:/tmp/app.sock", len(args))
	}
	target, err := to.target(ctx, args[0])
	if err != nil {
		return err
	}
	d, err := to.detection(ctx, target)
	if *verbose {
		for _, p := range d.Probes {
			fmt.Fprintf(in.stderr, "%6.1f ms  %s: %s\n", milliseconds(p.Duration), p.Name, p.Outcome)
		}
	}
	if err != nil {
		return err
	}
	printDetection(in, d)
	return nil
}

var protocolTitles = map[client.Protocol]string{
	client.FastCGI: "FastCGI 1.0",
	client.SCGI:    "SCGI",
	client.AJP:     "AJP/1.3",
}

func printDetection(in *invocation, d client.Detection) {
	fmt.Fprintf(in.stdout, "%s\n", d.Target)
	fmt.Fprintf(in.stdout, "protocol: %s\n", protocolTitles[d.Target.Protocol])
	if d.Target.Protocol != client.FastCGI {
		return
	}
	for _, v := range d.Values {
		fmt.Fprintf(in.stdout, "declares: %s=%s\n", v.Name, v.Value)
	}
	if len(d.Values) == 0 {
		fmt.Fprintln(in.stdout, "declares: nothing (section 4.1 lets it)")
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
