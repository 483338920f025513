package main

import "github.com/fcgikit/fcgikit/cmd/internal/cli"

func verbs() []cli.Verb {
	return []cli.Verb{
		{
			Name: "probe", Does: "the same as no verb: run the conformance cases",
			Synopsis: "fcgiprobe [flags] [TARGET...]", Example: probeExample,
			New: func() cli.Command { return &probeFlags{} },
		},
		{
			Name: "list", Does: "the cases, of which -run and the like select some",
			Synopsis: "fcgiprobe list [flags]", Example: "fcgiprobe list -run fcgi/3.3",
			New: func() cli.Command { return &listFlags{} },
		},
		{
			Name: "show", Does: "all that there is to know of a case",
			Synopsis: "fcgiprobe show ID...", Example: showExample,
			New: func() cli.Command { return showVerb{} },
		},
		{
			Name: "app", Does: "print the probe application, which deeper cases need, in a language",
			Synopsis: "fcgiprobe app [LANGUAGE]", Example: appExample,
			New: func() cli.Command { return appVerb{} },
		},
		{
			Name: "diff", Does: "compare two reports of -json; exit 1 if something got worse",
			Synopsis: "fcgiprobe diff A.json B.json", Example: diffExample,
			New: func() cli.Command { return diffVerb{} },
		},
		{
			Name: "matrix", Does: "make a site of reports of -json: how each implementation does on each case",
			Synopsis: "fcgiprobe matrix REPORT.json... -o DIR", Example: matrixExample,
			New: func() cli.Command { return &matrixFlags{} },
		},
		{
			Name: "get", Does: "send one request and print the answer, as curl does for HTTP",
			Synopsis: "fcgiprobe get [flags] TARGET [PATH]", Example: "fcgiprobe get unix:/tmp/app.sock '/path?query'",
			New: func() cli.Command { return &getFlags{} },
		},
		{
			Name: "detect", Does: "find out which protocol a server speaks, and what it declares",
			Synopsis: "fcgiprobe detect [flags] TARGET", Example: "fcgiprobe detect unix:/tmp/app.sock",
			New: func() cli.Command { return &detectFlags{} },
		},
	}
}

// intro and exits are what help says before the verbs, and after them.
const (
	intro = `Example: fcgiprobe unix:/tmp/app.sock

Usage: fcgiprobe [flags] [TARGET...]
       fcgiprobe VERB [flags] ARGUMENTS

Without a verb it runs the conformance cases of each target's protocol; without
a target, those of all protocols over a reference server that it starts.

`
	exits = `
fcgiprobe help VERB tells a verb's flags; help probe those of the cases. A target
is a server's address: unix:/tmp/app.sock, 127.0.0.1:9000, or with its protocol
fcgi+unix:/tmp/app.sock, scgi://127.0.0.1:4000, ajp://127.0.0.1:8009.

Exit codes: 0 it conforms, or the answer is good; 1 it does not; 2 wrong usage;
3 nothing ran; 4 the target can't be reached, or speaks something else; 5 our own
failure; 130 interrupted.
`
)
