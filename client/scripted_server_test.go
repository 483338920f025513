package client_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// scripted is a server that does to each connection what a test says.
type scripted struct {
	target client.Target

	accepted atomic.Int64
	open     atomic.Int64
	mostOpen atomic.Int64
}

// serve starts a server on a unix socket. script has a connection for itself,
// which ends when it returns; n counts connections from 1.
func serve(t testing.TB, p client.Protocol, script func(n int, c *peer)) *scripted {
	t.Helper()
	dir, err := os.MkdirTemp("", "fcgikit")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return serveOn(t, client.Target{Protocol: p, Network: "unix", Address: filepath.Join(dir, "s")}, script)
}

func serveTCP(t testing.TB, p client.Protocol, script func(n int, c *peer)) *scripted {
	t.Helper()
	return serveOn(t, client.Target{Protocol: p, Network: "tcp", Address: "127.0.0.1:0"}, script)
}

func serveOn(t testing.TB, target client.Target, script func(n int, c *peer)) *scripted {
	t.Helper()
	l, err := net.Listen(target.Network, target.Address)
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{target: target}
	if target.Network == "tcp" {
		s.target.Address = l.Addr().String()
	}
	var mu sync.Mutex
	var conns []net.Conn
	var wg sync.WaitGroup
	over := make(chan struct{})
	t.Cleanup(func() {
		close(over)
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	wg.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			s.accepted.Add(1)
			s.mostOpen.Store(max(s.mostOpen.Load(), s.open.Add(1)))
			wg.Go(func() {
				defer s.open.Add(-1)
				defer c.Close()
				script(n, &peer{Conn: c, over: over, in: bufio.NewReaderSize(c, 128<<10)})
			})
		}
	})
	return s
}

