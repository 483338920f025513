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
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// getFlags are those of fcgiprobe get.
type getFlags struct {
	targetFlags
	method, body string
	header       cli.HeaderFlag
	params       cli.ParamsFlag
	script, root string
	secret       string
	packetSize   int
	include      bool
	output       string
	fail         bool
	verbose      bool
}

func (f *getFlags) Register(fs *cli.Flags) {
	f.header = cli.HeaderFlag{}
	f.targetFlags.Register(fs, 30*time.Second)
	fs.StringVar(&f.method, "X", "", "`METHOD`: the request's; GET, or POST where there is a body")
	fs.StringVar(&f.body, "body", "", "`STRING`: the request's body, a string, @FILE, or @- for standard input")
	fs.Var(f.header, "H", "`'Name: value'`: a header; may be given again")
	fs.Var(&f.params, "param", "`NAME=VALUE`: one more parameter (AJP: a request attribute); may be given again")
	fs.StringVar(&f.script, "script", "", "`FILE`: SCRIPT_FILENAME, what php-fpm runs")
	fs.StringVar(&f.root, "root", "", "`DIR`: DOCUMENT_ROOT; without -script the script is the path below it")
	fs.StringVar(&f.secret, "secret", "", "`S`: AJP's secret")
	fs.IntVar(&f.packetSize, "packet-size", ajp.DefaultPacketSize, "`N`: the bytes of AJP's largest packet, where the container is set to more")
	fs.BoolVar(&f.include, "i", false, "print the status and the headers, too")
	fs.StringVar(&f.output, "o", "-", "`FILE`: write the body to it")
	fs.BoolVar(&f.fail, "f", false, "exit 1 from status 400, without the body")
	fs.BoolVar(&f.verbose, "v", false, "print every record in both directions to standard error")
}

func (f *getFlags) Run(ctx context.Context, in *cli.Invocation, args []string) error {
	targetArg, path, err := targetAndPath(args)
	if err != nil {
		return err
	}
	target, err := f.target(ctx, targetArg)
	if err != nil {
		return err
	}
	if err := checkPacketSize(f.packetSize); err != nil {
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
		return "", "", cli.Misused("expected a target and a path: %s", example)
	case 1:
		target, path = cli.SplitURL(args[0])
	case 2:
		target, path = args[0], args[1]
	default:
		return "", "", cli.Misused("expected a target and a path, got %d arguments: %s", len(args), example)
	}
	if !strings.HasPrefix(path, "/") && path != "*" {
		return "", "", cli.Misused("path %q: expected one that begins with a slash: %s", path, example)
	}
	return target, path, nil
}

// request makes the http.Request of the flags.
func (f *getFlags) request(ctx context.Context, in *cli.Invocation, path string) (*http.Request, error) {
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
		return nil, cli.Misused("-X %q: expected a method such as PUT", method)
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
		return nil, cli.Misused("path %q: %v: expected one such as '/a%%20b?x=1'", path, err)
	}
	return u, nil
}

