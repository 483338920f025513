package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// The records below are typed from sections 3.3, 5.1 and 5.5 of the FastCGI
// specification, not made by our encoder.
const (
	okHead     = "Content-Type: text/plain\r\n\r\n"                                 // 28 bytes
	stdoutHead = "\x01\x06\x00\x01\x00\x1c\x00\x00" + okHead                        // STDOUT, id 1, 28 bytes
	stdoutEnd  = "\x01\x06\x00\x01\x00\x00\x00\x00"                                 // STDOUT, empty
	endRequest = "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" // END_REQUEST, complete
)

func stdout(content string) string {
	n := len(content)
	return "\x01\x06\x00\x01" + string([]byte{byte(n >> 8), byte(n), 0, 0}) + content
}

// answerOnce gives every request the same bytes and closes after it.
func answerOnce(answer string) func(int, *peer) {
	return func(_ int, c *peer) {
		if _, ok := c.fcgiRequest(); ok {
			c.send(answer)
		}
	}
}

func TestTheFirstRequestIsTheSpecificationsBytes(t *testing.T) {
	got := make(chan []byte, 1)
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		b := make([]byte, 16)
		io.ReadFull(c, b)
		got <- b
	}).transport(t)
	do(tr, newRequest(t, "GET", "http://example.org/", nil))
	begin := []byte("\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00") // 5.1: responder, FCGI_KEEP_CONN
	if b := <-got; !bytes.Equal(b, begin) {
		t.Errorf("got % x, want % x", b, begin)
	}
}

func TestKeepConnIsClearWhereTheConnectionTakesNoFurtherRequest(t *testing.T) {
	flags := make(chan fcgi.Flags, 4)
	script := func(_ int, c *peer) {
		for {
			r, ok := c.fcgiRequest()
			if !ok {
				return
			}
			flags <- r.flags
			c.send(plainAnswer(client.FastCGI, r.id, ""))
		}
	}
	tr := serve(t, client.FastCGI, script).transport(t)
	tr.MaxRequestsPerConn = 2
	for _, want := range []fcgi.Flags{1, 0, 1, 0} {
		get(t, tr, "/")
		if got := <-flags; got != want {
			t.Errorf("flags %d, want %d", got, want)
		}
	}
	if s := tr.Stats(); s.Opened != 2 || s.Open != 0 {
		t.Errorf("%+v after four requests, two a connection", s)
	}
	tr = serve(t, client.FastCGI, script).transport(t)
	tr.DisableKeepAlives = true
	get(t, tr, "/")
	if got := <-flags; got != 0 {
		t.Errorf("flags %d without keep-alive", got)
	}
}

func TestAnAnswerIsReadInAnySegmentation(t *testing.T) {
	answer := stdout("Status: 201 Made\r\nX-Th") + "\x01\x07\x00\x01\x00\x04\x03\x00oops\x00\x00\x00" +
		stdout("ing: a\r\n") + stdout("\r") + stdout("\nhello, ") + stdout("world") + stdoutEnd + endRequest
	var stderr bytes.Buffer
	step := 0
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			step++
			for rest := answer; rest != ""; {
				n := min(step, len(rest))
				c.send(rest[:n])
				rest = rest[n:]
			}
		}
	}).transport(t)
	tr.Stderr = &stderr
	for range len(answer) {
		stderr.Reset()
		resp, body := get(t, tr, "/")
		if resp.Status != "201 Made" || resp.Header.Get("X-Thing") != "a" || body != "hello, world" || stderr.String() != "oops" {
			t.Fatalf("in pieces of %d: %s %v %q, stderr %q", step, resp.Status, resp.Header, body, stderr.String())
		}
	}
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%d connections: the answers were kept ones", s.Opened)
	}
}

func TestAnAnswerSplitIntoTwoRecordsAtEveryByteIsTheSame(t *testing.T) {
	text := "Status: 404 No\r\nContent-Length: 5\r\n\r\nhello"
	at := 0
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			at++
			c.send(stdout(text[:at]), stdout(text[at:]), stdoutEnd, endRequest)
		}
	}).transport(t)
	for at < len(text)-1 {
		if resp, body := get(t, tr, "/"); resp.StatusCode != 404 || body != "hello" || resp.ContentLength != 5 {
			t.Fatalf("split at %d: %s %q", at, resp.Status, body)
		}
	}
}

