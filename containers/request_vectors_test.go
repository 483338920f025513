package containers

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// requestDirection is how each wire package names the way to the application.
var requestDirection = map[string]string{"fcgi": "to-application", "scgi": "request", "ajp": "to-container"}

// A capturedRequest is what a client asks the gateway for.
type capturedRequest struct {
	name, what  string
	method, uri string
	header      map[string]string
	body        int
	times       int  // on one connection to the backend; 0 is once
	keep        bool // the gateway is set to keep connections
}

const form = "application/x-www-form-urlencoded"

var capturedRequests = []capturedRequest{
	{name: "get", what: "GET with a query and headers", method: "GET", uri: "probe?x=1&y=%20z",
		header: map[string]string{"Accept": "text/plain", "Accept-Language": "de, en;q=0.5", "Cookie": "a=1; b=2", "X-Probe": "one"}},
	{name: "long-header", what: "GET with a header of 200 bytes, more than a length of one byte tells", method: "GET", uri: "probe",
		header: map[string]string{"X-Long": string(probeapp.Letters(200))}},
	{name: "head", what: "HEAD", method: "HEAD", uri: "probe"},
	{name: "post-27", what: "POST of 27 bytes", method: "POST", uri: "probe", header: map[string]string{"Content-Type": form}, body: 27},
	{name: "post-70000", what: "POST of 70000 bytes, more than a record or a packet holds", method: "POST", uri: "probe",
		header: map[string]string{"Content-Type": form}, body: 70000},
	{name: "kept", what: "two GET one after the other on a kept connection", method: "GET", uri: "probe", times: 2, keep: true},
}

// A gatewayModule is what speaks a protocol in a gateway.
type gatewayModule struct {
	gateway, protocol string
	name              string // of its captures
	keeps             bool   // it keeps connections to the backend, where PEER_KEEP or the protocol says so
}

var gatewayModules = []gatewayModule{
	{"nginx", "fcgi", "nginx", true},
	{"nginx", "scgi", "nginx", false},
	{"apache", "fcgi", "apache-mod_proxy_fcgi", true},
	{"apache", "scgi", "apache-mod_proxy_scgi", false},
	{"apache", "ajp", "apache-mod_proxy_ajp", true},
	{"lighttpd", "fcgi", "lighttpd-mod_fastcgi", false},
	{"lighttpd", "scgi", "lighttpd-mod_scgi", false},
	{"lighttpd", "ajp", "lighttpd-mod_ajp13", false},
}

// plainPath is the PATH that Apache hands to applications, in place of the tester's.
const plainPath = "PATH=/usr/local/bin:/usr/bin:/bin"

func captureGateways(t *testing.T, dir string) {
	for _, m := range gatewayModules {
		t.Run(m.name+"/"+m.protocol, func(t *testing.T) {
			t.Parallel()
			d := lookup(t, m.gateway)
			available(t, d)
			m.capture(t, d, dir, false)
			if m.keeps {
				m.capture(t, d, dir, true)
			}
		})
	}
	t.Run("cgi-fcgi", func(t *testing.T) {
		t.Parallel()
		captureCgiFcgi(t)
	})
}

// untilPooled is what a gateway may need, after its client has the answer, to
// put the connection to the backend back: many times what it does need.
const untilPooled = 50 * time.Millisecond

// capture captures the requests on connections that are kept, or the others.
func (m gatewayModule) capture(t *testing.T, d Definition, dir string, keeps bool) {
	version, err := d.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	env := []string{plainPath}
	if keeps {
		env = append(env, "PEER_KEEP=1")
	}
	backend := recording(t, m.protocol, keeps)
	gateway := started(t, d, Variant{Protocol: m.protocol, Network: "tcp"}, Options{Dir: dir, Backend: backend.address, Env: env})
	for _, r := range capturedRequests {
		if r.keep != keeps {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			for i := range max(1, r.times) {
				if i > 0 {
					time.Sleep(untilPooled)
				}
				askThrough(t, gateway, r)
			}
			keep(t, m.protocol, m.name+"-"+r.name, vector{
				Program:   strings.Replace(m.name, "-", " ", 1),
				Version:   version,
				Direction: requestDirection[m.protocol],
				What:      r.what,
			}, backend.take(t))
		})
	}
}

// askThrough wants the recording backend's answer.
func askThrough(t *testing.T, gateway *Peer, r capturedRequest) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}, Timeout: 20 * time.Second}
	request, err := http.NewRequestWithContext(t.Context(), r.method, gateway.URL()+r.uri, bodyOf(r))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("User-Agent", "fcgikit")
	for name, value := range r.header {
		request.Header.Set(name, value)
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if want := "ok\n"; err != nil || response.StatusCode != http.StatusOK || r.method != "HEAD" && string(body) != want {
		t.Fatalf("got %s %q, %v, want 200 %q", response.Status, body, err, want)
	}
}

func bodyOf(r capturedRequest) io.Reader {
	if r.body == 0 {
		return nil
	}
	return strings.NewReader(string(probeapp.Letters(r.body)))
}

// captureCgiFcgi captures libfcgi's own client, which makes FastCGI of a CGI
// request: its environment becomes the parameters, its input STDIN.
func captureCgiFcgi(t *testing.T) {
	version := cgiFcgiVersion(t)
	for _, r := range capturedRequests {
		if r.keep {
			continue // a process has one request
		}
		t.Run(r.name, func(t *testing.T) {
			backend := recording(t, "fcgi", false)
			if answer := runCgiFcgi(t, backend.address, r); !strings.HasSuffix(string(answer), "\r\n\r\nok\n") {
				t.Fatalf("got %q", answer)
			}
			keep(t, "fcgi", "cgi-fcgi-"+r.name, vector{
				Program:   "cgi-fcgi of libfcgi",
				Version:   version,
				Direction: requestDirection["fcgi"],
				What:      r.what,
			}, backend.take(t))
		})
	}
}

// cgiFcgiVersion is the library's, since the program has no call for its own.
func cgiFcgiVersion(t *testing.T) string {
	t.Helper()
	d := lookup(t, "libfcgi")
	available(t, d)
	if _, err := exec.LookPath("cgi-fcgi"); err != nil {
		t.Skip("cgi-fcgi (Debian: libfcgi-bin)")
	}
	version, err := d.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// runCgiFcgi gives the program's output, a CGI answer.
func runCgiFcgi(t *testing.T, address string, r capturedRequest, env ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, "cgi-fcgi", "-bind", "-connect", address)
	path, query, _ := strings.Cut(r.uri, "?")
	c.Env = append(env, "GATEWAY_INTERFACE=CGI/1.1", "SERVER_PROTOCOL=HTTP/1.1", "SERVER_NAME=localhost", "SERVER_PORT=80",
		"REMOTE_ADDR=127.0.0.1", "REQUEST_METHOD="+r.method, "SCRIPT_NAME=", "PATH_INFO=/"+path, "QUERY_STRING="+query)
	for name, value := range r.header {
		c.Env = append(c.Env, variable(name)+"="+value)
	}
	if r.body > 0 {
		c.Env = append(c.Env, "CONTENT_LENGTH="+strconv.Itoa(r.body))
	}
	slices.Sort(c.Env)
	c.Stdin, c.Stderr = bodyOf(r), os.Stderr
	answer, err := c.Output()
	if err != nil {
		t.Fatalf("cgi-fcgi: %v", err)
	}
	return answer
}

func variable(header string) string {
	name := strings.ReplaceAll(strings.ToUpper(header), "-", "_")
	if name == "CONTENT_TYPE" {
		return name
	}
	return "HTTP_" + name
}
