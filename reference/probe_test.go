package reference

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
)

func TestTheProbeKeepsTheContract(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			tr := serveHandler(t, p, &Probe{Method: Threaded}).transport(t)
			for _, e := range probeapp.Contract {
				t.Run(e.Name, func(t *testing.T) {
					resp, body := ask(t, tr, e.Method, e.Query, e.Body)
					if err := e.Check(resp.StatusCode, resp.Header, body); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// served is a server on a unix socket for the time of a test.
type served struct {
	target client.Target
	log    *lockedBuffer
}

func serveHandler(t *testing.T, p client.Protocol, h Handler) served {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	lines := new(lockedBuffer)
	s := &Server{Protocol: p, Handler: h, ErrorLog: log.New(lines, "", 0)}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.stopping.Store(true)
		l.Close()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return served{client.Target{Protocol: p, Network: "unix", Address: l.Addr().String()}, lines}
}

func (s served) transport(t *testing.T) *client.Transport {
	t.Helper()
	tr, err := client.New(s.target)
	if err != nil {
		t.Fatal(err)
	}
	tr.Timeout = 20 * time.Second
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func ask(t *testing.T, tr http.RoundTripper, method, query string, body []byte) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://probe.example/?"+query, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return roundTrip(t, tr, req)
}

func roundTrip(t *testing.T, tr http.RoundTripper, req *http.Request) (*http.Response, []byte) {
	t.Helper()
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, b
}

// probeAnswer is the JSON answer.
type probeAnswer struct {
	Probe            int
	Server, Protocol string
	Method           string
	Pid              int
	Can              []string
	Params           map[string]string
	Body             probeStream
	Data             *probeStream
	Prefix           map[string]any
}

type probeStream struct {
	Length int
	SHA256 string
}

func decodeAnswer(t *testing.T, b []byte) (a probeAnswer) {
	t.Helper()
	if err := json.Unmarshal(b, &a); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return a
}

func TestTheProbeNamesItselfAndAllExtras(t *testing.T) {
	tr := serveHandler(t, client.SCGI, &Probe{Method: Prefork}).transport(t)
	_, b := ask(t, tr, "GET", "", nil)
	a := decodeAnswer(t, b)
	if !strings.HasPrefix(a.Server, "fcgikit reference") || a.Method != "prefork" || a.Pid < 2 || a.Data != nil || a.Prefix != nil {
		t.Errorf("%+v", a)
	}
	if want := []string{"output", "write", "exit", "duplex", "throw", "pause", "role"}; !reflect.DeepEqual(a.Can, want) {
		t.Errorf("can: want %q, got %q", want, a.Can)
	}
}

func TestTheProbeTellsEveryByteOfAParameter(t *testing.T) {
	every := make([]byte, 256)
	runes := make([]rune, 256)
	for i := range every {
		every[i], runes[i] = byte(i), rune(i)
	}
	s := serveHandler(t, client.FastCGI, &Probe{})
	a := decodeAnswer(t, exchangeRecords(t, s, records{params: []string{
		"QUERY_STRING", "", "EVERY", string(every), "\xe9\"", "", "TWICE", "1", "TWICE", "2",
	}}).body(t))
	if a.Params["EVERY"] != string(runes) || a.Params["TWICE"] != "2" {
		t.Errorf("%q", a.Params)
	}
	if v, there := a.Params["é\""]; v != "" || !there || len(a.Params) != 4 {
		t.Errorf("%q", a.Params)
	}
}

func TestTheProbeTellsThePrefix(t *testing.T) {
	force := "/app"
	s := serveHandler(t, client.FastCGI, &Probe{Prefix: &Prefix{Force: &force}})
	a := decodeAnswer(t, exchangeRecords(t, s, records{params: []string{"PATH_INFO", "/x y", "QUERY_STRING", ""}}).body(t))
	want := map[string]any{"script_name": "/app", "path_info": "/x y", "url": "/app/x%20y"}
	if !reflect.DeepEqual(a.Prefix, want) {
		t.Errorf("%v", a.Prefix)
	}
}

// TestAPathWithoutAPageHasAStatus is Django's 404 and 400, and the 500 that it
// ought to give.
func TestAPathWithoutAPageHasAStatus(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{Prefix: &Prefix{}})
	for _, test := range []struct{ path, script, query, status string }{
		{"/a", "", "", "200"},
		{"a", "", "", "404"},
		{"/\xff", "", "", "400"},
		{"/a", "/\xff", "", "500"},
		{"a", "", "status=200", "200"},
		{"a", "", "size=3", "404"},
	} {
		a := exchangeRecords(t, s, records{params: []string{"PATH_INFO", test.path, "SCRIPT_NAME", test.script, "QUERY_STRING", test.query}})
		if !strings.HasPrefix(a.stdout, "Status: "+test.status+" ") {
			t.Errorf("%q under %q ?%s: %.30q, want status %s", test.path, test.script, test.query, a.stdout, test.status)
		}
	}
}

// records is one FastCGI request, as bytes make it.
type records struct {
	role        fcgi.Role
	params      []string
	stdin, data string
	withhold    bool // the end of STDIN, and DATA
	then        []byte
}

type fcgiAnswer struct {
	stdout, stderr string
	end            fcgi.EndRequestBody
}

func (a fcgiAnswer) body(t *testing.T) []byte {
	t.Helper()
	_, body, found := strings.Cut(a.stdout, "\r\n\r\n")
	if !found {
		t.Fatalf("no header in %q", a.stdout)
	}
	return []byte(body)
}

func (q records) bytes() []byte {
	if q.role == 0 {
		q.role = fcgi.Responder
	}
	b := fcgi.AppendBeginRequest(nil, 1, q.role, fcgi.KeepConn)
	e := fcgi.EncodeParams(b, 1)
	for i := 0; i < len(q.params); i += 2 {
		e.Add(q.params[i], q.params[i+1])
	}
	b = e.End()
	for _, in := range q.role.Inputs()[1:] {
		content := q.stdin
		if in == fcgi.TypeData {
			content = q.data
		}
		b = fcgi.AppendStream(b, in, 1, []byte(content))
		if q.withhold {
			break
		}
		b = fcgi.AppendEndOfStream(b, in, 1)
	}
	return append(b, q.then...)
}

// exchangeRecords sends a request and reads its answer up to END_REQUEST.
func exchangeRecords(t *testing.T, s served, q records) fcgiAnswer {
	t.Helper()
	c := dialServed(t, s)
	if _, err := c.Write(q.bytes()); err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, c)
}

func readAnswer(t *testing.T, c net.Conn) (a fcgiAnswer) {
	t.Helper()
	var d fcgi.Decoder
	buf := make([]byte, 64<<10)
	for {
		r, err := d.Next()
		switch {
		case err == fcgi.ErrShort:
			n, err := c.Read(buf)
			if err != nil {
				t.Fatalf("%v after %+v", err, a)
			}
			d.Feed(buf[:n])
		case err != nil:
			t.Fatal(err)
		case r.Type == fcgi.TypeStdout:
			a.stdout += string(r.Content)
		case r.Type == fcgi.TypeStderr:
			a.stderr += string(r.Content)
		case r.Type == fcgi.TypeEndRequest:
			a.end, err = fcgi.ParseEndRequest(r.Content)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
}

func query(q string) []string { return []string{"REQUEST_METHOD", "GET", "QUERY_STRING", q} }

func TestTheProbeAsAuthorizer(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	allowed := exchangeRecords(t, s, records{role: fcgi.Authorizer, params: query("")})
	if !strings.Contains(allowed.stdout, "Status: 200 OK\r\n") || !strings.Contains(allowed.stdout, "Variable-PROBE: 1\r\n") {
		t.Errorf("%q", allowed.stdout)
	}
	denied := exchangeRecords(t, s, records{role: fcgi.Authorizer, params: query("status=403&size=2")})
	if !strings.HasPrefix(denied.stdout, "Status: 403 Forbidden\r\n") || strings.Contains(denied.stdout, "Variable-") || string(denied.body(t)) != "ab" {
		t.Errorf("%q", denied.stdout)
	}
}

func TestTheProbeAsFilter(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	data := strings.Repeat("data", 25000)
	filter := func(q string, more ...string) fcgiAnswer {
		return exchangeRecords(t, s, records{role: fcgi.Filter, params: append(query(q), more...), stdin: "body", data: data})
	}
	if got := filter("body=echo&duplex=yes"); string(got.body(t)) != data {
		t.Errorf("body=echo gives %d bytes, not DATA", len(got.body(t)))
	}
	a := decodeAnswer(t, filter("", "FCGI_DATA_LENGTH", "100000").body(t))
	if a.Body.Length != 4 || a.Data == nil || a.Data.Length != len(data) || len(a.Data.SHA256) != 64 || a.Data.SHA256 == a.Body.SHA256 {
		t.Errorf("%+v %+v", a.Body, a.Data)
	}
	if got := filter("", "FCGI_DATA_LENGTH", "100001"); !strings.HasPrefix(got.stdout, "Status: 500 ") {
		t.Errorf("a file that is a byte short is served: %q", got.stdout)
	}
	none := exchangeRecords(t, s, records{role: fcgi.Filter, params: query("")})
	if a := decodeAnswer(t, none.body(t)); a.Data == nil || a.Data.Length != 0 || a.Data.SHA256 != a.Body.SHA256 {
		t.Errorf("%+v", a.Data)
	}
}

func TestTheProbesExitDoesNotStick(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	c := dialServed(t, s)
	first := records{params: query("exit=256&size=1")}
	for _, want := range []uint32{256, 0} {
		c.Write(first.bytes())
		if a := readAnswer(t, c); a.end.AppStatus != want || a.end.ProtocolStatus != fcgi.RequestComplete {
			t.Errorf("want appStatus %d, got %+v", want, a.end)
		}
		first.params = query("size=1")
	}
}

func TestTheProbeWithoutOutput(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	if a := exchangeRecords(t, s, records{params: query("output=none&stderr=a%0ab&exit=3")}); a.stdout != "" || a.stderr != "a\nb" || a.end.AppStatus != 3 {
		t.Errorf("%+v", a)
	}
	for _, p := range []client.Protocol{client.SCGI, client.AJP} {
		tr := serveHandler(t, p, &Probe{}).transport(t)
		req, _ := http.NewRequest("GET", "http://x/?output=none", nil)
		if resp, err := tr.RoundTrip(req); err == nil {
			resp.Body.Close()
			t.Errorf("%s: an answer without header is %s", p, resp.Status)
		}
	}
}

func TestTheErrorStreamGoesToTheLogWhereTheProtocolHasNone(t *testing.T) {
	for _, p := range []client.Protocol{client.SCGI, client.AJP} {
		s := serveHandler(t, p, &Probe{})
		ask(t, s.transport(t), "GET", "stderr=some%20words", nil)
		if !strings.Contains(s.log.String(), "some words") {
			t.Errorf("%s: the log has %q", p, s.log)
		}
	}
}

func TestTheProbeThrows(t *testing.T) {
	for _, p := range client.Protocols {
		s := serveHandler(t, p, &Probe{})
		tr := s.transport(t)
		if resp, body := ask(t, tr, "GET", "throw=early&status=404&size=5", nil); resp.StatusCode != 500 || len(body) != 0 {
			t.Errorf("%s: early: %s %q", p, resp.Status, body)
		}
		if resp, body := ask(t, tr, "GET", "throw=late&status=404&size=5&chunk=2", nil); resp.StatusCode != 404 || string(body) != "ab" {
			t.Errorf("%s: late: %s %q", p, resp.Status, body)
		}
		if resp, body := ask(t, tr, "GET", "size=3", nil); resp.StatusCode != 200 || string(body) != "abc" {
			t.Errorf("%s: afterwards: %s %q", p, resp.Status, body)
		}
		if got := strings.Count(s.log.String(), "asked to throw"); got != 2 {
			t.Errorf("%s: the log has %q", p, s.log)
		}
	}
}

func TestTheProbeWaits(t *testing.T) {
	for _, c := range []struct {
		query string
		want  time.Duration
	}{{"delay=150", 150 * time.Millisecond}, {"size=4&chunk=1&pause=50", 150 * time.Millisecond}} {
		tr := serveHandler(t, client.AJP, &Probe{}).transport(t)
		start := time.Now()
		ask(t, tr, "GET", c.query, nil)
		if took := time.Since(start); took < c.want || took > c.want+5*time.Second {
			t.Errorf("%s took %v", c.query, took)
		}
	}
}

func TestADelayHoldsNoOtherRequestUp(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	tr := s.transport(t)
	tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = 8, true, 1
	slow := make(chan time.Time)
	go func() {
		req, _ := http.NewRequest("GET", "http://x/?delay=400&size=1", nil)
		if resp, err := tr.RoundTrip(req); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		} else {
			t.Error(err)
		}
		slow <- time.Now()
	}()
	time.Sleep(100 * time.Millisecond)
	for range 5 {
		ask(t, tr, "POST", "body=echo", []byte("quick"))
	}
	quick := time.Now()
	if !(<-slow).After(quick) {
		t.Error("the quick requests waited for the slow one")
	}
	if opened := tr.Stats().Opened; opened != 1 {
		t.Errorf("there were %d connections", opened)
	}
}

func TestAnAbortEndsAWait(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	abort := fcgi.AppendAbortRequest(nil, 1)
	for _, q := range []records{
		{params: query("delay=60000")},
		{params: query("size=2&chunk=1&pause=60000")},
		{params: append(query("body=echo"), "CONTENT_LENGTH", "100"), stdin: "abc", withhold: true},
		{params: append(query("body=echo&duplex=yes"), "CONTENT_LENGTH", "100"), stdin: "abc", withhold: true},
	} {
		t.Run(q.params[3], func(t *testing.T) {
			q.then = abort
			start := time.Now()
			a := exchangeRecords(t, s, q)
			if time.Since(start) > 5*time.Second || a.end.ProtocolStatus != fcgi.RequestComplete {
				t.Errorf("%v %+v", time.Since(start), a)
			}
		})
	}
}

func TestAWaitOutlivesTheWebServersHalfClose(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	c := dialServed(t, s)
	c.Write(records{params: query("delay=50&size=3")}.bytes())
	c.(*net.UnixConn).CloseWrite()
	if a := readAnswer(t, c); string(a.body(t)) != "abc" {
		t.Errorf("%+v", a)
	}
}

func TestNoMoreThanCONTENT_LENGTHIsTheBody(t *testing.T) {
	s := serveHandler(t, client.FastCGI, &Probe{})
	for _, c := range []struct{ query, length, stdin, want string }{
		{"body=echo", "2", "abcdef", "ab"},
		{"body=echo&duplex=yes", "2", "abcdef", "ab"},
		{"body=echo", "10", "abc", "abc"},
		{"body=echo", "", "abc", "abc"},
		{"body=echo", "-1", "abc", "abc"},
		{"body=echo", "2", strings.Repeat("ab", 100000), "ab"},
	} {
		a := exchangeRecords(t, s, records{params: append(query(c.query), "CONTENT_LENGTH", c.length), stdin: c.stdin})
		if got := string(a.body(t)); got != c.want {
			t.Errorf("%s CONTENT_LENGTH %q: want %q, got %q", c.query, c.length, c.want, got)
		}
	}
}

func TestADuplexAnswerComesBeforeTheRestOfTheBody(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			tr := serveHandler(t, p, &Probe{}).transport(t)
			body, more := io.Pipe()
			req, _ := http.NewRequest("POST", "http://x/?body=echo&duplex=yes", body)
			req.ContentLength = 30000 // AJP sends what fills a packet
			go more.Write(bytes.Repeat([]byte("a"), 20000))
			resp, err := tr.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got := make([]byte, 8000)
			if _, err := io.ReadFull(resp.Body, got); err != nil {
				t.Fatal(err)
			}
			go func() {
				more.Write(bytes.Repeat([]byte("a"), 10000))
				more.Close()
			}()
			rest, err := io.ReadAll(resp.Body)
			if err != nil || len(got)+len(rest) != 30000 {
				t.Errorf("%d bytes, %v", len(got)+len(rest), err)
			}
		})
	}
}

