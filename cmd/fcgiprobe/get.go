package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/cgi"
)

// getFlags are those of fcgiprobe get.
type getFlags struct {
	targetFlags
	method, body string
	header       headerFlag
	params       paramsFlag
	script, root string
	secret       string
	include      bool
	output       string
	fail         bool
	verbose      bool
}

func (f *getFlags) register(fs *flagSet) {
	f.header = headerFlag{}
	f.targetFlags.register(fs, 30*time.Second)
	fs.StringVar(&f.method, "X", "", "`METHOD`: the request's; GET, or POST where there is a body")
	fs.StringVar(&f.body, "body", "", "`STRING`: the request's body, a string, @FILE, or @- for standard input")
	fs.Var(f.header, "H", "`'Name: value'`: a header; may be given again")
	fs.Var(&f.params, "param", "`NAME=VALUE`: one more parameter (AJP: a request attribute); may be given again")
	fs.StringVar(&f.script, "script", "", "`FILE`: SCRIPT_FILENAME, what php-fpm runs")
	fs.StringVar(&f.root, "root", "", "`DIR`: DOCUMENT_ROOT; without -script the script is the path below it")
	fs.StringVar(&f.secret, "secret", "", "`S`: AJP's secret")
	fs.BoolVar(&f.include, "i", false, "print the status and the headers, too")
	fs.StringVar(&f.output, "o", "-", "`FILE`: write the body to it")
	fs.BoolVar(&f.fail, "f", false, "exit 1 from status 400, without the body")
	fs.BoolVar(&f.verbose, "v", false, "print every record in both directions to standard error")
}

func (f *getFlags) run(ctx context.Context, in *invocation, args []string) error {
	targetArg, path, err := targetAndPath(args)
	if err != nil {
		return err
	}
	target, err := f.target(ctx, targetArg)
	if err != nil {
		return err
	}
	req, err := f.request(ctx, in, path)
	if err != nil {
		return err
	}
	if err := f.checkOutput(); err != nil {
		return err
	}
	if target, err = f.detect(ctx, target); err != nil {
		return err
	}
	return f.exchange(in, target, req)
}

// targetAndPath takes the arguments apart: TARGET PATH, or one URL.
func targetAndPath(args []string) (target, path string, err error) {
	const example = "fcgiprobe get unix:/tmp/app.sock /path"
	switch len(args) {
	case 0:
		return "", "", misused("expected a target and a path: %s", example)
	case 1:
		target, path = splitURL(args[0])
	case 2:
		target, path = args[0], args[1]
	default:
		return "", "", misused("expected a target and a path, got %d arguments: %s", len(args), example)
	}
	if !strings.HasPrefix(path, "/") && path != "*" {
		return "", "", misused("path %q: expected one that begins with a slash: %s", path, example)
	}
	return target, path, nil
}

// splitURL takes a URL apart, fcgi://127.0.0.1:9000/path or
// fcgi+unix:/tmp/app.sock:/path; a bare target's path is /.
func splitURL(s string) (target, path string) {
	if prefix, address, ok := strings.Cut(s, "unix:"); ok && (prefix == "" || strings.HasSuffix(prefix, "+")) {
		// The first one ends the socket: the query may hold a URL of its own.
		if i := strings.Index(address, ":/"); i > 0 {
			cut := len(s) - len(address) + i
			return s[:cut], s[cut+1:]
		}
		return s, "/"
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			return scheme + "://" + rest[:i], "/" + strings.TrimPrefix(rest[i:], "/")
		}
	}
	return s, "/"
}

// request makes the http.Request of the flags.
func (f *getFlags) request(ctx context.Context, in *invocation, path string) (*http.Request, error) {
	body, length, err := f.openBody(in)
	if err != nil {
		return nil, err
	}
	method := f.method
	if method == "" {
		method = http.MethodGet
		if body != nil {
			method = http.MethodPost
		}
	}
	host := "localhost"
	if h := http.Header(f.header).Get("Host"); h != "" {
		host = h
		http.Header(f.header).Del("Host")
	}
	u, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost", body)
	if err != nil {
		return nil, misused("-X %q: expected a method such as PUT", method)
	}
	req.URL, req.Host = u, host
	req.Header = http.Header(f.header)
	if length >= 0 {
		req.ContentLength = length
	}
	return req, nil
}

// parsePath makes the URL of a path with its query, or of the * that OPTIONS
// may ask for.
func parsePath(path string) (*url.URL, error) {
	if path == "*" {
		return &url.URL{Scheme: "http", Host: "localhost", Path: path}, nil
	}
	u, err := url.Parse("http://localhost" + path)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, misused("path %q: %v: expected one such as '/a%%20b?x=1'", path, err)
	}
	return u, nil
}

// openBody is the body of -body, with its length, -1 where that is not known.
func (f *getFlags) openBody(in *invocation) (io.Reader, int64, error) {
	name, isFile := strings.CutPrefix(f.body, "@")
	switch {
	case f.body == "":
		return nil, 0, nil
	case !isFile:
		return strings.NewReader(f.body), int64(len(f.body)), nil
	case name == "-":
		return in.stdin, -1, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, misused("-body: %v: expected a readable file, such as -body @form.txt", err)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return nil, 0, misused("-body: %s is no file: expected one such as -body @form.txt", name)
	}
	if !info.Mode().IsRegular() {
		return file, -1, nil
	}
	return file, info.Size(), nil
}

