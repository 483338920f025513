package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// showVerb is fcgiprobe show.
type showVerb struct{}

const showExample = "fcgiprobe show fcgi/3.3/request-id"

func (showVerb) Register(*cli.Flags) {}

func (showVerb) Run(_ context.Context, in *cli.Invocation, args []string) error {
	if len(args) == 0 {
		return cli.Misused("expected a case's id: %s", showExample)
	}
	var cases []*suite.Case
	for _, arg := range args {
		c, err := caseNamed(arg)
		if err != nil {
			return err
		}
		cases = append(cases, c)
	}
	for i, c := range cases {
		if i > 0 {
			fmt.Fprintln(in.Stdout)
		}
		if err := showCase(in.Stdout, c); err != nil {
			return err
		}
	}
	return nil
}

// caseNamed finds a case by its id, or by that of one of its variants.
func caseNamed(name string) (*suite.Case, error) {
	id, _, _ := strings.Cut(name, "@")
	var ids []string
	for _, c := range specs.All() {
		if c.ID == id {
			return c, nil
		}
		ids = append(ids, c.ID)
	}
	return nil, cli.Misused("%q is no case%s: fcgiprobe list prints all", id, cli.DidYouMean(id, ids))
}

// textWidth is that of a usual terminal, less the margin of what is shown.
const textWidth = 66

func showCase(w io.Writer, c *suite.Case) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", c.ID, c.Title)
	row := func(name, text string) {
		for i, line := range wrapped(text, textWidth) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(&b, "  %-9s %s\n", name, line)
		}
	}
	row("level", levelMeans(c.Level))
	row("section", c.Section)
	row("link", c.Link)
	row("rule", c.Rule)
	row("rows", strings.Join(c.Rows, ", "))
	row("needs", strings.Join(needsOf(c), "; "))
	row("runs", howItRuns(c))
	row("run it", strings.Join(append([]string{"fcgiprobe", "-run", c.ID}, append(flagsWanted(c), "unix:/tmp/app.sock")...), " "))
	_, err := io.WriteString(w, b.String())
	return err
}

func levelMeans(l suite.Level) string {
	return map[suite.Level]string{
		suite.Must:       "must: a server that breaks it fails",
		suite.Should:     "should: a server that breaks it is warned, and fails with -strict",
		suite.May:        "may: what is seen is noted",
		suite.Robustness: "robustness: a server fails that crashes, hangs or loses the next client",
	}[l]
}

// howItRuns are its variants, and whether anything runs beside it.
func howItRuns(c *suite.Case) string {
	how := "beside others"
	if c.Hurts {
		how = "alone, and a plain request on a new connection follows it"
	}
	if variants := variantsOf(c, false); len(variants) > 0 {
		how += "; also as @" + strings.Join(variants, " @")
	}
	if more := len(variantsOf(c, true)) - len(variantsOf(c, false)); more > 0 {
		how += fmt.Sprintf("; with -thorough %d variants more", more)
	}
	return how
}

// wrapped is a text in lines, none for none.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
