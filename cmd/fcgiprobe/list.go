package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// listFlags are those of fcgiprobe list.
type listFlags struct {
	selectFlags
	markdown bool
}

func (f *listFlags) Register(fs *cli.Flags) {
	f.selectFlags.Register(fs)
	fs.BoolVar(&f.markdown, "md", false, "the catalogue in Markdown, by section, with the rules")
}

func (f *listFlags) Run(_ context.Context, in *cli.Invocation, args []string) error {
	if len(args) > 0 {
		return cli.Misused("expected no argument, got %q: fcgiprobe list -run %s", args[0], "fcgi/3.3")
	}
	chosen, err := f.selection()
	if err != nil {
		return err
	}
	cases := chosen.all()
	if len(cases) == 0 {
		return cli.WithCode(cli.ExitNothing, errNoneSelected)
	}
	if f.markdown {
		err = printCatalogue(in.Stdout, cases)
	} else {
		err = printCases(in.Stdout, cases)
	}
	fmt.Fprintln(in.Stderr, chosen.leftOut(len(cases)))
	return err
}

func printCases(w io.Writer, cases []*suite.Case) error {
	width := 0
	for _, c := range cases {
		width = max(width, len(c.ID))
	}
	var b strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&b, "%-*s  %-10s  %s%s\n", width, c.ID, c.Level, c.Title, parenthesis(flagsWanted(c)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// flagsWanted are those without which a case does not run.
func flagsWanted(c *suite.Case) []string {
	var flags []string
	if c.Slow {
		flags = append(flags, "-thorough")
	}
	if c.Hostile {
		flags = append(flags, "-hostile")
	}
	return flags
}

func parenthesis(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, " ") + ")"
}

// printCatalogue is a table for each section.
func printCatalogue(w io.Writer, cases []*suite.Case) error {
	var sections []string
	bySection := map[string][]*suite.Case{}
	for _, c := range cases {
		if bySection[c.Section] == nil {
			sections = append(sections, c.Section)
		}
		bySection[c.Section] = append(bySection[c.Section], c)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The cases of fcgiprobe\n")
	for _, section := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n| case | level | rule | needs |\n| --- | --- | --- | --- |\n", section)
		for _, c := range bySection[section] {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", linked("`"+c.ID+"`", c.Link), c.Level, cell(c.Rule), cell(strings.Join(needsOf(c), "; ")))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func linked(text, link string) string {
	if link == "" {
		return text
	}
	return "[" + text + "](" + link + ")"
}

// cell is a text within a table of Markdown's.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s)
}

// needsOf are what a case wants of the server, and of the command line.
func needsOf(c *suite.Case) []string {
	var needs []string
	if c.Needs.Probe {
		needs = append(needs, "the probe application")
	}
	if len(c.Needs.Can) > 0 {
		needs = append(needs, "its extra "+strings.Join(c.Needs.Can, ", "))
	}
	if c.Needs.Concurrent {
		needs = append(needs, "a server that serves connections at once")
	}
	return append(needs, flagsWanted(c)...)
}
