// Package result is what a run of fcgikit's commands found, as Go types with
// their JSON.
package result

import (
	"strings"
	"time"
)

// Version is that of the JSON form. A reader refuses another.
const Version = 1

// Verdict is what a case found.
type Verdict string

const (
	Pass     Verdict = "pass"     // the rule was put to the test and kept
	Fail     Verdict = "fail"     // a must was broken, or the server was lost
	Warn     Verdict = "warn"     // a should was broken
	NA       Verdict = "n/a"      // the server declared that it lacks the feature
	Untested Verdict = "untested" // the rule could not be put to the test
	Error    Verdict = "error"    // the harness failed
)

// Verdicts are all of them, the worst first.
var Verdicts = []Verdict{Error, Fail, Warn, Untested, NA, Pass}

// Kind tells failures apart that want different cures.
type Kind string

const (
	Breach Kind = ""      // a rule was broken
	Hang   Kind = "hang"  // no bytes, and no close, within the limit
	Crash  Kind = "crash" // the server is gone afterwards
)

// HangForm tells hangs apart.
type HangForm string

const (
	Silent  HangForm = "silent"  // not a byte came on the connection
	Stalled HangForm = "stalled" // the bytes end within a record or packet
	Unended HangForm = "unended" // it answered, and neither went on nor closed
)

// Run is one run of fcgiprobe.
type Run struct {
	Version     int       `json:"version"`
	Tool        string    `json:"tool"`
	Started     time.Time `json:"started"`
	Seed        int64     `json:"seed"`
	Interrupted bool      `json:"interrupted,omitempty"` // what follows is what was known by then
	Targets     []Target  `json:"targets"`
}

// Target is what was found of one server.
type Target struct {
	Target   string   `json:"target"`
	Protocol string   `json:"protocol"`
	Server   string   `json:"server,omitempty"`   // as its probe application names it
	Declares []string `json:"declares,omitempty"` // NAME=VALUE
	Notes    []string `json:"notes,omitempty"`    // of how the run went: one case at a time, ...
	Again    string   `json:"again,omitempty"`    // the command that runs a case alone, less its id
	Results  []Result `json:"results"`

	// The matrix knows a server by these, where whoever runs it tells them.
	Peer    string    `json:"peer,omitempty"`    // the implementation's name, such as php-fpm
	Version string    `json:"version,omitempty"` // its own
	Method  string    `json:"method,omitempty"`  // how it serves connections at once: threaded, prefork
	Network string    `json:"network,omitempty"` // where it listens: unix, tcp
	Setting string    `json:"setting,omitempty"` // what else this one is set to, such as secret
	Started time.Time `json:"started,omitzero"`  // where it is not the run's
	Log     string    `json:"log,omitempty"`     // the end of what the server wrote, when all had run
}

// Result is what one case found, or one variant of it.
type Result struct {
	ID       string        `json:"id"` // the case's, or id@variant
	Title    string        `json:"title"`
	Level    string        `json:"level"`
	Section  string        `json:"section"`
	Link     string        `json:"link,omitempty"`
	Rule     string        `json:"rule"`
	Verdict  Verdict       `json:"verdict"`
	Kind     Kind          `json:"kind,omitempty"`
	Hang     HangForm      `json:"hang,omitempty"`    // of kind hang
	Check    string        `json:"check,omitempty"`   // what was expected, where it failed: the message's first line
	Message  string        `json:"message,omitempty"` // and what came; or why it is untested, or n/a
	Note     string        `json:"note,omitempty"`
	Known    *Known        `json:"known,omitempty"` // it was expected to fail
	Bytes    []Event       `json:"bytes,omitempty"` // of a failure
	Mark     *Mark         `json:"mark,omitempty"`  // what in them it is about
	Log      string        `json:"log,omitempty"`   // the end of what the server had written by then, of a failure
	Duration time.Duration `json:"duration_ns"`
}

// Known is what is known of a failure: an expectation file's row.
type Known struct {
	Version   string `json:"version"` // of the server with which it was seen
	Reason    string `json:"reason"`
	Link      string `json:"link"`
	Sometimes bool   `json:"sometimes,omitempty"` // it may pass, too
}

// Mark is a stretch of one direction of a connection.
type Mark struct {
	Connection int   `json:"connection"`
	Sent       bool  `json:"sent"`
	Offset     int64 `json:"offset"`
	Length     int   `json:"length"`
}

// Case is the id of the case that a result is of, without its variant.
func (r Result) Case() string {
	id, _, _ := strings.Cut(r.ID, "@")
	return id
}

// Broken is whether the server broke the rule.
func (r Result) Broken() bool { return r.Verdict == Fail || r.Verdict == Warn }

// Event is something that went over a connection.
type Event struct {
	Connection int           `json:"connection"` // counted from 1 within the case
	At         time.Duration `json:"at_ns"`
	Sent       bool          `json:"sent"`
	Offset     int64         `json:"offset"`
	Bytes      []byte        `json:"bytes,omitempty"`
	Text       string        `json:"text"`
	Detail     []string      `json:"detail,omitempty"`
}

// Count is how many results of each verdict there are.
func Count(results []Result) map[Verdict]int {
	n := map[Verdict]int{}
	for _, r := range results {
		n[r.Verdict]++
	}
	return n
}

// Exit codes of fcgiprobe.
const (
	ExitConforming    = 0
	ExitNotConforming = 1
	ExitUsage         = 2
	ExitNothingRan    = 3
	ExitUnreachable   = 4
	ExitHarness       = 5
	ExitInterrupted   = 130
)

// ExitCode is the one of a target's results; strict counts a warning as a
// failure. A known failure is none, and one that passes now is one.
func ExitCode(results []Result, strict bool) int {
	ran := false
	code := ExitConforming
	for _, r := range results {
		switch {
		case r.Verdict == Error:
			return ExitHarness
		case r.Unexpected(strict):
			code = ExitNotConforming
		}
		ran = ran || r.Verdict == Pass || r.Broken()
	}
	if !ran {
		return ExitNothingRan
	}
	return code
}

// Unexpected is whether a result counts against the server: a failure that is
// not known, or a known one that passes.
func (r Result) Unexpected(strict bool) bool {
	switch {
	case r.Verdict == Fail, r.Verdict == Warn && strict:
		return r.Known == nil
	case r.Verdict == Pass:
		return r.Known != nil && !r.Known.Sometimes
	}
	return false
}