// transport is the client for one request, to a path that is decoded, as files
// are named.
func (f *getFlags) transport(in *invocation, target client.Target, path string) (*client.Transport, error) {
	t, err := client.New(target)
	if err != nil {
		return nil, err
	}
	t.DisableKeepAlives = true
	t.Timeout = f.timeout
	t.Params = f.params
	t.Secret = f.secret
	t.Stderr = (*applicationLines)(in.stderr)
	t.DocumentRoot = f.root
	t.ScriptFilename, t.ScriptName = f.script, scriptName(f.script, path)
	if f.root != "" && f.script == "" {
		t.ScriptFilename, t.ScriptName = strings.TrimSuffix(f.root, "/")+path, path
	}
	if f.verbose {
		t.DialContext = tracedDial(in.stderr, target.Protocol)
	}
	return t, nil
}

// scriptName is the part of the path that names the script: the longest
// beginning of it, up to a slash, that the script's file name ends with. So
// /srv/www/index.php and /index.php/a give /index.php, and php-fpm's status page
// is -script /status and /status.
func scriptName(script, path string) string {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		if name := path[:end]; name != "/" && strings.HasSuffix(script, name) {
			return name
		}
	}
	return ""
}

// exchange sends the request and prints the answer.
func (f *getFlags) exchange(in *invocation, target client.Target, req *http.Request) error {
	t, err := f.transport(in, target, req.URL.Path)
	if err != nil {
		return err
	}
	defer t.CloseIdleConnections()
	var x client.Exchange
	req = req.WithContext(client.WithExchange(req.Context(), &x))
	resp, err := t.RoundTrip(req)
	if err != nil {
		return f.explain(target, err)
	}
	defer resp.Body.Close()
	in.stderr.endLine()
	if err := f.print(in, resp); err != nil {
		return err
	}
	if x.AppStatus != 0 {
		fmt.Fprintf(in.stderr, "fcgiprobe get: the application's own status (appStatus) is %d\n", x.AppStatus)
	}
	if f.fail && resp.StatusCode >= 400 {
		return failed(fmt.Errorf("%s answered %s", target, resp.Status))
	}
	return nil
}

// explain finds the exit code of a request without an answer.
func (f *getFlags) explain(target client.Target, err error) error {
	var op *net.OpError
	var timeout *client.TimeoutError
	var breach *client.BreachError
	var syntax *cgi.SyntaxError
	switch {
	case errors.Is(err, client.ErrLengthRequired):
		return misused("-body %s: its length must be known beyond %d bytes: expected a regular file, such as -body @form.txt", f.body, client.DefaultMaxBuffered)
	case errors.As(err, &syntax) && !errors.As(err, &breach):
		return misused("the request can't be sent: %v", err)
	case errors.As(err, &op) && op.Op == "dial", errors.As(err, &timeout) && timeout.Phase == client.Connecting:
		return notReached(target, err)
	}
	return failed(fmt.Errorf("%s: %w", target, err))
}

// checkOutput finds out before anything is sent whether -o can be written.
func (f *getFlags) checkOutput() error {
	if f.output == "-" {
		return nil
	}
	if namesTarget(f.output) {
		return misused("-o %s: expected a file such as -o answer.txt, not a target", f.output)
	}
	if err := checkOutput(f.output); err != nil {
		return misused("-o: %v: expected a file that can be written, such as -o answer.txt", err)
	}
	return nil
}

// print prints the answer. The file of -o is as it was until all of it has come.
func (f *getFlags) print(in *invocation, resp *http.Response) error {
	if f.include {
		printHead(in.stdout, resp)
	}
	if f.fail && resp.StatusCode >= 400 {
		_, err := io.Copy(io.Discard, resp.Body)
		return f.bodyError(err)
	}
	if f.output == "-" {
		_, err := io.Copy(in.stdout, resp.Body)
		return f.bodyError(err)
	}
	return f.bodyError(writeOutput(f.output, in.last, func(w io.Writer) error {
		_, err := io.Copy(w, resp.Body)
		return err
	}))
}

func (f *getFlags) bodyError(err error) error {
	if err == nil {
		return nil
	}
	var writing *fs.PathError
	var naming *os.LinkError
	if errors.As(err, &writing) || errors.As(err, &naming) {
		return &exitError{exitInternal, fmt.Errorf("the answer can't be written: %w", err)}
	}
	return failed(fmt.Errorf("the answer's body: %w", err))
}

// printHead prints the status and headers as a CGI answer has them.
func printHead(w io.Writer, resp *http.Response) {
	fmt.Fprintf(w, "Status: %s\n", resp.Status)
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintln(w)
}

// tracedDial prints what goes over the connection.
func tracedDial(w io.Writer, p client.Protocol) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		start := time.Now()
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return client.Trace(c, p, start, func(e client.Event) { printEvent(w, e) }), nil
	}
}

func printEvent(w io.Writer, e client.Event) {
	arrow := "<"
	if e.Sent {
		arrow = ">"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%9.3f ms %s %6d  %s\n", milliseconds(e.At), arrow, e.Offset, e.Text)
	for _, line := range e.Detail {
		fmt.Fprintf(&b, "%23s  %s\n", "", line)
	}
	io.WriteString(w, b.String())
}
