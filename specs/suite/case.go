// Package suite is the kernel of fcgikit's conformance cases: what a case is,
// how it talks to a server, how its verdict comes about, and the runner.
package suite

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// Level is how much a rule matters.
type Level string

const (
	Must       Level = "must"
	Should     Level = "should"
	May        Level = "may"        // an option: what is seen is noted
	Robustness Level = "robustness" // fails on a crash, a hang or a lost canary only
)

// Case is one rule, put to the test. It judges its own rule and no other; all
// else it reads as leniently as it can.
type Case struct {
	ID      string   // fcgi/3.3/version: made of words, and never changed
	Was     []string // ids that it had before it moved to another section
	Level   Level
	Title   string
	Rule    string   // in our own words
	Section string   // "FastCGI 3.3"
	Link    string   // to that section, or to the bug that the case is about
	Rows    []string // of the requirements that it stands for
	Needs   Needs
	Hurts   bool          // it may harm a server: it runs alone, and a canary follows
	Hostile bool          // it can crash a vulnerable one: only with -hostile
	Slow    bool          // it must wait for longer than a second: only with -thorough
	Cut     bool          // it is one of those that run in every segmentation
	Over    []Axis        // what else it is turned over
	Budget  time.Duration // 0 is defaultBudget
	Run     func(t *T)
}

// Needs is what a case wants of a server. Where it is lacking the case is
// untested.
type Needs struct {
	Probe      bool     // the probe application
	Can        []string // its extras
	Concurrent bool     // a connection is served while others are open
}

// Protocol is the case's, of its id.
func (c *Case) Protocol() client.Protocol {
	name, _, _ := strings.Cut(c.ID, "/")
	return client.Protocol(name)
}

// Variants are those in which the case runs: the default first, then each axis
// by itself. Thorough is to turn every harmless case over all segmentations.
func (c *Case) Variants(thorough bool) []Variant {
	all := []Variant{{}}
	if c.Cut || thorough && !c.Hurts {
		for _, cut := range Cuts[1:] {
			all = append(all, Variant{cut: cut})
		}
	}
	for _, axis := range c.Over {
		for _, value := range axis.Values[1:] {
			all = append(all, Variant{axis: axis.Name, value: value})
		}
	}
	return all
}

// defaultBudget is more than a slow server's start of a request, and a quarter
// of what php-fpm or libfcgi may linger with.
const defaultBudget = 8 * time.Second

func (c *Case) budget() time.Duration {
	if c.Budget == 0 {
		return defaultBudget
	}
	return c.Budget
}

var idForm = regexp.MustCompile(`^(fcgi|scgi|ajp|gateway|process|prefix)(/[a-z0-9][a-z0-9.-]*)+$`)

// check finds what a case lacks.
func (c *Case) check() error {
	switch {
	case !idForm.MatchString(c.ID):
		return fmt.Errorf("case %q: an id is words such as fcgi/3.3/version", c.ID)
	case c.Title == "" || c.Rule == "" || c.Section == "" || c.Run == nil:
		return fmt.Errorf("case %s: it lacks a title, a rule, a section or its function", c.ID)
	case !slices.Contains([]Level{Must, Should, May, Robustness}, c.Level):
		return fmt.Errorf("case %s: level %q", c.ID, c.Level)
	case c.Level == Robustness && !c.Hurts:
		return fmt.Errorf("case %s: a robustness case hurts, so that the canary follows it", c.ID)
	case slices.ContainsFunc(c.Over, func(a Axis) bool { return len(a.Values) < 2 }):
		return fmt.Errorf("case %s: an axis has two values at least", c.ID)
	case c.Hostile && !c.Hurts:
		return fmt.Errorf("case %s: a hostile case hurts", c.ID)
	}
	return nil
}

// Registry is a set of cases.
type Registry struct{ cases map[string]*Case }

// Add registers cases. One that is incomplete, or there already, panics: it is
// a mistake of who wrote it.
func (r *Registry) Add(cases ...Case) {
	if r.cases == nil {
		r.cases = map[string]*Case{}
	}
	for _, c := range cases {
		if err := c.check(); err != nil {
			panic(err)
		}
		if r.cases[c.ID] != nil {
			panic("case " + c.ID + " is registered twice")
		}
		r.cases[c.ID] = &c
	}
}

// All are the cases in the order of their ids.
func (r *Registry) All() []*Case {
	var all []*Case
	for _, c := range r.cases {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Case) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Get is the case with this id, nil if there is none.
func (r *Registry) Get(id string) *Case { return r.cases[id] }

// Selection says which cases run. The zero value is all that are neither slow
// nor hostile.
type Selection struct {
	Protocol client.Protocol // "" is every one
	Run      []string        // patterns of ids, as path.Match has them, or beginnings of ids; none is all
	Skip     []string
	Levels   []Level
	Thorough bool
	Hostile  bool
}

// Select is the selected cases. A pattern that matches no id is an error.
func (r *Registry) Select(s Selection) ([]*Case, error) {
	for _, pattern := range slices.Concat(s.Run, s.Skip) {
		if !slices.ContainsFunc(r.All(), func(c *Case) bool { return c.matches(pattern) }) {
			return nil, fmt.Errorf("%q matches no case: expected ids or patterns such as fcgi/3.3 or fcgi/*/padding-*", pattern)
		}
	}
	var selected []*Case
	for _, c := range r.All() {
		if s.wants(c) {
			selected = append(selected, c)
		}
	}
	return selected, nil
}

func (s Selection) wants(c *Case) bool {
	any := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, c.matches)
	}
	switch {
	case s.Protocol != "" && c.Protocol() != s.Protocol,
		len(s.Run) > 0 && !any(s.Run),
		any(s.Skip),
		len(s.Levels) > 0 && !slices.Contains(s.Levels, c.Level),
		c.Slow && !s.Thorough,
		c.Hostile && !s.Hostile:
		return false
	}
	return true
}

// matches is whether a pattern takes the case, by one of its ids.
func (c *Case) matches(pattern string) bool {
	return slices.ContainsFunc(append([]string{c.ID}, c.Was...), func(id string) bool { return matches(pattern, id) })
}

// matches takes a pattern of path.Match, an id, or the beginning of ids up to a
// slash: fcgi, fcgi/3.3, fcgi/3.3/pad*.
func matches(pattern, id string) bool {
	pattern, _, _ = strings.Cut(pattern, "@")
	if pattern == id || strings.HasPrefix(id, strings.TrimSuffix(pattern, "/")+"/") {
		return true
	}
	ok, err := path.Match(pattern, id)
	return err == nil && ok
}
