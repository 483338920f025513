package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// verb is one of the command's words.
type verb struct {
	name, does        string
	synopsis, example string
	new               func() command
}

// command is a verb's flags, and what is done with them.
type command interface {
	register(*flagSet)
	run(ctx context.Context, in *invocation, args []string) error
}

func verbs() []verb {
	return []verb{
		{"probe", "the same as no verb: run the conformance cases", "fcgiprobe [flags] [TARGET...]", probeExample, func() command { return &probeFlags{} }},
		{"list", "the cases, of which -run and the like select some", "fcgiprobe list [flags]", "fcgiprobe list -run fcgi/3.3", func() command { return &listFlags{} }},
		{"show", "all that there is to know of a case", "fcgiprobe show ID...", showExample, func() command { return showVerb{} }},
		{"app", "print the probe application, which deeper cases need, in a language", "fcgiprobe app [LANGUAGE]", appExample, func() command { return appVerb{} }},
		{"diff", "compare two reports of -json; exit 1 if something got worse", "fcgiprobe diff A.json B.json", diffExample, func() command { return diffVerb{} }},
		{"get", "send one request and print the answer, as curl does for HTTP", "fcgiprobe get [flags] TARGET [PATH]", "fcgiprobe get unix:/tmp/app.sock '/path?query'", func() command { return &getFlags{} }},
		{"detect", "find out which protocol a server speaks, and what it declares", "fcgiprobe detect [flags] TARGET", "fcgiprobe detect unix:/tmp/app.sock", func() command { return &detectFlags{} }},
	}
}

func findVerb(name string) *verb {
	for _, v := range verbs() {
		if v.name == name {
			return &v
		}
	}
	return nil
}

func verbNames() []string {
	var names []string
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

// help is that of the command, or of a verb.
func help(w io.Writer, words []string) error {
	if len(words) == 0 {
		usage(w)
		return nil
	}
	v := findVerb(words[0])
	if v == nil {
		return noVerb(words[0])
	}
	fs := newFlags(v)
	v.new().register(fs)
	fs.help(w)
	return nil
}

func noVerb(word string) error {
	return misused("%q is no verb%s: expected one of %s, or a target such as unix:/tmp/app.sock",
		word, didYouMean(word, verbNames()), strings.Join(verbNames(), ", "))
}

func usage(w io.Writer) {
	fmt.Fprint(w, `Example: fcgiprobe unix:/tmp/app.sock

Usage: fcgiprobe [flags] [TARGET...]
       fcgiprobe VERB [flags] ARGUMENTS

Without a verb it runs the conformance cases of each target's protocol; without
a target, those of all protocols over a reference server that it starts.

`)
	for _, v := range verbs() {
		fmt.Fprintf(w, "  %-8s %s\n", v.name, v.does)
	}
	fmt.Fprint(w, `
fcgiprobe help VERB tells a verb's flags; help probe those of the cases. A target
is a server's address: unix:/tmp/app.sock, 127.0.0.1:9000, or with its protocol
fcgi+unix:/tmp/app.sock, scgi://127.0.0.1:4000, ajp://127.0.0.1:8009.

Exit codes: 0 it conforms, or the answer is good; 1 it does not; 2 wrong usage;
3 nothing ran; 4 the target can't be reached, or speaks something else; 5 our own
failure; 130 interrupted.
`)
}