func TestABodyThatBreaksOffIsNotAnswered200(t *testing.T) {
	for _, c := range []struct {
		protocol client.Protocol
		request  string
		want     string // of the answer, its beginning
	}{
		{client.SCGI, "24:CONTENT_LENGTH\x005\x00SCGI\x001\x00,abc", "Status: 400 "},
		{client.FastCGI, string(records{params: append(query(""), "CONTENT_LENGTH", "5"), stdin: "abc", withhold: true}.bytes()), "\x01\x06\x00\x01\x00\x00\x00\x00\x01\x03"},
		{client.AJP, string(forward(ajp.Request{Method: 4, Headers: []ajp.Header{{Name: []byte("content-length"), Value: []byte("5")}}})), "AB\x00"},
	} {
		c2 := dialServed(t, serveHandler(t, c.protocol, &Probe{}))
		io.WriteString(c2, c.request)
		c2.(*net.UnixConn).CloseWrite()
		b, _ := io.ReadAll(c2)
		if !strings.HasPrefix(string(b), c.want) || c.protocol == client.AJP && !strings.Contains(string(b), "\x04\x01\x90\x00\x0bBad Request") {
			t.Errorf("%s: %q", c.protocol, b)
		}
	}
}

func dialServed(t *testing.T, s served) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", s.target.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func TestTheLastOfAKeyCounts(t *testing.T) {
	var s steering
	s.steer([]byte("size=1&size=2&size=x&delay=70000&status=1000&status=99&exit=4294967296&header=A&header=:v&header=B:%41%4&body=%65cho"))
	if s.size != 2 || s.delay != time.Minute || s.status != 200 || s.exit != 0 || !s.echo {
		t.Errorf("%+v", s)
	}
	if len(s.headers) != 1 || string(s.headers[0].Name) != "B" || string(s.headers[0].Value) != "A%4" {
		t.Errorf("%q", s.headers)
	}
	s.steer(nil)
	if s.size != -1 || s.echo || !s.reads || len(s.headers) != 0 {
		t.Errorf("the steering of the last request is left: %+v", s)
	}
}

