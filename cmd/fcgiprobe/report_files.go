package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client"
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

func (f *reportFlags) register(fs *flagSet) {
	fs.StringVar(&f.json, "json", "", "`FILE`: for programs, and for fcgiprobe diff")
	fs.StringVar(&f.junit, "junit", "", "`FILE`: for a CI, JUnit's XML")
	fs.StringVar(&f.md, "md", "", "`FILE`: for a CI's summary, Markdown")
	fs.StringVar(&f.html, "html", "", "`FILE`: to read, one page of HTML")
	fs.StringVar(&f.expect, "expect", "", "`FILE`: known failures, as YAML: they count when they pass")
	fs.StringVar(&f.writeExpect, "write-expect", "", "`FILE`: write the failures to it, for -expect when its reasons are filled in")
}

// reportFile is one of them.
type reportFile struct {
	flag, path string
	endings    []string // usual ones; the first is the example's
	write      func(io.Writer, result.Run) error
}

// files are those that are asked for.
func (f *reportFlags) files(strict bool) []reportFile {
	all := []reportFile{
		{"json", f.json, []string{".json"}, reports.JSON},
		{"junit", f.junit, []string{".xml"}, reports.JUnit},
		{"md", f.md, []string{".md"}, reports.Markdown},
		{"html", f.html, []string{".html", ".htm"}, reports.HTML},
		{"write-expect", f.writeExpect, []string{".yaml", ".yml"}, func(w io.Writer, run result.Run) error {
			return reports.Failures(run.Targets, strict).Write(w)
		}},
	}
	return slices.DeleteFunc(all, func(r reportFile) bool { return r.path == "" })
}

// toStdout is whether a report takes standard output, so that the text goes to
// standard error.
func (f *reportFlags) toStdout() bool {
	return slices.ContainsFunc(f.files(false), func(r reportFile) bool { return r.path == "-" })
}

// settle checks every file before anything runs, and reads what is known.
func (f *reportFlags) settle() (reports.Expectations, error) {
	stdout := ""
	for _, r := range f.files(false) {
		if r.path == "-" && stdout != "" {
			return nil, misused("-%s - and -%s -: expected one report on standard output, and a file for the other, such as -%[2]s report%s", stdout, r.flag, r.endings[0])
		}
		if r.path == "-" {
			stdout = r.flag
			continue
		}
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	return f.readExpectations()
}

// check finds a name that is a target: more likely the flag lacks its value. And
// it finds a file that can't be written.
func (r reportFile) check() error {
	if r.isTarget() {
		return misused("-%s %s: expected a file such as report%s, not a target", r.flag, r.path, r.endings[0])
	}
	if err := checkOutput(r.path); err != nil {
		return misused("-%s: %v: expected a file that can be written, such as report%s", r.flag, err, r.endings[0])
	}
	return nil
}

func (r reportFile) isTarget() bool {
	if namesTarget(r.path) {
		return true
	}
	_, missing := os.Stat(r.path)
	_, err := client.ParseTarget(r.path)
	return err == nil && missing != nil && !slices.Contains(r.endings, filepath.Ext(r.path))
}

// namesTarget is whether a name is rather a target than a file: a socket that is
// there, or what has a protocol, a network or a port.
func namesTarget(path string) bool {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Type() == fs.ModeSocket
	}
	_, err := client.ParseTarget(path)
	return err == nil && strings.Contains(path, ":")
}

// write writes every report, whatever becomes of the others.
func (f *reportFlags) write(in *invocation, run result.Run, strict bool) error {
	var all error
	for _, r := range f.files(strict) {
		if r.flag == "write-expect" && !whole(run) {
			fmt.Fprintln(in.stderr, "fcgiprobe: -write-expect: nothing is written: not all of it was run")
			continue
		}
		write := func(w io.Writer) error { return r.write(w, run) }
		var err error
		if r.path == "-" {
			err = buffered(in.stdout, write)
		} else {
			err = writeOutput(r.path, in.last, write)
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("-%s %s can't be written: %w", r.flag, r.path, err))
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
		return nil, misused("-expect: %v: expected a file such as %s", err, expectExample)
	}
	defer file.Close()
	all, err := reports.ReadExpectations(file)
	if err != nil {
		return nil, misused("-expect %s: %v", f.expect, err)
	}
	for _, e := range all {
		if err := checkID(e.ID); err != nil {
			return nil, misused("-expect %s: %v", f.expect, err)
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
		return fmt.Errorf("%s has no variant %q%s: expected one of @%s", name, variant, didYouMean(variant, variants), strings.Join(variants, " @"))
	}
	return nil
}
