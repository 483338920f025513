package main

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// requestFlags say what is asked, and what is to come.
type requestFlags struct {
	httpMethod, body     string
	header               cli.HeaderFlag
	params               cli.ParamsFlag
	script, root, secret string
	file, workload       string

	expectStatus int
	expectBody   string
	anyBody      bool
}

func (f *requestFlags) register(fs *cli.Flags) {
	f.header = cli.HeaderFlag{}
	fs.StringVar(&f.httpMethod, "X", "", "`METHOD`: else GET, or POST where there is a body")
	fs.Var(f.header, "H", "`'Name: value'`: a header; may be given again")
	fs.StringVar(&f.body, "body", "", "`STRING`: the body, a string or @FILE")
	fs.StringVar(&f.script, "script", "", "`FILE`: SCRIPT_FILENAME, what php-fpm runs")
	fs.StringVar(&f.root, "root", "", "`DIR`: DOCUMENT_ROOT; without -script the script is the path below it")
	fs.Var(&f.params, "param", "`NAME=VALUE`: one more parameter (AJP: a request attribute); may be given again")
	fs.StringVar(&f.secret, "secret", "", "`S`: AJP's secret")
	fs.StringVar(&f.file, "targets", "", "`FILE`: requests in turn, in vegeta's http or json format; a URL may be a path")
	fs.StringVar(&f.workload, "workload", "", "`W`: hello at once, cpu 1 ms, sleep 5 ms, download or upload 1 MiB: see fcgiprobe app")
}

func (f *requestFlags) registerExpected(fs *cli.Flags) {
	fs.IntVar(&f.expectStatus, "expect-status", 0, "`N`: of a good answer; else 200 to 399")
	fs.StringVar(&f.expectBody, "expect-body", "", "`STRING`: of a good answer, a string or @FILE; else that of the first one")
	fs.BoolVar(&f.anyBody, "any-body", false, "bodies may differ, as a dynamic page's do")
}

// settle finds flags that contradict each other.
func (f *requestFlags) settle(fs *cli.Flags) error {
	for _, name := range []string{"X", "body", "targets"} {
		if fs.Given(name) && f.workload != "" {
			return cli.Misused("-workload says what is asked, and so does -%s: expected one of them, such as -workload sleep", name)
		}
	}
	for _, name := range []string{"X", "body"} {
		if fs.Given(name) && f.file != "" {
			return cli.Misused("-targets says what is asked, and so does -%s: expected one of them, such as -targets requests.txt", name)
		}
	}
	switch {
	case f.workload != "" && workloads[f.workload] == nil:
		return cli.Misused("-workload %q%s: expected hello, cpu, sleep, download or upload", f.workload, cli.DidYouMean(f.workload, workloadNames))
	case fs.Given("expect-status") && (f.expectStatus < 100 || f.expectStatus > 999):
		return cli.Misused("-expect-status %d: expected one such as 200", f.expectStatus)
	case fs.Given("expect-body") && f.anyBody:
		return cli.Misused("-any-body and -expect-body contradict each other: expected one of them, such as -any-body")
	}
	return nil
}

// fit finds a flag that the protocol has no use for.
func (f *requestFlags) fit(p client.Protocol) error {
	switch {
	case p == client.AJP && f.script != "":
		return cli.Misused("-script is of no use over AJP, which has no SCRIPT_FILENAME: leave it out")
	case p == client.AJP && f.root != "":
		return cli.Misused("-root is of no use over AJP, which has no DOCUMENT_ROOT: leave it out")
	case p != client.AJP && p != "" && f.secret != "":
		return cli.Misused("-secret is AJP's, and the target speaks %s: leave it out", titles[p])
	}
	return nil
}

var titles = map[client.Protocol]string{client.FastCGI: "FastCGI", client.SCGI: "SCGI", client.AJP: "AJP"}

// requests are what is asked of a target, whose argument had this path.
func (f *requestFlags) requests(target client.Target, path string) ([]vegeta.Target, error) {
	if f.file != "" {
		if path != "/" {
			return nil, cli.Misused("-targets says what is asked, and so does the path %s: expected one of them", path)
		}
		return readTargets(f.file, target, http.Header(f.header))
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		return nil, cli.Misused("path %q: expected one such as '/a%%20b?x=1'", path)
	}
	body, err := textOrFile("body", f.body)
	if err != nil {
		return nil, err
	}
	r := vegeta.Target{Method: f.httpMethod, URL: "http://localhost" + path, Body: body, Header: http.Header(f.header).Clone()}
	if r.Method == "" {
		r.Method = http.MethodGet
		if len(body) > 0 {
			r.Method = http.MethodPost
		}
	}
	return []vegeta.Target{hosted(r)}, nil
}

// hosted has a Host header's value in the URL, where it belongs.
func hosted(t vegeta.Target) vegeta.Target {
	if host := t.Header.Get("Host"); host != "" {
		t.Header.Del("Host")
		t.URL = strings.Replace(t.URL, "http://localhost", "http://"+host, 1)
	}
	return t
}

// textOrFile is a flag's string, or what is in its @FILE.
func textOrFile(flag, value string) ([]byte, error) {
	name, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		return []byte(value), nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, cli.Misused("-%s: %v: expected a readable file, such as -%[1]s @file.txt", flag, err)
	}
	return text, nil
}

// answers are what bodies must be, for one subject.
func (f *requestFlags) answers(fs *cli.Flags) (*load.Answers, error) {
	if !fs.Given("expect-body") {
		return new(load.Answers), nil
	}
	body, err := textOrFile("expect-body", f.expectBody)
	if err != nil {
		return nil, err
	}
	return load.Expect(body), nil
}

// describe sets what a request's URL does not say.
func (f *requestFlags) describe(t *client.Transport, asked []vegeta.Target) error {
	t.Params, t.Secret = f.params, f.secret
	t.DocumentRoot, t.ScriptFilename = f.root, f.script
	if f.root == "" && f.script == "" {
		return nil
	}
	paths := map[string]bool{}
	first := ""
	for _, a := range asked {
		u, err := url.Parse(a.URL)
		if err != nil {
			return cli.Misused("URL %q: %v", a.URL, errors.Unwrap(err))
		}
		if first == "" {
			first = u.Path
		}
		paths[u.Path] = true
	}
	if f.script != "" {
		t.ScriptName = cli.ScriptName(f.script, first)
		return nil
	}
	if len(paths) > 1 {
		return cli.Misused("-root makes a script of the path, and -targets has %d paths: expected -script, such as -script /srv/www/index.php", len(paths))
	}
	t.ScriptFilename, t.ScriptName = strings.TrimSuffix(f.root, "/")+first, first
	return nil
}