func TestAnAskedForHeaderSmugglesNoOther(t *testing.T) {
	for _, p := range client.Protocols {
		tr := serveHandler(t, p, &Probe{}).transport(t)
		resp, _ := ask(t, tr, "GET", "size=1&header=X-A:1%0d%0aX-B:2&header=content-TYPE:text/x", nil)
		if resp.Header.Get("X-B") != "" || !reflect.DeepEqual(resp.Header.Values("Content-Type"), []string{"text/x"}) {
			t.Errorf("%s: %v", p, resp.Header)
		}
	}
}

func TestAHeaderTooLongForAJPIs500(t *testing.T) {
	long := "size=3&header=X:" + strings.Repeat("a", 40000)
	s := serveHandler(t, client.FastCGI, &Probe{})
	a := exchangeRecords(t, s, records{params: query(long)})
	if !strings.Contains(a.stdout, strings.Repeat("a", 40000)+"\r\n") || string(a.body(t)) != "abc" {
		t.Errorf("%d bytes of STDOUT", len(a.stdout))
	}
	h := HandlerFunc(func(w *Response, r *Request) {
		w.AddHeader("X", strings.Repeat("a", 9000))
		io.WriteString(w, "body")
	})
	resp, body := ask(t, serveHandler(t, client.AJP, h).transport(t), "GET", "", nil)
	if resp.StatusCode != 500 || len(body) != 0 {
		t.Errorf("%s %q", resp.Status, body)
	}
}
