package probeapp

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

func TestGoKeepsTheContract(t *testing.T) {
	app := filepath.Join(t.TempDir(), "probe")
	run(t, "go", "build", "-o", app, "probe.go")
	keepsTheContract(t, app)
}

func TestCKeepsTheContract(t *testing.T) {
	needLibfcgi(t)
	app := filepath.Join(t.TempDir(), "probe")
	run(t, "cc", "-O2", "-o", app, "probe.c", "-lfcgi")
	keepsTheContract(t, app)
}

func TestPerlKeepsTheContract(t *testing.T) {
	if output, err := exec.CommandContext(t.Context(), "perl", "-MFCGI", "-e1").CombinedOutput(); err != nil {
		t.Skipf("Perl's FCGI.pm is not installed: %v %.60s", err, output)
	}
	_, source, err := Source("perl")
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "probe")
	if err := os.WriteFile(app, source, 0o700); err != nil {
		t.Fatal(err)
	}
	keepsTheContract(t, app)
}

func keepsTheContract(t *testing.T, app string) {
	transport := serve(t, app)
	can := abilities(t, transport)
	for _, e := range Contract {
		t.Run(e.Name, func(t *testing.T) {
			if e.Needs != "" && !slices.Contains(can, e.Needs) {
				t.Skipf("it has no %q, it has %q", e.Needs, can)
			}
			status, header, body := exchange(t, transport, e)
			if err := e.Check(status, header, body); err != nil {
				t.Error(err)
			}
		})
	}
}

// serve starts an application that listens where PEER_ADDRESS says, and ends it with the test.
func serve(t *testing.T, app string) *client.Transport {
	t.Helper()
	socket := filepath.Join(filepath.Dir(app), "s")
	command := exec.Command(app)
	command.Env = append(os.Environ(), "PEER_NETWORK=unix", "PEER_ADDRESS="+socket)
	command.Stderr = t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	awaitSocket(t, socket)
	transport, err := client.New(client.Target{Protocol: "fcgi", Network: "unix", Address: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	transport.Timeout = 20 * time.Second
	return transport
}

func awaitSocket(t *testing.T, socket string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the application does not listen: ", err)
		}
	}
}

func abilities(t *testing.T, transport *client.Transport) []string {
	t.Helper()
	var answer struct{ Can []string }
	_, _, body := exchange(t, transport, get("", ""))
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Can
}

func exchange(t *testing.T, transport http.RoundTripper, e Exchange) (int, http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), e.Method, "http://probe.example/?"+e.Query, bytes.NewReader(e.Body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, body
}

// The nearest wrong answers to one exchange of each kind.
func TestCheckFindsTheFault(t *testing.T) {
	size := named(t, "size=26")
	right := http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"26"}}
	with := func(name string, values ...string) http.Header {
		h := right.Clone()
		h[name] = values
		return h
	}
	for _, c := range []struct {
		fault  string
		e      Exchange
		status int
		header http.Header
		body   []byte
		want   string // in the error; empty: there is none
	}{
		{"none", size, 200, right, Letters(26), ""},
		{"a parameter of the type", size, 200, with("Content-Type", "text/plain; charset=utf-8"), Letters(26), ""},
		{"another status", size, 404, right, Letters(26), "status: want 200, got 404"},
		{"another type", size, 200, with("Content-Type", "text/html"), Letters(26), "Content-Type: want text/plain"},
		{"no length", size, 200, with("Content-Length"), Letters(26), "header Content-Length"},
		{"a byte less", size, 200, right, Letters(25), "got 25, different from offset 25"},
		{"a byte more", size, 200, right, Letters(27), "got 27, different from offset 26"},
		{"upper case", size, 200, right, bytes.ToUpper(Letters(26)), "different from offset 0"},
		{"a length with chunk", named(t, "size=10&chunk=3"), 200, with("Content-Length", "10"), Letters(10), "header Content-Length"},
		{"a body with 204", named(t, "status=204&size=3"), 204, nil, Letters(3), "want 0 bytes, got 3"},
		{"a body with HEAD", named(t, "HEAD has the Content-Length of GET"), 200, with("Content-Length", "10"), Letters(10), "want 0 bytes, got 10"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			err := c.e.Check(c.status, c.header, c.body)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}

func TestCheckFindsTheFaultInJSON(t *testing.T) {
	const digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of nothing, FIPS 180-4
	const right = `{"probe": 1, "server": "s", "protocol": "fcgi", "params": {"QUERY_STRING": ""}, "body": {"length": 0, "sha256": "` + digest + `"}}`
	plain := named(t, "plain")
	header := http.Header{"Content-Type": {"application/json"}}
	if err := plain.Check(200, header, []byte(right)); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`{`, `<`, "want the JSON answer"},
		{`"probe": 1`, `"probe": 2`, "probe: want 1, got 2"},
		{`"server": "s", `, ``, "server: want a name"},
		{`fcgi`, `http`, `protocol: want fcgi, scgi or ajp, got "http"`},
		{`"QUERY_STRING": ""`, `"QUERY_STRING": "a"`, "want QUERY_STRING"},
		{`"length": 0`, `"length": 1`, "besides 0 bytes the application got 1 more"},
		{digest, "00", "of 0 bytes with SHA-256 " + digest},
	} {
		wrong := strings.Replace(right, c.old, c.new, 1)
		if err := plain.Check(200, header, []byte(wrong)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", wrong, c.want, err)
		}
	}
}

func TestTheNamesOfTheContractDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Contract {
		if seen[e.Name] {
			t.Errorf("there are two exchanges named %q", e.Name)
		}
		seen[e.Name] = true
	}
}

func TestLettersAreTheAlphabetAgainAndAgain(t *testing.T) {
	for _, n := range []int{0, 1, 25, 26, 27, 53} {
		letters := Letters(n)
		if len(letters) != n {
			t.Errorf("Letters(%d) has %d bytes", n, len(letters))
		}
		for i, c := range letters {
			if want := byte('a' + i%26); c != want {
				t.Errorf("Letters(%d)[%d]: want %s, got %s", n, i, strconv.QuoteRune(rune(want)), strconv.QuoteRune(rune(c)))
			}
		}
	}
}

func named(t *testing.T, name string) Exchange {
	t.Helper()
	at := slices.IndexFunc(Contract, func(e Exchange) bool { return e.Name == name })
	if at < 0 {
		t.Fatalf("the contract has no exchange %q", name)
	}
	return Contract[at]
}