// transport is one for the server alone.
func (s *scripted) transport(t testing.TB) *client.Transport {
	t.Helper()
	tr, err := client.New(s.target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// peer is the server's end of a connection.
type peer struct {
	net.Conn
	in    *bufio.Reader
	taken int64           // bytes of requests
	over  <-chan struct{} // closed at the test's end
}

func (c *peer) send(pieces ...any) error {
	var b []byte
	for _, p := range pieces {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	_, err := c.Write(b)
	return err
}

// record is the next FastCGI record; false at the connection's end.
func (c *peer) record() (fcgi.Record, bool) {
	header, err := c.in.Peek(fcgi.HeaderLen)
	if err != nil {
		return fcgi.Record{}, false
	}
	h, _ := fcgi.ParseHeader(header)
	b := make([]byte, h.Len())
	if _, err := io.ReadFull(c.in, b); err != nil {
		return fcgi.Record{}, false
	}
	c.taken += int64(len(b))
	r, _, _ := fcgi.ParseRecord(b)
	return r, true
}

// request is what any of the three protocols brought.
type request struct {
	id      uint16
	flags   fcgi.Flags
	names   []string
	params  map[string]string
	body    []byte
	forward ajp.Request // of AJP
}

func (r *request) set(name, value []byte) {
	r.names = append(r.names, string(name))
	r.params[string(name)] = string(value)
}

// fcgiHead reads up to the end of PARAMS.
func (c *peer) fcgiHead() (r request, ok bool) {
	r.params = map[string]string{}
	var pairs fcgi.PairDecoder
	for {
		rec, ok := c.record()
		switch {
		case !ok:
			return r, false
		case rec.Type == fcgi.TypeBeginRequest:
			body, _ := fcgi.ParseBeginRequest(rec.Content)
			r.id, r.flags = rec.RequestID, body.Flags
		case rec.Type == fcgi.TypeParams && len(rec.Content) > 0:
			pairs.Feed(rec.Content)
			for p, err := pairs.Next(); err == nil; p, err = pairs.Next() {
				r.set(p.Name, p.Value)
			}
		case rec.Type == fcgi.TypeParams:
			return r, true
		}
	}
}

// fcgiRequest reads a whole request.
func (c *peer) fcgiRequest() (request, bool) {
	r, ok := c.fcgiHead()
	if !ok {
		return r, false
	}
	body, ok := c.stdin()
	r.body = body
	return r, ok
}

// stdin reads up to the end of STDIN.
func (c *peer) stdin() (body []byte, ok bool) {
	for {
		rec, ok := c.record()
		if !ok {
			return body, false
		}
		if rec.Type == fcgi.TypeStdin {
			body = append(body, rec.Content...)
			if len(rec.Content) == 0 {
				return body, true
			}
		}
	}
}

func (c *peer) scgiRequest() (r request, ok bool) {
	r.params = map[string]string{}
	var d scgi.Decoder
	buf := make([]byte, 64<<10)
	for {
		if head, err := d.Head(); err == nil {
			r.body = append(r.body, d.Body()...)
			if d.Remaining() == 0 {
				for _, h := range head.Headers {
					r.set(h.Name, h.Value)
				}
				return r, head.Check() == nil
			}
		}
		n, err := c.in.Read(buf)
		if err != nil {
			return r, false
		}
		c.taken += int64(n)
		d.Feed(buf[:n])
	}
}

// packet is the next AJP packet's payload.
func (c *peer) packet() ([]byte, bool) {
	header := make([]byte, ajp.HeaderLen)
	if _, err := io.ReadFull(c.in, header); err != nil {
		return nil, false
	}
	payload := make([]byte, int(header[2])<<8|int(header[3]))
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return nil, false
	}
	c.taken += int64(len(header) + len(payload))
	return payload, true
}

// data is the next AJP body packet's bytes.
func (c *peer) data() []byte {
	payload, ok := c.packet()
	if !ok || len(payload) == 0 {
		return nil
	}
	body, err := ajp.ParseData(payload)
	if err != nil {
		panic(err)
	}
	return body
}

// ajpHead reads a Forward Request.
func (c *peer) ajpHead() (r request, ok bool) {
	payload, ok := c.packet()
	if !ok {
		return r, false
	}
	if err := r.forward.Decode(payload); err != nil {
		panic(err)
	}
	r.params = map[string]string{}
	for _, h := range r.forward.Headers {
		r.set(h.Name, h.Value)
	}
	return r, true
}

// ajpRequest reads a whole request, asking for its body as a container does.
func (c *peer) ajpRequest() (r request, ok bool) {
	r, ok = c.ajpHead()
	if !ok {
		return r, false
	}
	length := -1
	if _, chunked := r.params["transfer-encoding"]; !chunked {
		length = 0
		fmt.Sscan(r.params["content-length"], &length)
	}
	if length > 0 {
		r.body = append(r.body, c.data()...)
	}
	for length < 0 || len(r.body) < length {
		c.send(ajp.AppendGetBodyChunk(nil, 8186))
		piece := c.data()
		if len(piece) == 0 {
			break
		}
		r.body = append(r.body, piece...)
	}
	return r, true
}

// receive reads a request of any of the protocols.
func (c *peer) receive(p client.Protocol) (request, bool) {
	switch p {
	case client.SCGI:
		return c.scgiRequest()
	case client.AJP:
		return c.ajpRequest()
	}
	return c.fcgiRequest()
}

// fcgiAnswer is a whole answer in records, the end of STDOUT too.
func fcgiAnswer(id uint16, cgi string) []byte {
	b := fcgi.AppendStream(nil, fcgi.TypeStdout, id, []byte(cgi))
	b = fcgi.AppendEndOfStream(b, fcgi.TypeStdout, id)
	return fcgi.AppendEndRequest(b, id, 0, fcgi.RequestComplete)
}

func sendHeaders(status uint16, headers ...string) []byte {
	h := ajp.ResponseHeaders{Status: status, Message: []byte("Fine")}
	for i := 0; i < len(headers); i += 2 {
		field := ajp.Header{Value: []byte(headers[i+1])}
		if code, ok := ajp.ResponseHeaderCode(headers[i]); ok {
			field.Code = code
		} else {
			field.Name = []byte(headers[i])
		}
		h.Headers = append(h.Headers, field)
	}
	return h.Append(nil)
}

// ajpAnswer is a whole answer in packets; reuse is End Response's flag.
func ajpAnswer(body string, reuse bool) []byte {
	b := sendHeaders(200, "Content-Type", "text/plain")
	if body != "" {
		b = ajp.AppendSendBodyChunk(b, []byte(body))
	}
	return ajp.AppendEndResponse(b, reuse)
}

// plainAnswer is 200 with a body, in any of the protocols.
func plainAnswer(p client.Protocol, id uint16, body string) []byte {
	text := "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n" + body
	switch p {
	case client.SCGI:
		return []byte(text)
	case client.AJP:
		return ajpAnswer(body, true)
	}
	return fcgiAnswer(id, text)
}

// echo answers every request on a connection with its method, URI and body.
func echo(p client.Protocol) func(n int, c *peer) {
	return func(_ int, c *peer) {
		for {
			r, ok := c.receive(p)
			if !ok {
				return
			}
			what := r.params["REQUEST_METHOD"] + " " + r.params["REQUEST_URI"]
			if p == client.AJP {
				what = r.forward.HTTPMethod() + " " + string(r.forward.ReqURI)
			}
			if c.send(plainAnswer(p, r.id, what+" "+string(r.body))) != nil || p == client.SCGI {
				return
			}
		}
	}
}

// fcgiAnswers answers each request on each connection with the same bytes.
func fcgiAnswers(b []byte) func(n int, c *peer) {
	return func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok || c.send(b) != nil {
				return
			}
		}
	}
}

func newRequest(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// do sends a request and reads the answer.
func do(tr http.RoundTripper, req *http.Request) (*http.Response, string, error) {
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// get is do for a GET that must succeed.
func get(t testing.TB, tr http.RoundTripper, path string) (*http.Response, string) {
	t.Helper()
	resp, body, err := do(tr, newRequest(t, "GET", "http://example.org"+path, nil))
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// closeCounter is a request body that counts its closing.
type closeCounter struct {
	io.Reader
	closed atomic.Int64
}

func (c *closeCounter) Close() error {
	c.closed.Add(1)
	if closer, ok := c.Reader.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// soon waits for what happens a moment later in another goroutine.
func soon(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 3 s: %s", what)
		}
	}
}

// pattern is n bytes, 16 MiB at most, of which no two stretches are alike soon.
// They are not to be written to.
func pattern(n int) []byte { return numbers()[:n:n] }

var numbers = sync.OnceValue(func() []byte {
	b := make([]byte, 0, 16<<20+16)
	for i := int64(0); len(b) < 16<<20; i++ {
		b = append(strconv.AppendInt(b, i, 10), ',')
	}
	return b
})

func mustContain(t testing.TB, s string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(s, p) {
			t.Errorf("%q lacks %q", s, p)
		}
	}
}
