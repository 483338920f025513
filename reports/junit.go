package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// JUnit writes a run as CI servers read it, in the form of Jenkins' xUnit plugin
// (junit-10.xsd): a testsuite for a target, a testcase for a result, named by its
// id. A warning is passed and told in system-out; n/a, untested and known
// failures are skipped, with the reason; a known failure that passes has failed.
func JUnit(w io.Writer, run result.Run) error {
	all := junitSuites{Name: "fcgiprobe"}
	for _, target := range run.Targets {
		suite := junitSuiteOf(run, target)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        *junitText      `xml:"system-out"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitOutcome `xml:"skipped"`
	Error   *junitOutcome `xml:"error"`
	Failure *junitOutcome `xml:"failure"`
	Out     *junitText    `xml:"system-out"`
}

type junitOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

func junitSuiteOf(run result.Run, target result.Target) junitSuite {
	n := tallyOf(target.Results)
	suite := junitSuite{
		Name:      clean(target.Target),
		Tests:     n.total,
		Failures:  n.results[failed] + n.results[mended],
		Errors:    n.results[errored],
		Skipped:   n.results[known] + n.results[untested] + n.results[declared],
		Timestamp: run.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"tool", clean(run.Tool)}, {"seed", fmt.Sprint(run.Seed)}, {"protocol", clean(target.Protocol)},
		},
		Out: &junitText{sentence(target.Results)},
	}
	if target.Server != "" {
		suite.Properties = append(suite.Properties, junitProperty{"server", clean(target.Server)})
	}
	for _, d := range target.Declares {
		name, value, _ := strings.Cut(d, "=")
		suite.Properties = append(suite.Properties, junitProperty{"declares " + clean(name), clean(value)})
	}
	var took time.Duration
	for _, r := range sorted(target.Results) {
		took += r.Duration
		suite.Cases = append(suite.Cases, junitCaseOf(r))
	}
	suite.Time = seconds(took)
	return suite
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func junitCaseOf(r result.Result) junitCase {
	c := junitCase{Class: junitClass(r), Name: clean(r.ID), Time: seconds(r.Duration)}
	first := clean(r.Check)
	if lines := cleanLines(r.Message); first == "" && len(lines) > 0 {
		first = lines[0]
	}
	switch s := stateOf(r); s {
	case failed:
		c.Failure = &junitOutcome{Type: junitType(r), Message: first, Text: account(r)}
	case mended:
		c.Failure = &junitOutcome{Type: string(mended), Message: "it passes, and is expected to fail: " + knownWords(r.Known), Text: account(r)}
	case errored:
		c.Error = &junitOutcome{Type: string(errored), Message: first, Text: account(r)}
	case known:
		c.Skipped = &junitOutcome{Type: string(known), Message: "known failure: " + knownWords(r.Known), Text: account(r)}
	case untested, declared:
		c.Skipped = &junitOutcome{Type: string(s), Message: string(s) + ": " + joined(cleanLines(r.Message))}
	case warned:
		c.Out = &junitText{"warning: " + account(r)}
	default:
		if r.Note != "" {
			c.Out = &junitText{"note: " + clean(r.Note)}
		}
	}
	return c
}

func junitType(r result.Result) string {
	if r.Kind != result.Breach {
		return clean(string(r.Kind))
	}
	return string(r.Verdict)
}

// junitClass is the part of the id before the last slash, as packages are
// written: a dot within a section's number would be taken for a package's end.
func junitClass(r result.Result) string {
	class := r.Case()
	if i := strings.LastIndexByte(class, '/'); i >= 0 {
		class = class[:i]
	}
	return clean(strings.ReplaceAll(strings.ReplaceAll(class, ".", "_"), "/", "."))
}

// account is all that is to be told of a result, as lines of text.
func account(r result.Result) string {
	lines := []string{clean(r.Title), fmt.Sprintf("%s, %s %s", clean(r.Level), clean(r.Section), clean(r.Link)), "rule: " + clean(r.Rule)}
	if words := kindWords(r); words != "" {
		lines = append(lines, words)
	}
	lines = append(lines, cleanLines(r.Message)...)
	if r.Note != "" {
		lines = append(lines, "note: "+clean(r.Note))
	}
	return strings.Join(append(lines, (&Text{Verbose: true}).wire(wireOf(r, true))...), "\n")
}
