package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Flags are a verb's, whose help begins with an example.
type Flags struct {
	*flag.FlagSet
	synopsis, example string
	groups            []flagGroup
}

// flagGroup is some flags that the help shows below a title.
type flagGroup struct {
	title string
	names []string
}

// NewFlags has none yet.
func NewFlags(v *Verb) *Flags {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are told in one line, by report
	fs.Usage = func() {}     // and help when it is asked for, by invoke
	return &Flags{FlagSet: fs, synopsis: v.Synopsis, example: v.Example}
}

// Group registers flags that belong together.
func (fs *Flags) Group(title string, register func()) {
	before := fs.Names()
	register()
	names := slices.DeleteFunc(fs.Names(), func(name string) bool { return slices.Contains(before, name) })
	fs.groups = append(fs.groups, flagGroup{title, names})
}

// Names are all flags', in their order.
func (fs *Flags) Names() []string {
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// Help prints all of them, below an example.
func (fs *Flags) Help(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Example: %s\n\nUsage: %s\n", fs.example, fs.synopsis)
	groups := fs.groups
	if names := fs.Names(); len(groups) == 0 && len(names) > 0 {
		groups = []flagGroup{{"", names}}
	}
	for _, g := range groups {
		fmt.Fprintln(&b)
		if g.title != "" {
			fmt.Fprintf(&b, "%s:\n", g.title)
		}
		for _, name := range g.names {
			f := fs.Lookup(name)
			value, does := flag.UnquoteUsage(f)
			does = strings.TrimPrefix(does, value+": ")
			fmt.Fprintf(&b, "  %-22s %s%s\n", strings.TrimSpace("-"+f.Name+" "+value), does, defaultOf(f))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// defaultOf is what a flag is where it is not given, unless that is nothing.
func defaultOf(f *flag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false":
		return ""
	}
	return " (else " + f.DefValue + ")"
}

// ParseAll takes flags before, between and after the arguments.
func (fs *Flags) ParseAll(args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, ErrHelp
		} else if err != nil {
			return nil, Misused("%v%s: %s", err, fs.meant(err), fs.example)
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		consumed := len(args) - fs.NArg()
		if consumed > 0 && args[consumed-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// meant are the flags that are nearest to one that is not defined.
func (fs *Flags) meant(err error) string {
	const undefined = "flag provided but not defined: -"
	name, ok := strings.CutPrefix(err.Error(), undefined)
	if !ok {
		return ""
	}
	var dashed []string
	for _, n := range fs.Names() {
		dashed = append(dashed, "-"+n)
	}
	return DidYouMean("-"+strings.TrimLeft(name, "-"), dashed)
}

// Given is whether a flag is on the command line.
func (fs *Flags) Given(name string) bool {
	given := false
	fs.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