func TestPaddingOfEveryLengthIsPassedOver(t *testing.T) {
	padding := -1
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			padding++
			b := fcgi.AppendRecord(nil, fcgi.TypeStdout, 1, []byte(okHead), padding)
			b = fcgi.AppendRecord(b, fcgi.TypeStderr, 1, []byte("e"), 255-padding)
			b = fcgi.AppendRecord(b, fcgi.TypeStdout, 1, []byte("body"), padding)
			b = fcgi.AppendRecord(b, fcgi.TypeStdout, 1, nil, padding)
			b = fcgi.AppendRecord(b, fcgi.TypeEndRequest, 1, make([]byte, 8), padding)
			c.send(b)
		}
	}).transport(t)
	for range 256 {
		if _, body := get(t, tr, "/"); body != "body" {
			t.Fatalf("padding %d: %q", padding, body)
		}
	}
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%d connections", s.Opened)
	}
}

// php-fpm ends an answer with END_REQUEST alone.
func TestAnAnswerWithoutTheEmptySTDOUTIsWhole(t *testing.T) {
	tr := serve(t, client.FastCGI, fcgiAnswers([]byte(stdoutHead+stdout("body")+endRequest))).transport(t)
	for range 3 {
		if _, body := get(t, tr, "/"); body != "body" {
			t.Errorf("%q", body)
		}
	}
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%d connections", s.Opened)
	}
}

func TestManagementRecordsWithinAnAnswerArePassedOver(t *testing.T) {
	unknown := "\x01\x0b\x00\x00\x00\x08\x00\x00\xc8\x00\x00\x00\x00\x00\x00\x00"
	values := "\x01\x0a\x00\x00\x00\x00\x00\x00"
	tr := serve(t, client.FastCGI, fcgiAnswers([]byte(values+stdoutHead+unknown+stdout("body")+stdoutEnd+unknown+endRequest))).transport(t)
	if _, body := get(t, tr, "/"); body != "body" {
		t.Errorf("%q", body)
	}
}

func TestTheErrorStreamGoesToItsOwnWriter(t *testing.T) {
	stderr := func(s string) string { return strings.Replace(stdout(s), "\x01\x06", "\x01\x07", 1) }
	tr := serve(t, client.FastCGI, fcgiAnswers([]byte(stderr("first ")+stdoutHead+stderr("second ")+stdout("body")+stderr("third")+
		stdoutEnd+"\x01\x07\x00\x01\x00\x00\x00\x00"+endRequest))).transport(t)
	var shared, own bytes.Buffer
	tr.Stderr = &shared
	if _, body := get(t, tr, "/"); body != "body" || shared.String() != "first second third" {
		t.Errorf("body %q, stderr %q", body, shared.String())
	}
	x := client.Exchange{Stderr: &own}
	req := newRequest(t, "GET", "http://example.org/", nil)
	if _, _, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x))); err != nil {
		t.Fatal(err)
	}
	if own.String() != "first second third" || x.StderrBytes != 18 || shared.Len() != 18 {
		t.Errorf("own %q, %d bytes; shared %q", own.String(), x.StderrBytes, shared.String())
	}
}

func TestAppStatusIsToldAndIsNoError(t *testing.T) {
	end := "\x01\x03\x00\x01\x00\x08\x00\x00\x12\x34\x56\x78\x00\x00\x00\x00"
	tr := serve(t, client.FastCGI, fcgiAnswers([]byte(stdoutHead+end))).transport(t)
	var x client.Exchange
	req := newRequest(t, "GET", "http://example.org/", nil)
	if _, _, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x))); err != nil {
		t.Fatal(err)
	}
	if x.AppStatus != 0x12345678 {
		t.Errorf("%#x", x.AppStatus)
	}
}

func TestARejectionIsATypedErrorAndKeepsTheConnection(t *testing.T) {
	for status, want := range []error{1: client.ErrCantMultiplex, 2: client.ErrOverloaded, 3: client.ErrUnknownRole} {
		if want == nil {
			continue
		}
		end := "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00" + string([]byte{byte(status)}) + "\x00\x00\x00"
		for where, answer := range map[string]string{"alone": end, "after a body": stdoutHead + stdout("part") + end} {
			tr := serve(t, client.FastCGI, fcgiAnswers([]byte(answer))).transport(t)
			for range 2 {
				_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
				if !errors.Is(err, want) {
					t.Errorf("status %d %s: %v", status, where, err)
				}
				for _, other := range []error{client.ErrCantMultiplex, client.ErrOverloaded, client.ErrUnknownRole} {
					if other != want && errors.Is(err, other) {
						t.Errorf("status %d is %v, too", status, other)
					}
				}
			}
			if s := tr.Stats(); s.Opened != 1 || s.Idle != 1 {
				t.Errorf("status %d %s: %+v", status, where, s)
			}
		}
	}
}

