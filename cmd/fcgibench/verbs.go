package main

import "github.com/fcgikit/fcgikit/cmd/internal/cli"

const (
	runExample     = "fcgibench -rate 2000 unix:/run/app.sock"
	searchExample  = "fcgibench search -slo 'p99<20ms,errors<0.1%' unix:/run/app.sock"
	compareExample = "fcgibench compare before.json after.json"
	mergeExample   = "fcgibench merge one.json two.json -json both.json"
)

func verbs() []cli.Verb {
	return []cli.Verb{
		{
			Name: "run", Does: "the same as no verb: load servers, and compare them where there are several",
			Synopsis: "fcgibench [flags] [TARGET...]", Example: runExample,
			New: func() cli.Command { return &runFlags{} },
		},
		{
			Name: "search", Does: "find the highest rate that meets an objective",
			Synopsis: "fcgibench search -slo OBJECTIVE [flags] [TARGET]", Example: searchExample,
			New: func() cli.Command { return &searchFlags{} },
		},
		{
			Name: "compare", Does: "compare two runs of -json; exit 1 if the second is slower by 5 % or more",
			Synopsis: "fcgibench compare [flags] BEFORE.json AFTER.json", Example: compareExample,
			New: func() cli.Command { return &compareFlags{} },
		},
		{
			Name: "merge", Does: "add runs of -json, of generators that loaded the same servers at once",
			Synopsis: "fcgibench merge [flags] RUN.json...", Example: mergeExample,
			New: func() cli.Command { return &mergeFlags{} },
		},
	}
}

// intro and exits are what help says before the verbs, and after them.
const (
	intro = `Example: fcgibench -rate 2000 unix:/run/app.sock

Usage: fcgibench [flags] [TARGET...]
       fcgibench VERB [flags] ARGUMENTS

Without a verb it sends requests at a rate, whether or not the server keeps up,
and counts each one's time from the moment that it was planned for. Without a
target it starts a reference server of its own twice, threaded and prefork, and
compares them; several targets are compared in the same way.

`
	exits = `
fcgibench help VERB tells a verb's flags; help run those of the load. A target is
a server's address: unix:/run/app.sock, 127.0.0.1:9000, or with its protocol
fcgi+unix:/run/app.sock, scgi://127.0.0.1:4000, ajp://127.0.0.1:8009; a path may
follow: fcgi://127.0.0.1:9000/path, unix:/run/app.sock:/path.

Runs that compare judges need six rounds or more of some seconds each, such as
-rounds 8 -duration 5s: they are not interleaved, and what the machine does beside
one of them counts as its server's.

Exit codes: 0 done; 1 the objective was missed, the rate not met, more than 1 % of
the requests failed (where the objective has errors, what it says), or, of compare,
the second run is slower or fails more; 2 wrong usage; 3 the run is invalid:
fcgibench, not the server, was the limit, or a comparison worthless; 4 the target
can't be reached, or speaks something else; 5 our own failure; 130 interrupted,
with the reports written.
`
)
