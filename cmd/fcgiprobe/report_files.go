package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// reportFlags say what is written of a run, and what is known beforehand.
type reportFlags struct {
	json, junit, md, html string
	expect, writeExpect   string
}

func (f *reportFlags) Register(fs *cli.Flags) {
	fs.StringVar(&f.json, "json", "", "`FILE`: for programs, and for fcgiprobe diff")
	fs.StringVar(&f.junit, "junit", "", "`FILE`: for a CI, JUnit's XML")
	fs.StringVar(&f.md, "md", "", "`FILE`: for a CI's summary, Markdown")
	fs.StringVar(&f.html, "html", "", "`FILE`: to read, one page of HTML")
	fs.StringVar(&f.expect, "expect", "", "`FILE`: known failures, as YAML: they count when they pass")
	fs.StringVar(&f.writeExpect, "write-expect", "", "`FILE`: write the failures to it, for -expect when its reasons are filled in")
}

// reportFile is one of them.
type reportFile struct {
	cli.ReportFile
	write func(io.Writer, result.Run) error
}

// files are those that are asked for.
func (f *reportFlags) files(strict bool) []reportFile {
	all := []reportFile{
		{cli.ReportFile{Flag: "json", Path: f.json, Endings: []string{".json"}}, reports.JSON},
		{cli.ReportFile{Flag: "junit", Path: f.junit, Endings: []string{".xml"}}, reports.JUnit},
		{cli.ReportFile{Flag: "md", Path: f.md, Endings: []string{".md"}}, reports.Markdown},
		{cli.ReportFile{Flag: "html", Path: f.html, Endings: []string{".html", ".htm"}}, reports.HTML},
		{cli.ReportFile{Flag: "write-expect", Path: f.writeExpect, Endings: []string{".yaml", ".yml"}}, func(w io.Writer, run result.Run) error {
			return reports.Failures(run.Targets, strict).Write(w)
		}},
	}
	return slices.DeleteFunc(all, func(r reportFile) bool { return r.Path == "" })
}

// toStdout is whether a report takes standard output, so that the text goes to
// standard error.
func (f *reportFlags) toStdout() bool {
	return slices.ContainsFunc(f.files(false), func(r reportFile) bool { return r.Path == "-" })
}

// settle checks every file before anything runs, and reads what is known.
func (f *reportFlags) settle() (reports.Expectations, error) {
	var files []cli.ReportFile
	for _, r := range f.files(false) {
		files = append(files, r.ReportFile)
	}
	if err := cli.CheckReports(files); err != nil {
		return nil, err
	}
	return f.readExpectations()
}

// write writes every report, whatever becomes of the others.
func (f *reportFlags) write(in *cli.Invocation, run result.Run, strict bool) error {
	var all error
	for _, r := range f.files(strict) {
		if r.Flag == "write-expect" && !whole(run) {
			fmt.Fprintln(in.Stderr, "fcgiprobe: -write-expect: nothing is written: not all of it was run")
			continue
		}
		if err := r.Write(in, func(w io.Writer) error { return r.write(w, run) }); err != nil {
			all = errors.Join(all, fmt.Errorf("-%s %s can't be written: %w", r.Flag, r.Path, err))
		}
	}
	return all
}

// whole is whether every target was probed to its end: of a part no file of
// expectations is made, which could take the place of a whole one.
func whole(run result.Run) bool {
	return !run.Interrupted && !slices.ContainsFunc(run.Targets, func(t result.Target) bool { return len(t.Results) == 0 })
}

const expectExample = "expect.yaml, as -write-expect writes one"

func (f *reportFlags) readExpectations() (reports.Expectations, error) {
	if f.expect == "" {
		return nil, nil
	}
	file, err := os.Open(f.expect)
	if err != nil {
		return nil, cli.Misused("-expect: %v: expected a file such as %s", err, expectExample)
	}
	defer file.Close()
	all, err := reports.ReadExpectations(file)
	if err != nil {
		return nil, cli.Misused("-expect %s: %v", f.expect, err)
	}
	for _, e := range all {
		if err := checkID(e.ID); err != nil {
			return nil, cli.Misused("-expect %s: %v", f.expect, err)
		}
	}
	return all, nil
}

// checkID takes a case's id, or that of one of its variants.
func checkID(id string) error {
	name, variant, has := strings.Cut(id, "@")
	i := slices.IndexFunc(specs.All(), func(c *suite.Case) bool { return c.ID == name })
	if i < 0 {
		_, err := caseNamed(name)
		return err
	}
	variants := variantsOf(specs.All()[i], true)
	if has && !slices.Contains(variants, variant) {
		return fmt.Errorf("%s has no variant %q%s: expected one of @%s", name, variant, cli.DidYouMean(variant, variants), strings.Join(variants, " @"))
	}
	return nil
}