func TestABreachIsToldWithItsBytesAndTheirPlace(t *testing.T) {
	head := int64(len(stdoutHead))
	for name, test := range map[string]struct {
		answer string
		offset int64
		bytes  string
		says   string
	}{
		"HTTP":              {"HTTP/1.1 400 Bad Request\r\n\r\n", 0, "HTTP/1.1 400 Bad", "version"},
		"wrong version":     {stdoutHead + "\x02\x06\x00\x01\x00\x00\x00\x00", head, "\x02\x06\x00\x01\x00\x00\x00\x00", "version"},
		"wrong id":          {"\x01\x06\x00\x02\x00\x01\x00\x00x", 0, "\x01\x06\x00\x02\x00\x01\x00\x00x", "request id 1"},
		"null id":           {stdoutHead + "\x01\x06\x00\x00\x00\x01\x00\x00x", head, "\x01\x06\x00\x00\x00\x01\x00\x00x", "offset 2"},
		"unknown type":      {stdoutHead + stdoutEnd + "\x01\xc8\x00\x01\x00\x00\x00\x00", head + 8, "\x01\xc8\x00\x01\x00\x00\x00\x00", "type 200"},
		"wrong side":        {stdoutHead + "\x01\x05\x00\x01\x00\x00\x00\x00", head, "\x01\x05\x00\x01\x00\x00\x00\x00", "FCGI_STDIN"},
		"managing, with id": {"\x01\x0a\x00\x01\x00\x00\x00\x00", 0, "\x01\x0a\x00\x01\x00\x00\x00\x00", "offset 2"},
		"short END_REQUEST": {stdoutHead + "\x01\x03\x00\x01\x00\x01\x00\x00\x00", head, "\x01\x03\x00\x01\x00\x01\x00\x00\x00", "5.5"},
		"no header":         {stdoutEnd + endRequest, 0, "", "CGI header"},
		"half a header":     {stdout("X-A: b\r\n") + stdoutEnd + endRequest, 0, "X-A: b\r\n", "CGI header"},
		"bad header":        {stdout("X-A: b\r\nno colon\r\n\r\n") + stdoutEnd + endRequest, 8, "no colon\r\n\r\n", "colon"},
	} {
		tr := serve(t, client.FastCGI, answerOnce(test.answer)).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var breach *client.BreachError
		if !errors.As(err, &breach) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if breach.Offset != test.offset || string(breach.Bytes) != test.bytes || breach.Protocol != client.FastCGI {
			t.Errorf("%s: at %d, % x; want %d, % x", name, breach.Offset, breach.Bytes, test.offset, test.bytes)
		}
		mustContain(t, err.Error(), test.says)
		if s := tr.Stats(); s.Open != 0 {
			t.Errorf("%s: the connection is kept", name)
		}
	}
}

// A breach must be told at once, not when as many bytes have come as a wrong
// header announces.
func TestABreachIsToldWithoutWaitingForMore(t *testing.T) {
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		c.fcgiRequest()
		c.send("\x01\x09\x00\x00\xff\xff\xff\x00")
		c.fcgiRequest()
	}).transport(t)
	var breach *client.BreachError
	if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil)); !errors.As(err, &breach) {
		t.Error(err)
	}
}

func TestAnAnswerTruncatedAnywhereIsATruncatedError(t *testing.T) {
	answer := stdoutHead + "\x01\x07\x00\x01\x00\x04\x03\x00oops\x00\x00\x00" + stdout("body") + stdoutEnd +
		"\x01\x03\x00\x01\x00\x08\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for cut := range len(answer) {
		tr := serve(t, client.FastCGI, answerOnce(answer[:cut])).transport(t)
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var truncated *client.TruncatedError
		if !errors.As(err, &truncated) || !errors.Is(err, io.EOF) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if truncated.Read > int64(cut) || truncated.Reused || truncated.Missing == "" {
			t.Errorf("cut at %d: %+v", cut, truncated)
		}
		if s := tr.Stats(); s.Open != 0 {
			t.Errorf("cut at %d: the connection is kept", cut)
		}
	}
}

func TestWhatFollowsAnAnswerIsNoAnswerToTheNextRequest(t *testing.T) {
	forged := stdout("Content-Type: text/plain\r\n\r\nforged") + stdoutEnd + endRequest
	tr := serve(t, client.FastCGI, func(n int, c *peer) {
		for {
			if _, ok := c.fcgiRequest(); !ok {
				return
			}
			answer := stdoutHead + stdout("right") + stdoutEnd + endRequest
			if n == 1 {
				answer += forged
			}
			c.send(answer)
		}
	}).transport(t)
	for range 2 {
		if _, body := get(t, tr, "/"); body != "right" {
			t.Errorf("%q", body)
		}
	}
}

