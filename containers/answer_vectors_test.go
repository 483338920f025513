package containers

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// answerDirection is how each wire package names the way from the application.
var answerDirection = map[string]string{"fcgi": "to-server", "scgi": "response", "ajp": "to-server"}

// A capturedAnswer is what the probe application is asked for.
type capturedAnswer struct {
	name, what    string
	method, query string
	body          string
	script        string // SCRIPT_FILENAME, where it isn't the application's
	times         int    // on one connection; 0 is once
	status        int    // 0 is 200
	cgi           bool   // captured as a CGI answer, too
	needs         func(Definition, Variant) bool
}

// namelessThrows are the servers whose answer to an exception names no file of
// the machine, and that don't just end the connection.
var namelessThrows = []string{"php-fpm", "tomcat", "undertow"}

var capturedAnswers = []capturedAnswer{
	{name: "get", what: "GET, answered with 5 bytes", cgi: true, query: "size=5"},
	{name: "head", what: "HEAD of 5 bytes", method: "HEAD", query: "size=5"},
	{name: "echo", what: "POST of 11 bytes, answered with them", method: "POST", query: "body=echo", body: "hello world"},
	{name: "70000", what: "GET, answered with 70000 bytes", query: "size=70000"},
	{name: "404", what: "GET, answered with status 404", cgi: true, query: "status=404&size=5", status: 404},
	{name: "500", what: "GET, answered with status 500", query: "status=500&size=5", status: 500},
	{name: "headers", what: "GET, answered with two cookies", cgi: true, query: "size=5&header=Set-Cookie:a%3D1&header=Set-Cookie:b%3D2"},
	{name: "stderr", what: "GET, with a line on the error stream", query: "size=5&stderr=some%20text",
		needs: func(d Definition, v Variant) bool { return d.Stderr != "" && v.Protocol == "fcgi" }},
	{name: "error", what: "GET, at which the application throws", query: "throw=early", status: 500,
		needs: func(d Definition, _ Variant) bool { return slices.Contains(namelessThrows, d.Name) }},
	{name: "no-script", what: "GET of a script that is not there", script: neutralDir + "/none.php", status: 404,
		needs: func(d Definition, _ Variant) bool { return d.ScriptFilename }},
	{name: "post-70000", what: "POST of 70000 bytes, asked for packet by packet, answered with 5", method: "POST", query: "size=5",
		body: string(probeapp.Letters(70000)), needs: func(_ Definition, v Variant) bool { return v.Protocol == "ajp" }},
	{name: "kept", what: "two GET on a kept connection", query: "size=5", times: 2,
		needs: func(d Definition, v Variant) bool { return !d.Closes && v.Protocol != "scgi" }},
}

var capturedServers = []struct {
	server  string
	variant Variant
}{
	{"php-fpm", Variant{Protocol: "fcgi", Method: "prefork", Network: "tcp"}},
	{"libfcgi", Variant{Protocol: "fcgi", Method: "prefork", Network: "tcp"}},
	{"flup", Variant{Protocol: "fcgi", Method: "threaded", Network: "tcp"}},
	{"uwsgi", Variant{Protocol: "fcgi", Method: "prefork", Network: "tcp"}},
	{"go-net-http-fcgi", Variant{Protocol: "fcgi", Method: "threaded", Network: "tcp"}},
	{"flup", Variant{Protocol: "scgi", Method: "threaded", Network: "tcp"}},
	{"uwsgi", Variant{Protocol: "scgi", Method: "prefork", Network: "tcp"}},
	{"flup", Variant{Protocol: "ajp", Method: "threaded", Network: "tcp"}},
	{"tomcat", Variant{Protocol: "ajp", Method: "threaded", Network: "tcp"}},
	{"undertow", Variant{Protocol: "ajp", Method: "threaded", Network: "tcp"}},
}

func captureServers(t *testing.T, dir string) {
	for _, s := range capturedServers {
		t.Run(s.server+"/"+s.variant.Protocol, func(t *testing.T) {
			t.Parallel()
			d := lookup(t, s.server)
			available(t, d)
			version, err := d.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			p := started(t, d, s.variant, Options{Dir: dir, App: application(t, d)})
			for _, a := range capturedAnswers {
				if a.needs == nil || a.needs(d, s.variant) {
					t.Run(a.name, func(t *testing.T) { a.capture(t, p, version) })
				}
			}
			captureManagement(t, p, version)
			captureCGI(t, p, version)
		})
	}
}

