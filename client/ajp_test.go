package client_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
)

// Packets as sections Packet Headers, Send Body Chunk, End Response and Get Body
// Chunk of AJPv13 have them, typed by hand.
const (
	ajpOK      = "\x41\x42\x00\x0a\x04\x00\xc8\x00\x02OK\x00\x00\x00" // Send Headers: 200 OK, no header
	ajpReuse   = "\x41\x42\x00\x02\x05\x01"                           // End Response
	ajpClose   = "\x41\x42\x00\x02\x05\x00"
	ajpAsk     = "\x41\x42\x00\x03\x06\x1f\xfa" // Get Body Chunk: 8186 bytes
	ajpHello   = "\x41\x42\x00\x09\x03\x00\x05hello\x00"
	ajpNoNUL   = "\x41\x42\x00\x08\x03\x00\x05hello"
	ajpFlush   = "\x41\x42\x00\x04\x03\x00\x00\x00"
	ajpPong    = "\x41\x42\x00\x01\x09"
	ajpNoMore  = "\x12\x34\x00\x00"
	ajpBadSize = "\x41\x42\x1f\xfd"
)

func TestAForwardRequestSaysWhatTheRequestDoes(t *testing.T) {
	got := make(chan ajp.Request, 1)
	tr := serve(t, client.AJP, func(_ int, c *peer) {
		for {
			r, ok := c.ajpHead()
			if !ok {
				return
			}
			got <- r.forward
			c.send(ajpOK, ajpReuse)
		}
	}).transport(t)
	tr.Secret = "s3cret"
	tr.Attributes = map[string]string{"remote_user": "joe", "ssl_key_size": "256", "route": "node1", "ssl_cipher": "AES"}
	tr.Params = [][2]string{{"AJP_REMOTE_PORT", "1234"}, {"app.env", "test"}}
	req := newRequest(t, "GET", "http://example.org/a%20b?q=1&r", nil)
	req.Host = "www.example.org:8443"
	req.Header.Set("User-Agent", "probe")
	req.Header.Add("X-Two", "a")
	req.Header.Add("X-Two", "b")
	req.Header.Set("X-Vegeta-Seq", "1")
	if _, _, err := do(tr, req); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if r.Method != 2 || string(r.ReqURI) != "/a%20b" || string(r.Protocol) != "HTTP/1.1" || string(r.ServerName) != "www.example.org" ||
		r.ServerPort != 8443 || r.IsSSL != 0 || string(r.RemoteAddr) != "127.0.0.1" {
		t.Errorf("%+v", r)
	}
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[string(h.Name)] += string(h.Value) + ";"
		if known, ok := ajp.RequestHeaderCode(string(h.Name)); ok && h.Code != known {
			t.Errorf("%s travels as a string", h.Name)
		}
	}
	for name, want := range map[string]string{"host": "www.example.org:8443;", "user-agent": "probe;", "x-two": "a;b;", "x-vegeta-seq": "", "content-length": ""} {
		if headers[name] != want {
			t.Errorf("%s: %q, want %q", name, headers[name], want)
		}
	}
	attributes := map[string]string{}
	for _, a := range r.Attributes {
		name := ajp.AttributeName(a.Code)
		switch a.Code {
		case ajp.AttrReqAttribute:
			name = string(a.Name)
		case ajp.AttrSSLKeySize:
			if a.KeySize != 256 {
				t.Errorf("ssl_key_size %d", a.KeySize)
			}
		}
		attributes[name] = string(a.Value)
	}
	for name, want := range map[string]string{"secret": "s3cret", "remote_user": "joe", "route": "node1", "ssl_cipher": "AES",
		"query_string": "q=1&r", "AJP_REMOTE_PORT": "1234", "app.env": "test"} {
		if attributes[name] != want {
			t.Errorf("attribute %s: %q, want %q", name, attributes[name], want)
		}
	}
}

func TestTheSameRequestIsTheSamePacket(t *testing.T) {
	got := make(chan string, 1)
	tr := serve(t, client.AJP, func(_ int, c *peer) {
		for {
			p, ok := c.packet()
			if !ok {
				return
			}
			got <- string(p)
			c.send(ajpOK, ajpReuse)
		}
	}).transport(t)
	first := ""
	for range 10 {
		req := newRequest(t, "GET", "http://example.org/", nil)
		for _, name := range []string{"Accept", "X-A", "X-B", "X-C", "User-Agent", "Cookie"} {
			req.Header.Set(name, "v")
		}
		if _, _, err := do(tr, req); err != nil {
			t.Fatal(err)
		}
		p := <-got
		if first == "" {
			first = p
		}
		if p != first {
			t.Fatalf("%q differs from %q", p, first)
		}
	}
}

