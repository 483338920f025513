package reference

import (
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
)

// forward is a Forward Request's packet. Without a protocol and URI it gets the
// usual ones.
func forward(r ajp.Request) []byte {
	if r.Method == 0 {
		r.Method = 2 // GET
	}
	if r.Protocol == nil {
		r.Protocol = []byte("HTTP/1.1")
	}
	if r.ReqURI == nil {
		r.ReqURI = []byte("/")
	}
	return r.Append(nil)
}

func field(name, value string) ajp.Header {
	return ajp.Header{Name: []byte(name), Value: []byte(value)}
}

func TestParametersAreMadeOfTheForwardRequest(t *testing.T) {
	c := dialServed(t, serveHandler(t, client.AJP, &Probe{}))
	text := func(s string) []byte { return []byte(s) }
	c.Write(forward(ajp.Request{
		ReqURI: text("/a"), RemoteAddr: text("192.0.2.1"), ServerName: text("s"), ServerPort: 8080, IsSSL: 1,
		Headers: []ajp.Header{field("host", "h"), field("Content-Type", "t/t"), field("X-Own", "1"), field("x-own", "2"), field("cookie", "a=1"), field("cookie", "b=2"),
			field("content_length", "99"), field("content-length", "0")},
		Attributes: []ajp.Attribute{
			{Code: ajp.AttrContext, Value: text("/c")}, {Code: ajp.AttrServletPath, Value: text("/p")}, {Code: ajp.AttrRemoteUser, Value: text("u")},
			{Code: ajp.AttrAuthType, Value: text("Basic")}, {Code: ajp.AttrQueryString, Value: text("q=\xe9")}, {Code: ajp.AttrRoute, Value: text("r")},
			{Code: ajp.AttrSSLCert, Value: text("cert")}, {Code: ajp.AttrSSLCipher, Value: text("cipher")}, {Code: ajp.AttrSSLSession, Value: text("session")},
			{Code: ajp.AttrSSLKeySize, KeySize: 256}, {Code: ajp.AttrSecret, Value: text("secret")}, {Code: ajp.AttrReqAttribute, Name: text("own-Name"), Value: text("v")},
		},
	}))
	got := decodeAnswer(t, readAJP(t, c).body).Params
	want := map[string]string{
		"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_URI": "/a", "REMOTE_ADDR": "192.0.2.1", "SERVER_NAME": "s", "SERVER_PORT": "8080", "HTTPS": "on",
		"HTTP_HOST": "h", "CONTENT_TYPE": "t/t", "HTTP_X_OWN": "1, 2", "HTTP_COOKIE": "a=1; b=2", "HTTP_CONTENT_LENGTH": "99", "CONTENT_LENGTH": "0",
		"AJP_CONTEXT": "/c", "AJP_SERVLET_PATH": "/p", "REMOTE_USER": "u", "AUTH_TYPE": "Basic", "QUERY_STRING": "q=é", "AJP_JVM_ROUTE": "r",
		"AJP_SSL_CERT": "cert", "AJP_SSL_CIPHER": "cipher", "AJP_SSL_SESSION": "session", "AJP_SSL_KEY_SIZE": "256", "AJP_SECRET": "secret", "own-Name": "v",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("want %q\n got %q", want, got)
	}
}

type ajpAnswer struct {
	status int
	body   []byte
	reuse  bool
	asked  int // Get Body Chunks
}

// readAJP reads an answer, and gives empty packets where it asks for more.
func readAJP(t *testing.T, c net.Conn) (a ajpAnswer) {
	t.Helper()
	var b []byte
	buf := make([]byte, 16<<10)
	for {
		p, n, err := ajp.ParsePacket(b, 0)
		if err == ajp.ErrShort {
			m, err := c.Read(buf)
			if err != nil {
				t.Fatalf("%v after %+v", err, a)
			}
			b = append(b, buf[:m]...)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		switch code, _ := p.PrefixCode(); code {
		case ajp.TypeSendHeaders:
			a.status = int(p.Payload[1])<<8 | int(p.Payload[2])
		case ajp.TypeSendBodyChunk:
			chunk, _, err := ajp.ParseSendBodyChunk(p.Payload)
			if err != nil {
				t.Fatal(err)
			}
			a.body = append(a.body, chunk...)
		case ajp.TypeGetBodyChunk:
			a.asked++
			c.Write(ajp.AppendEndOfBody(nil))
		case ajp.TypeEndResponse:
			a.reuse = p.Payload[1] != 0
			return a
		}
		b = b[n:]
	}
}

func TestAnUnreadBodyIsNoMessage(t *testing.T) {
	c := dialServed(t, serveHandler(t, client.AJP, &Probe{}))
	inner := forward(ajp.Request{ReqURI: []byte("/inner")})[ajp.HeaderLen:]
	readNo := []ajp.Attribute{{Code: ajp.AttrQueryString, Value: []byte("read=no&size=1")}}
	length := fmt.Sprint(len(inner))
	c.Write(append(forward(ajp.Request{Method: 4, Headers: []ajp.Header{field("content-length", length)}, Attributes: readNo}), ajp.AppendData(nil, inner)...))
	if a := readAJP(t, c); a.status != 200 || string(a.body) != "a" || !a.reuse {
		t.Errorf("%+v", a)
	}
	c.Write(forward(ajp.Request{ReqURI: []byte("/next")}))
	if a := decodeAnswer(t, readAJP(t, c).body); a.Params["REQUEST_URI"] != "/next" {
		t.Errorf("the next answer is for %s", a.Params["REQUEST_URI"])
	}
}

func TestOnlyABodyThatMayBeThereIsAskedFor(t *testing.T) {
	s := serveHandler(t, client.AJP, &Probe{})
	for _, c := range []struct {
		name string
		r    ajp.Request
		want int
	}{
		{"GET", ajp.Request{Method: 2}, 0},
		{"GET with a chunked body", ajp.Request{Method: 2, Headers: []ajp.Header{field("Transfer-Encoding", "chunked")}}, 1},
		{"POST", ajp.Request{Method: 4}, 1},
		{"POST of no bytes", ajp.Request{Method: 4, Headers: []ajp.Header{field("content-length", "0")}}, 0},
	} {
		conn := dialServed(t, s)
		conn.Write(forward(c.r))
		if a := readAJP(t, conn); a.asked != c.want || a.status != 200 {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
}

func TestABodysEndThatNobodyAskedForIsPassedOver(t *testing.T) {
	c := dialServed(t, serveHandler(t, client.AJP, &Probe{}))
	for range 2 {
		c.Write(forward(ajp.Request{}))
		if a := readAJP(t, c); a.status != 200 {
			t.Errorf("%+v", a)
		}
		io.WriteString(c, "\x12\x34\x00\x00")
	}
}

func TestABodyOfNoOneLengthIsRefused(t *testing.T) {
	s := serveHandler(t, client.AJP, &Probe{})
	for _, lengths := range []string{"-1", "+5", "abc", "", "9223372036854775808", "5,5", "3 3", "3 5"} {
		var r ajp.Request
		for _, length := range strings.Split(lengths, " ") {
			r.Headers = append(r.Headers, field("Content-Length", length))
		}
		c := dialServed(t, s)
		c.Write(forward(r))
		if a := readAJP(t, c); a.status != 400 || a.reuse {
			t.Errorf("%q: %+v", lengths, a)
		}
	}
}
