package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// reportFlags say what is written of a run.
type reportFlags struct {
	json, md, html, hgrm string
	vegeta, out          string
}

func (f *reportFlags) register(fs *cli.Flags) {
	fs.StringVar(&f.json, "json", "", "`FILE`: for programs, and for fcgibench compare and merge")
	fs.StringVar(&f.md, "md", "", "`FILE`: for a CI's summary, Markdown")
	fs.StringVar(&f.html, "html", "", "`FILE`: to read, one page of HTML with its plots")
	fs.StringVar(&f.hgrm, "hgrm", "", "`FILE`: the response times by percentile, for HdrHistogram's plotter")
}

// registerRun has those of a run that was just made.
func (f *reportFlags) registerRun(fs *cli.Flags) {
	f.register(fs)
	fs.StringVar(&f.vegeta, "vegeta", "", "`FILE`: each result, for vegeta report and vegeta plot (service times)")
	fs.StringVar(&f.out, "out", "", "`DIR`: all of these, as report.json, report.html, ...")
}

// report is a file that a run is written to.
type report struct {
	cli.ReportFile
	write func(io.Writer, result.Load) error
}

// files are those that are asked for, but for vegeta's, which is written as the
// run goes on.
func (f *reportFlags) files() []report {
	var all []report
	for _, r := range []struct {
		flag, path string
		endings    []string
		write      func(io.Writer, result.Load) error
	}{
		{"json", f.json, []string{".json"}, reports.WriteLoad},
		{"md", f.md, []string{".md"}, reports.LoadMarkdown},
		{"html", f.html, []string{".html", ".htm"}, reports.LoadHTML},
		{"hgrm", f.hgrm, []string{".hgrm"}, reports.LoadHgrm},
	} {
		if r.path != "" {
			all = append(all, report{cli.ReportFile{Flag: r.flag, Path: r.path, Endings: r.endings}, r.write})
		}
		if f.out != "" {
			all = append(all, report{cli.ReportFile{Flag: "out", Path: f.inOut(r.endings[0]), Endings: r.endings}, r.write})
		}
	}
	return all
}

func (f *reportFlags) inOut(ending string) string { return filepath.Join(f.out, "report"+ending) }

// streams are the files of vegeta's format.
func (f *reportFlags) streams() []cli.ReportFile {
	var all []cli.ReportFile
	if f.vegeta != "" {
		all = append(all, cli.ReportFile{Flag: "vegeta", Path: f.vegeta, Endings: []string{".vegeta", ".gob", ".bin"}})
	}
	if f.out != "" {
		all = append(all, cli.ReportFile{Flag: "out", Path: f.inOut(".vegeta"), Endings: []string{".vegeta"}})
	}
	return all
}

// settle checks every file before anything runs.
func (f *reportFlags) settle() error {
	if f.out != "" {
		if cli.NamesTarget(f.out) {
			return cli.Misused("-out %s: expected a folder such as report, not a target", f.out)
		}
		if err := os.MkdirAll(f.out, 0o777); err != nil {
			return cli.Misused("-out: %v: expected a folder that can be written, such as report", err)
		}
	}
	all := f.streams()
	for _, r := range f.files() {
		all = append(all, r.ReportFile)
	}
	return cli.CheckReports(all)
}

// toStdout is whether a report takes standard output, so that the text goes to
// standard error.
func (f *reportFlags) toStdout() bool {
	return f.vegeta == "-" || slices.ContainsFunc(f.files(), func(r report) bool { return r.Path == "-" })
}

// writeAll writes every report, whatever becomes of the others.
func (f *reportFlags) writeAll(in *cli.Invocation, run result.Load) error {
	var all error
	for _, r := range f.files() {
		if err := r.Write(in, func(w io.Writer) error { return r.write(w, run) }); err != nil {
			all = errors.Join(all, fmt.Errorf("-%s %s can't be written: %w", r.Flag, r.Path, err))
		}
	}
	return all
}