func answerVector(p *Peer, version, what string) vector {
	return vector{Program: p.Definition.Name, Version: version, Direction: answerDirection[p.Variant.Protocol], What: what}
}

func (a capturedAnswer) capture(t *testing.T, p *Peer, version string) {
	transport := direct(t, p).Transport.(*client.Transport)
	transport.DisableKeepAlives = a.times == 0
	transport.ScriptFilename = cmp.Or(a.script, transport.ScriptFilename)
	var conns []*recordedConn
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		r := &recordedConn{Conn: c}
		conns = append(conns, r)
		return r, nil
	}
	for range max(1, a.times) {
		a.ask(t, transport)
	}
	if len(conns) != 1 {
		t.Fatalf("the answers came on %d connections, want one", len(conns))
	}
	keep(t, p.Variant.Protocol, p.Definition.Name+"-"+a.name, answerVector(p, version, a.what), conns[0].bytes())
}

func (a capturedAnswer) ask(t *testing.T, transport http.RoundTripper) {
	t.Helper()
	var body io.Reader
	if a.body != "" {
		body = strings.NewReader(a.body)
	}
	request, err := http.NewRequestWithContext(t.Context(), cmp.Or(a.method, http.MethodGet), "http://localhost/a?"+a.query, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if want := cmp.Or(a.status, http.StatusOK); err != nil || response.StatusCode != want {
		t.Fatalf("got %s %q, %v, want %d", response.Status, content, err, want)
	}
}

// managementRequests are about no request of the application's. Servers that
// are not named say nothing to them: libfcgi waits for more behind GET_VALUES,
// php-fpm ends the connection at a type that it doesn't know.
var managementRequests = []struct {
	name, what, protocol, request string
	servers                       []string
}{
	{name: "get-values", protocol: "fcgi", what: "GET_VALUES_RESULT, asked for all three variables",
		request: "\x01\x09\x00\x00\x00\x30\x00\x00\x0e\x00FCGI_MAX_CONNS\x0d\x00FCGI_MAX_REQS\x0f\x00FCGI_MPXS_CONNS",
		servers: []string{"php-fpm", "flup", "go-net-http-fcgi"}},
	{name: "unknown-type", protocol: "fcgi", what: "UNKNOWN_TYPE, asked by a management record of type 200",
		request: "\x01\xc8\x00\x00\x00\x00\x00\x00",
		servers: []string{"libfcgi", "flup"}},
	{name: "cpong", protocol: "ajp", what: "CPong", request: "\x12\x34\x00\x01\x0a",
		servers: []string{"tomcat", "undertow", "flup"}},
}

func captureManagement(t *testing.T, p *Peer, version string) {
	for _, m := range managementRequests {
		if m.protocol != p.Variant.Protocol || !slices.Contains(m.servers, p.Definition.Name) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			wire, err := firstMessage(p, m.request)
			if err != nil {
				t.Fatalf("%v, after % x", err, wire)
			}
			keep(t, m.protocol, p.Definition.Name+"-"+m.name, answerVector(p, version, m.what), wire)
		})
	}
}

// firstMessage is the first record or packet that comes on a new connection.
func firstMessage(p *Peer, request string) ([]byte, error) {
	c, err := net.DialTimeout(p.network, p.address, time.Second)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c, request); err != nil {
		return nil, err
	}
	recorded := &recordedConn{Conn: c}
	if p.Variant.Protocol == "fcgi" {
		_, err = readFastCGI(recorded)
	} else {
		_, err = readAJP(recorded, "AB")
	}
	return recorded.bytes(), err
}

// captureCGI captures what cgi-fcgi, as a CGI program, gives out of the server
// behind it: the STDOUT stream, taken apart by another program than ours.
func captureCGI(t *testing.T, p *Peer, version string) {
	if p.Variant.Protocol != "fcgi" {
		return
	}
	for _, a := range capturedAnswers {
		if !a.cgi {
			continue
		}
		t.Run("cgi-"+a.name, func(t *testing.T) {
			cgiFcgiVersion(t)
			r := capturedRequest{method: http.MethodGet, uri: "a?" + a.query, header: map[string]string{}}
			answer := runCgiFcgi(t, p.address, r, "SCRIPT_FILENAME="+p.ScriptFilename)
			v := answerVector(p, version, a.what+", as cgi-fcgi gives it out")
			v.Direction = "response"
			keep(t, "cgi", p.Definition.Name+"-"+a.name, v, answer)
		})
	}
}
