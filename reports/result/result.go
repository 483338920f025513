// Package result is what a run of fcgikit's commands found, as Go types with
// their JSON.
package result

import "time"

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

// Run is one run of fcgiprobe.
type Run struct {
	Version int       `json:"version"`
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	Seed    int64     `json:"seed"`
	Targets []Target  `json:"targets"`
}

// Target is what was found of one server.
type Target struct {
	Target   string   `json:"target"`
	Protocol string   `json:"protocol"`
	Server   string   `json:"server,omitempty"`   // as its probe application names it
	Declares []string `json:"declares,omitempty"` // NAME=VALUE
	Results  []Result `json:"results"`
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
	Check    string        `json:"check,omitempty"` // what was expected, where it failed
	Message  string        `json:"message,omitempty"`
	Note     string        `json:"note,omitempty"`
	Bytes    []Event       `json:"bytes,omitempty"` // of a failure
	Duration time.Duration `json:"duration_ns"`
}

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
// failure.
func ExitCode(results []Result, strict bool) int {
	n := Count(results)
	switch {
	case n[Error] > 0:
		return ExitHarness
	case n[Fail] > 0, strict && n[Warn] > 0:
		return ExitNotConforming
	case n[Pass]+n[Warn] == 0:
		return ExitNothingRan
	}
	return ExitConforming
}
