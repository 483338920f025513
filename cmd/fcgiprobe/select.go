package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// selectFlags say which cases.
type selectFlags struct {
	protocol, only, skip, level string
	thorough, hostile           bool
}

func (f *selectFlags) Register(fs *cli.Flags) {
	fs.StringVar(&f.protocol, "protocol", "", "`LIST`: only fcgi, scgi, ajp; else, of a target, the one that is found out")
	fs.StringVar(&f.only, "run", "", "`PATTERNS`: only the cases of these, such as fcgi/3.3,fcgi/6.2/body,fcgi/*/padding-*")
	fs.StringVar(&f.skip, "skip", "", "`PATTERNS`: not the cases of these")
	fs.StringVar(&f.level, "level", "", "`LIST`: only must, should, may, robustness")
	fs.BoolVar(&f.thorough, "thorough", false, "every case in every segmentation, and those that must wait")
	fs.BoolVar(&f.hostile, "hostile", false, "also the cases that can crash a vulnerable server")
}

// selection is what the flags mean, checked.
type selection struct {
	suite.Selection
	protocols []client.Protocol
	firstOnly bool // -run names nothing but what precedes every case
}

// preceding are the ids of results that are no case's: the first request, and
// that of a server which is gone after cases that ran side by side.
var preceding = []string{suite.FirstID, "canary"}

var errNoneSelected = errors.New("no case is left by -run, -skip, -level and -protocol: fcgiprobe list shows all")

func (f *selectFlags) selection() (selection, error) {
	only := cli.Words(f.only)
	cases := slices.DeleteFunc(slices.Clone(only), func(id string) bool { return slices.Contains(preceding, id) })
	s := selection{firstOnly: len(only) > 0 && len(cases) == 0}
	s.Selection = suite.Selection{Run: cases, Skip: cli.Words(f.skip), Thorough: f.thorough, Hostile: f.hostile}
	for _, word := range cli.Words(f.protocol) {
		p, err := client.ParseProtocol(word)
		if err != nil {
			return s, cli.Misused("-protocol: %w", err)
		}
		s.protocols = append(s.protocols, p)
	}
	if len(s.protocols) == 0 {
		s.protocols = client.Protocols
	}
	for _, level := range cli.Words(f.level) {
		if !slices.Contains([]suite.Level{suite.Must, suite.Should, suite.May, suite.Robustness}, suite.Level(level)) {
			return s, cli.Misused("-level %q: expected must, should, may or robustness", level)
		}
		s.Levels = append(s.Levels, suite.Level(level))
	}
	return s, s.check()
}

// check finds a pattern that matches no case of any protocol.
func (s selection) check() error {
	for _, pattern := range slices.Concat(s.Run, s.Skip) {
		if !slices.ContainsFunc(client.Protocols, func(p client.Protocol) bool { return matchesIn(p, pattern) }) {
			return cli.Misused("%q matches no case%s: expected ids or patterns such as fcgi/3.3 or 'fcgi/*/padding-*'; fcgiprobe list prints all",
				pattern, cli.DidYouMean(pattern, beginnings()))
		}
	}
	return nil
}

// matchesIn is whether a pattern matches a case of a protocol's.
func matchesIn(p client.Protocol, pattern string) bool {
	registry, _, err := specs.Protocol(p)
	if err != nil {
		return false
	}
	_, err = registry.Select(suite.Selection{Run: []string{pattern}})
	return err == nil
}

// beginnings are the ids of all cases, and what they begin with.
func beginnings() []string {
	var all []string
	for _, c := range specs.All() {
		parts := strings.Split(c.ID, "/")
		for i := range parts {
			if s := strings.Join(parts[:i+1], "/"); !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// of is the selection of a protocol's cases, without patterns that are about
// others. There may be none.
func (s selection) of(p client.Protocol) (suite.Selection, []*suite.Case) {
	own := s.Selection
	if s.firstOnly {
		own.Skip = []string{string(p)}
		return own, nil
	}
	others := func(pattern string) bool { return !matchesIn(p, pattern) }
	own.Run = slices.DeleteFunc(slices.Clone(s.Run), others)
	own.Skip = slices.DeleteFunc(slices.Clone(s.Skip), others)
	registry, _, err := specs.Protocol(p)
	if err != nil || len(s.Run) > 0 && len(own.Run) == 0 {
		return own, nil
	}
	cases, err := registry.Select(own)
	if err != nil {
		return own, nil
	}
	return own, cases
}

// all are the selected cases of all protocols.
func (s selection) all() []*suite.Case {
	var all []*suite.Case
	for _, p := range s.protocols {
		_, cases := s.of(p)
		all = append(all, cases...)
	}
	return all
}

// empty is whether nothing runs.
func (s selection) empty(cases []*suite.Case) bool { return len(cases) == 0 && !s.firstOnly }

// leftOut says how many cases there are, and how many more flags would give.
func (s selection) leftOut(n int) string {
	text := plural(n, "case")
	for _, more := range []struct {
		flag string
		set  *bool
	}{{"-thorough", &s.Thorough}, {"-hostile", &s.Hostile}} {
		if *more.set {
			continue
		}
		*more.set = true
		if extra := len(s.all()) - n; extra > 0 {
			text += fmt.Sprintf(", %d more with %s", extra, more.flag)
		}
		*more.set = false
	}
	return text
}

// variantsOf are those of a case but for the default.
func variantsOf(c *suite.Case, thorough bool) []string {
	var names []string
	for _, v := range c.Variants(thorough) {
		if name := v.String(); name != "" {
			names = append(names, name)
		}
	}
	return names
}