func TestAMethodWithoutACodeTravelsByName(t *testing.T) {
	tr := serve(t, client.AJP, echo(client.AJP)).transport(t)
	for _, method := range []string{"GET", "PROPFIND", "PATCH", "BREW", "BASELINE-CONTROL", "MKACTIVITY"} {
		_, body, err := do(tr, newRequest(t, method, "http://example.org/x", nil))
		if err != nil || body != method+" /x " {
			t.Errorf("%s: %q, %v", method, body, err)
		}
	}
}

func TestABadAttributeIsRefused(t *testing.T) {
	for name, value := range map[string]string{"remote-user": "joe", "query_string": "q", "req_attribute": "x", "secret": "s", "ssl_key_size": "many"} {
		tr := serve(t, client.AJP, echo(client.AJP)).transport(t)
		tr.Attributes = map[string]string{name: value}
		if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); err == nil {
			t.Errorf("%s=%s is good", name, value)
		}
	}
}

func TestAForwardRequestBeyondThePacketSizeIsRefused(t *testing.T) {
	s := serve(t, client.AJP, echo(client.AJP))
	tr := s.transport(t)
	req := newRequest(t, "GET", "http://example.org/x", nil)
	req.Header.Set("X-Large", strings.Repeat("x", 8100))
	_, _, err := do(tr, req)
	if err == nil {
		t.Fatal("it is sent")
	}
	mustContain(t, err.Error(), "PacketSize", "8192")
	larger := s.transport(t)
	larger.PacketSize = 16384
	if _, body, err := do(larger, req); err != nil || body != "GET /x " {
		t.Errorf("%q, %v", body, err)
	}
}

// dialogue sends pieces one after the other; before each that asks for a part
// of the body it has the reply to the last one.
func dialogue(replies chan<- string, first bool, packets ...string) func(int, *peer) {
	return func(_ int, c *peer) {
		for {
			if _, ok := c.ajpHead(); !ok {
				return
			}
			if first {
				replies <- string(c.data())
			}
			for _, p := range packets {
				c.send(p)
				if p == ajpAsk {
					payload, _ := c.packet()
					if len(payload) > 0 {
						payload, _ = ajp.ParseData(payload)
					}
					replies <- string(payload)
				}
			}
		}
	}
}

func TestEveryRequestForTheBodyIsAnswered(t *testing.T) {
	for name, test := range map[string]struct {
		method  string
		body    io.Reader
		first   bool // a body of known length begins unasked
		packets []string
		replies []string
	}{
		"none asked of a GET":   {"GET", nil, false, []string{ajpOK, ajpHello, ajpReuse}, nil},
		"GET":                   {"GET", nil, false, []string{ajpAsk, ajpOK, ajpHello, ajpReuse}, []string{""}},
		"GET, after headers":    {"GET", nil, false, []string{ajpOK, ajpAsk, ajpHello, ajpAsk, ajpReuse}, []string{"", ""}},
		"POST":                  {"POST", strings.NewReader("abc"), true, []string{ajpOK, ajpHello, ajpReuse}, []string{"abc"}},
		"beyond the end":        {"POST", strings.NewReader("abc"), true, []string{ajpAsk, ajpOK, ajpAsk, ajpHello, ajpAsk, ajpReuse}, []string{"abc", "", "", ""}},
		"unknown length":        {"POST", io.MultiReader(strings.NewReader("ab"), strings.NewReader("c")), false, []string{ajpAsk, ajpAsk, ajpAsk, ajpAsk, ajpOK, ajpHello, ajpReuse}, []string{"ab", "c", "", ""}},
		"unknown, after answer": {"POST", io.MultiReader(strings.NewReader("abc")), false, []string{ajpOK, ajpHello, ajpAsk, ajpAsk, ajpReuse}, []string{"abc", ""}},
	} {
		replies := make(chan string, 9)
		tr := serve(t, client.AJP, dialogue(replies, test.first, test.packets...)).transport(t)
		_, body, err := do(tr, newRequest(t, test.method, "http://example.org/", test.body))
		if err != nil || body != "hello" {
			t.Errorf("%s: %q, %v", name, body, err)
			continue
		}
		for i, want := range test.replies {
			if got := <-replies; got != want {
				t.Errorf("%s: reply %d is %q, want %q", name, i, got, want)
			}
		}
		if s := tr.Stats(); s.Idle != 1 {
			t.Errorf("%s: the connection is not kept: %+v", name, s)
		}
	}
}