// openBody is the body of -body, with its length, -1 where that is not known.
func (f *getFlags) openBody(in *cli.Invocation) (io.Reader, int64, error) {
	name, isFile := strings.CutPrefix(f.body, "@")
	switch {
	case f.body == "":
		return nil, 0, nil
	case !isFile:
		return strings.NewReader(f.body), int64(len(f.body)), nil
	case name == "-":
		return &bodySource{in.Stdin, -1}, -1, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, cli.Misused("-body: %v: expected a readable file, such as -body @form.txt", err)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return nil, 0, cli.Misused("-body: %s is no file: expected one such as -body @form.txt", name)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 { // as /proc has it, of files that hold something
		return &bodySource{file, -1}, -1, nil
	}
	return &bodySource{file, info.Size()}, info.Size(), nil
}

// transport is the client for one request, to a path that is decoded, as files
// are named.
func (f *getFlags) transport(in *cli.Invocation, target client.Target, path string) (*client.Transport, error) {
	t, err := client.New(target)
	if err != nil {
		return nil, err
	}
	t.DisableKeepAlives = true
	t.Timeout = f.timeout
	t.Params = f.params
	t.Secret = f.secret
	t.PacketSize = f.packetSize
	t.Stderr = (*cli.ApplicationLines)(in.Stderr)
	t.DocumentRoot = f.root
	t.ScriptFilename, t.ScriptName = f.script, cli.ScriptName(f.script, path)
	if f.root != "" && f.script == "" {
		t.ScriptFilename, t.ScriptName = strings.TrimSuffix(f.root, "/")+path, path
	}
	if f.verbose {
		t.DialContext = tracedDial(in.Stderr, target.Protocol)
	}
	return t, nil
}

// exchange sends the request and prints the answer.
func (f *getFlags) exchange(in *cli.Invocation, target client.Target, req *http.Request) error {
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
	in.Stderr.EndLine()
	if err := f.print(in, resp); err != nil {
		return err
	}
	if x.AppStatus != 0 {
		fmt.Fprintf(in.Stderr, "fcgiprobe get: the application's own status (appStatus) is %d\n", x.AppStatus)
	}
	if f.fail && resp.StatusCode >= 400 {
		return cli.Failed(fmt.Errorf("%s answered %s", target, cli.Clean(resp.Status)))
	}
	return nil
}

// explain finds the exit code of a request without an answer.
func (f *getFlags) explain(target client.Target, err error) error {
	var op *net.OpError
	var timeout *client.TimeoutError
	var breach *client.BreachError
	var syntax *cgi.SyntaxError
	var encode *ajp.EncodeError
	var unread *unreadError
	switch {
	case errors.As(err, &unread):
		return f.bodyUnread(unread)
	case errors.Is(err, client.ErrLengthRequired):
		return cli.Misused("-body %s: its length must be known beyond %d bytes: expected a regular file, such as -body @form.txt", f.body, client.DefaultMaxBuffered)
	case errors.As(err, &syntax) && !errors.As(err, &breach):
		return cli.Misused("the request can't be sent: %v", err)
	case errors.As(err, &encode):
		larger := ""
		if f.packetSize < ajp.MaxPacketSize {
			larger = fmt.Sprintf(", or -packet-size %d where the container is set to it", ajp.MaxPacketSize)
		}
		return cli.Misused("the request can't be sent: %v: expected a shorter one%s", encode, larger)
	case errors.As(err, &op) && op.Op == "dial", errors.As(err, &timeout) && timeout.Phase == client.Connecting:
		return cli.NotReached(target, err)
	}
	return cli.Failed(fmt.Errorf("%s: %w", target, err))
}

// checkOutput finds out before anything is sent whether -o can be written.
func (f *getFlags) checkOutput() error {
	if f.output == "-" {
		return nil
	}
	if cli.NamesTarget(f.output) {
		return cli.Misused("-o %s: expected a file such as -o answer.txt, not a target", f.output)
	}
	if err := cli.CheckOutput(f.output); err != nil {
		return cli.Misused("-o: %v: expected a file that can be written, such as -o answer.txt", err)
	}
	return nil
}

// print prints the answer. The file of -o is as it was until all of it has come.
func (f *getFlags) print(in *cli.Invocation, resp *http.Response) error {
	if f.include {
		if err := printHead(in.Stdout, resp); err != nil {
			return f.bodyError(err)
		}
	}
	if f.fail && resp.StatusCode >= 400 {
		_, err := io.Copy(io.Discard, resp.Body)
		return f.bodyError(err)
	}
	if f.output == "-" {
		_, err := io.Copy(in.Stdout, resp.Body)
		return f.bodyError(err)
	}
	return f.bodyError(cli.WriteOutput(f.output, in.Last, func(w io.Writer) error {
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
	var unread *unreadError
	if errors.As(err, &unread) {
		return f.bodyUnread(unread)
	}
	if errors.As(err, &writing) || errors.As(err, &naming) {
		return cli.WithCode(cli.ExitInternal, fmt.Errorf("the answer can't be written: %w", err))
	}
	return cli.Failed(fmt.Errorf("the answer's body: %w", err))
}

// printHead prints the status and headers as a CGI answer has them.
func printHead(w io.Writer, resp *http.Response) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Status: %s\n", resp.Status)
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintln(&b)
	_, err := io.WriteString(w, b.String())
	return err
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