// A header whose content has not come is nothing that Close may wait for.
func TestClosingABodyWaitsForNothing(t *testing.T) {
	for name, rest := range map[string]string{
		"header of STDOUT":   "\x01\x06\x00\x01\x00\x10\x00\x00",
		"end of STDOUT":      stdoutEnd,
		"part of STDERR":     "\x01\x07\x00\x01\x00\x10\x00\x00part",
		"part of a header":   "\x01\x06\x00",
		"part of the end":    "\x01\x03\x00\x01\x00\x08\x00\x00\x00",
		"part of padding":    "\x01\x06\x00\x01\x00\x01\x05\x00x\x00",
		"GET_VALUES_RESULT":  "\x01\x0a\x00\x00\x00\x00\x00\x00",
		"nothing whatsoever": "",
	} {
		tr := serve(t, client.FastCGI, func(_ int, c *peer) {
			c.fcgiRequest()
			c.send(stdoutHead, rest)
			c.fcgiRequest() // until the client closes
		}).transport(t)
		resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error)
		go func() { closed <- resp.Body.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("%s: Close waits", name)
		}
	}
}

func TestClosingABodyThatHasComeKeepsTheConnection(t *testing.T) {
	stderr := "\x01\x07\x00\x01\x00\x04\x03\x00oops\x00\x00\x00"
	tr := serve(t, client.FastCGI, fcgiAnswers([]byte(stdoutHead+stdout("unread")+stderr+stdout("as well")+stdoutEnd+endRequest))).transport(t)
	for range 3 {
		resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
			t.Error("a closed body is read")
		}
	}
	if s := tr.Stats(); s.Opened != 1 || s.Reused != 2 {
		t.Errorf("%+v", s)
	}
}

func TestParametersBeyondARecordArrive(t *testing.T) {
	got := make(chan map[string]string, 1)
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		r, _ := c.fcgiRequest()
		got <- r.params
		c.send(plainAnswer(client.FastCGI, 1, ""))
	}).transport(t)
	tr.Params = [][2]string{{"HUGE", strings.Repeat("x", 100000)}}
	req := newRequest(t, "GET", "http://example.org/", nil)
	for i := range 1000 {
		req.Header.Set(fmt.Sprintf("X-Header-%d", i), strings.Repeat("v", i))
	}
	if _, _, err := do(tr, req); err != nil {
		t.Fatal(err)
	}
	params := <-got
	for name, values := range req.Header {
		if v := params["HTTP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))]; v != values[0] {
			t.Errorf("%s: %q", name, v)
		}
	}
	if len(params["HUGE"]) != 100000 {
		t.Errorf("HUGE has %d bytes", len(params["HUGE"]))
	}
}

func TestMetaVariablesComeFromTheTransport(t *testing.T) {
	got := make(chan request, 1)
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		r, _ := c.fcgiRequest()
		got <- r
		c.send(plainAnswer(client.FastCGI, 1, ""))
	}).transport(t)
	tr.DocumentRoot, tr.ScriptName, tr.ScriptFilename = "/srv/www", "/app.php", "/srv/www/app.php"
	tr.Params = [][2]string{{"APP_ENV", "test"}, {"server_software", "mine"}}
	req := newRequest(t, "GET", "http://example.org/app.php/rest?q", nil)
	req.Header.Set("Proxy", "http://evil.example")
	req.Header.Set("X-Vegeta-Attack", "a")
	req.Header.Set("X-Vegeta-Seq", "1")
	req.Host = "www.example.org:81"
	if _, _, err := do(tr, req); err != nil {
		t.Fatal(err)
	}
	r := <-got
	for name, want := range map[string]string{
		"DOCUMENT_ROOT": "/srv/www", "SCRIPT_NAME": "/app.php", "SCRIPT_FILENAME": "/srv/www/app.php", "PATH_INFO": "/rest",
		"PATH_TRANSLATED": "/srv/www/rest", "APP_ENV": "test", "server_software": "mine", "HTTP_HOST": "www.example.org:81",
		"SERVER_NAME": "www.example.org", "SERVER_PORT": "81", "REQUEST_URI": "/app.php/rest?q", "HTTP_PROXY": "",
		"SERVER_SOFTWARE": "", "HTTP_X_VEGETA_ATTACK": "", "HTTP_X_VEGETA_SEQ": "",
	} {
		if r.params[name] != want {
			t.Errorf("%s is %q, want %q", name, r.params[name], want)
		}
	}
	slices.Sort(r.names)
	if n := len(slices.Compact(slices.Clone(r.names))); n != len(r.names) {
		t.Errorf("a name comes twice: %q", r.names)
	}
}