func TestTheEndOfABodyIsAnEmptyPacket(t *testing.T) {
	got := make(chan []byte, 1)
	tr := serve(t, client.AJP, func(_ int, c *peer) {
		c.ajpHead()
		c.send(ajpAsk)
		b := make([]byte, 4)
		io.ReadFull(c.in, b)
		got <- b
		c.send(ajpOK, ajpReuse)
	}).transport(t)
	get(t, tr, "/")
	if b := <-got; string(b) != ajpNoMore {
		t.Errorf("% x", b)
	}
}

func TestAChunkEndsWithOrWithoutNUL(t *testing.T) {
	tr := serve(t, client.AJP, dialogue(nil, false, ajpOK, ajpHello, ajpFlush, ajpNoNUL, ajpFlush, ajpReuse)).transport(t)
	for range 2 {
		if resp, body := get(t, tr, "/"); body != "hellohello" || resp.Status != "200 OK" {
			t.Errorf("%s %q", resp.Status, body)
		}
	}
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%+v", s)
	}
}

func TestTheContainerSaysWhetherTheConnectionIsKept(t *testing.T) {
	tr := serve(t, client.AJP, dialogue(nil, false, ajpOK, ajpHello, ajpClose)).transport(t)
	for range 2 {
		get(t, tr, "/")
	}
	if s := tr.Stats(); s.Opened != 2 || s.Reused != 0 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAnAJPBreachIsToldWithItsBytesAndTheirPlace(t *testing.T) {
	begin := int64(len(ajpOK))
	for name, test := range map[string]struct {
		answer string
		offset int64
		bytes  string
		says   string
	}{
		"HTTP":                {"HTTP/1.1 400 Bad Request\r\n", 0, "HTTP/1.1 400 Bad", "magic"},
		"magic of our side":   {"\x12\x34\x00\x01\x09", 0, "\x12\x34\x00\x01\x09", "41 42"},
		"too large":           {ajpOK + ajpBadSize, begin, ajpBadSize, "8188"},
		"CPong unasked":       {ajpPong, 0, ajpPong, "Send Headers"},
		"CPong in the body":   {ajpOK + ajpPong, begin, ajpPong, "Send Body Chunk"},
		"chunk before header": {ajpHello, 0, ajpHello, "Send Headers"},
		"end before header":   {ajpReuse, 0, ajpReuse, "Send Headers"},
		"headers twice":       {ajpOK + ajpOK, begin, ajpOK, "Send Body Chunk"},
		"empty packet":        {"\x41\x42\x00\x00", 0, "\x41\x42\x00\x00", "an empty packet"},
		"unknown code":        {"\x41\x42\x00\x01\x63", 0, "\x41\x42\x00\x01\x63", "offset 4"},
		"short headers":       {"\x41\x42\x00\x02\x04\x00", 0, "\x41\x42\x00\x02\x04\x00", "Structure"},
		"chunk too short":     {ajpOK + "\x41\x42\x00\x05\x03\x00\x05he", begin, "\x41\x42\x00\x05\x03\x00\x05he", "offset"},
		"no status":           {"\x41\x42\x00\x08\x04\x00\x00\x00\x00\x00\x00\x00", 0, "\x41\x42\x00\x08\x04\x00\x00\x00\x00\x00\x00\x00", "status"},
		"header of no name":   {"\x41\x42\x00\x0c\x04\x00\xc8\x00\x00\x00\x00\x01\xff\xff\xff\xff", 0, "\x41\x42\x00\x0c\x04\x00\xc8\x00\x00\x00\x00\x01\xff\xff\xff\xff", "name"},
		"header of no table":  {"\x41\x42\x00\x0d\x04\x00\xc8\x00\x00\x00\x00\x01\xa0\x63\x00\x00\x00", 0, "\x41\x42\x00\x0d\x04\x00\xc8\x00\x00\x00\x00\x01\xa0\x63\x00\x00", "0xa063"},
	} {
		tr := serve(t, client.AJP, func(_ int, c *peer) {
			c.ajpHead()
			c.send(test.answer)
			c.packet() // until the client closes: it waits for no more
		}).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var breach *client.BreachError
		if !errors.As(err, &breach) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if breach.Offset != test.offset || string(breach.Bytes) != test.bytes[:min(16, len(test.bytes))] {
			t.Errorf("%s: at %d, % x; want %d, % x", name, breach.Offset, breach.Bytes, test.offset, test.bytes)
		}
		mustContain(t, err.Error(), test.says)
	}
}

func TestAnAnswersHeadersCanSmuggleNothing(t *testing.T) {
	for name, packet := range map[string][]byte{
		"name":            sendHeaders(200, "X-A\r\nX-B", "c"),
		"value":           sendHeaders(200, "X-A", "b\nX-C: d"),
		"length":          sendHeaders(200, "Content-Length", "5x"),
		"negative length": sendHeaders(200, "Content-Length", "-5"),
		"two lengths":     sendHeaders(200, "Content-Length", "5", "Content-Length", "6"),
		"message":         (&ajp.ResponseHeaders{Status: 200, Message: []byte("OK\r\nX-A: b")}).Append(nil),
	} {
		tr := serve(t, client.AJP, dialogue(nil, false, string(packet), ajpReuse)).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var breach *client.BreachError
		if !errors.As(err, &breach) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAJPAnswerTruncatedAnywhereIsATruncatedError(t *testing.T) {
	answer := string(sendHeaders(200, "Content-Type", "text/plain", "X-A", "b")) + ajpHello + ajpFlush + ajpReuse
	for cut := range len(answer) {
		tr := serve(t, client.AJP, func(_ int, c *peer) {
			c.ajpHead()
			c.send(answer[:cut])
		}).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var truncated *client.TruncatedError
		if !errors.As(err, &truncated) || !errors.Is(err, io.EOF) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

func TestAJPBodiesArriveInPacketsThatFit(t *testing.T) {
	tr := serve(t, client.AJP, func(_ int, c *peer) {
		for {
			r, ok := c.ajpRequest()
			if !ok {
				return
			}
			b := sendHeaders(200)
			for rest := r.body; len(rest) > 0; {
				n := min(len(rest), ajp.MaxChunkLen(0))
				b = ajp.AppendSendBodyChunk(b, rest[:n])
				rest = rest[n:]
			}
			c.send(ajp.AppendEndResponse(b, true))
		}
	}).transport(t)
	for _, n := range []int{1, 8186, 8187, 64 << 10, 1 << 20} {
		for name, body := range map[string]io.Reader{"known": bytes.NewReader(pattern(n)), "unknown": io.MultiReader(bytes.NewReader(pattern(n)))} {
			_, got, err := do(tr, newRequest(t, "POST", "http://example.org/", body))
			if err != nil || got != string(pattern(n)) {
				t.Errorf("%d bytes of %s length: %d came, %v", n, name, len(got), err)
			}
		}
	}
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%+v", s)
	}
}

func TestClosingAnAJPBodyWaitsForNothing(t *testing.T) {
	for name, test := range map[string]struct {
		rest string
		kept bool
	}{
		"flushes":           {ajpFlush + ajpFlush, false},
		"flush and the end": {ajpHello + ajpFlush + ajpReuse, true},
		"a part":            {ajpHello[:6], false},
		"asked for more":    {ajpAsk, false},
	} {
		tr := serve(t, client.AJP, func(_ int, c *peer) {
			c.ajpHead()
			c.send(ajpOK, test.rest)
			c.packet() // until the client closes
		}).transport(t)
		resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error, 1)
		go func() { closed <- resp.Body.Close() }()
		select {
		case err := <-closed:
			if s := tr.Stats(); err != nil || (s.Idle == 1) != test.kept {
				t.Errorf("%s: %v, %+v", name, err, s)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("%s: Close waits", name)
		}
	}
}

func TestLargePacketsAreRead(t *testing.T) {
	chunk := pattern(ajp.MaxChunkLen(65536))
	b := sendHeaders(200)
	for range 40 {
		b = ajp.AppendSendBodyChunk(b, chunk)
	}
	tr := answering(t, client.AJP, ajp.AppendEndResponse(b, true))
	tr.PacketSize = 65536
	for range 2 {
		if _, body := get(t, tr, "/"); body != strings.Repeat(string(chunk), 40) {
			t.Errorf("%d bytes", len(body))
		}
	}
}

func TestAServersNameAndPortComeFromTheHost(t *testing.T) {
	got := make(chan ajp.Request, 1)
	tr := serve(t, client.AJP, func(_ int, c *peer) {
		for {
			r, ok := c.ajpHead()
			if !ok {
				return
			}
			got <- r.forward
			c.send(ajpOK, ajpReuse)
		}
	}).transport(t)
	for host, want := range map[string]struct {
		name string
		port uint16
		ssl  byte
	}{
		"http://example.org":      {"example.org", 80, 0},
		"http://example.org:8080": {"example.org", 8080, 0},
		"https://example.org":     {"example.org", 443, 1},
		"http://[::1]:81":         {"::1", 81, 0},
		"http://[::1]":            {"::1", 80, 0},
	} {
		if _, _, err := do(tr, newRequest(t, "GET", host+"/", nil)); err != nil {
			t.Fatal(err)
		}
		if r := <-got; string(r.ServerName) != want.name || r.ServerPort != want.port || r.IsSSL != want.ssl {
			t.Errorf("%s: %s %d %d", host, r.ServerName, r.ServerPort, r.IsSSL)
		}
	}
}
