package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// Tool is a command whose first argument may be a verb.
type Tool struct {
	Name        string // fcgiprobe
	Verbs       []Verb // the first is the same as no verb
	Intro, Exit string // what help says before its verbs, and after them
}

// Verb is one of a tool's words.
type Verb struct {
	Name, Does        string
	Synopsis, Example string
	New               func() Command
}

// Command is a verb's flags, and what is done with them.
type Command interface {
	Register(*Flags)
	Run(ctx context.Context, in *Invocation, args []string) error
}

// Invocation is what a verb works with.
type Invocation struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr *ErrorLines
	Last   *LastActs
}

// Main is the tool without its process: it takes the arguments after the name
// and returns the exit code.
func (t *Tool) Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	in := &Invocation{stdin, stdout, &ErrorLines{W: stderr}, &LastActs{}}
	ctx, stop := Interruptible(in.Last)
	defer stop()
	if len(args) > 0 {
		switch args[0] {
		case "-h", "-help", "--help", "help":
			return report(in.Stderr, t.Name+" help", t.help(stdout, args[1:]))
		case "-version", "--version":
			_, err := fmt.Fprintln(stdout, t.Version())
			return report(in.Stderr, t.Name, err)
		}
		if v := t.Find(args[0]); v != nil {
			return t.invoke(ctx, v, in, args[1:])
		}
	}
	return t.invoke(ctx, &t.Verbs[0], in, args)
}

// invoke runs a verb and finds its exit code.
func (t *Tool) invoke(ctx context.Context, v *Verb, in *Invocation, args []string) int {
	name := t.Name
	if v.Name != t.Verbs[0].Name {
		name += " " + v.Name
	}
	c := v.New()
	fs := NewFlags(v)
	c.Register(fs)
	rest, err := fs.ParseAll(args)
	if errors.Is(err, ErrHelp) {
		return report(in.Stderr, name, fs.Help(in.Stdout))
	}
	if err == nil {
		err = c.Run(ctx, in, rest)
	}
	if ctx.Err() != nil {
		if CodeOf(err) == ExitInternal && !errors.Is(err, context.Canceled) {
			report(in.Stderr, name, err) // what is known can't be written
		}
		fmt.Fprintf(in.Stderr, "%s: interrupted\n", name)
		return ExitInterrupted
	}
	return report(in.Stderr, name, err)
}

// Find is the verb of a name; nil if there is none.
func (t *Tool) Find(name string) *Verb {
	for i := range t.Verbs {
		if t.Verbs[i].Name == name {
			return &t.Verbs[i]
		}
	}
	return nil
}

// VerbNames are in the order of the verbs.
func (t *Tool) VerbNames() []string {
	var names []string
	for _, v := range t.Verbs {
		names = append(names, v.Name)
	}
	return names
}

// help is that of the tool, or of a verb.
func (t *Tool) help(w io.Writer, words []string) error {
	if len(words) == 0 {
		return t.usage(w)
	}
	v := t.Find(words[0])
	if v == nil {
		return t.NoVerb(words[0])
	}
	fs := NewFlags(v)
	v.New().Register(fs)
	return fs.Help(w)
}

func (t *Tool) usage(w io.Writer) error {
	var b strings.Builder
	b.WriteString(t.Intro)
	for _, v := range t.Verbs {
		fmt.Fprintf(&b, "  %-8s %s\n", v.Name, v.Does)
	}
	b.WriteString(t.Exit)
	_, err := io.WriteString(w, b.String())
	return err
}

// NoVerb is of a word that is no verb, nor a target.
func (t *Tool) NoVerb(word string) error {
	return Misused("%q is no verb%s: expected one of %s, or a target such as unix:/tmp/app.sock",
		word, DidYouMean(word, t.VerbNames()), strings.Join(t.VerbNames(), ", "))
}

// Meant explains an argument that is no target: it may be meant as a verb.
func (t *Tool) Meant(arg string, err error) error {
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	if arg != "" && strings.TrimFunc(arg, isLetter) == "" {
		return t.NoVerb(arg)
	}
	return err
}

// Version is the module's, and the commit's where it was built from one.
func (t *Tool) Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t.Name + " (unknown version)"
	}
	v := t.Name + " " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return v + " " + info.GoVersion
}
