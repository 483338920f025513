package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
)

// answers makes the same answer for each of the protocols: header fields, and
// pieces of the body.
func answers(p client.Protocol, header string, pieces ...string) []byte {
	switch p {
	case client.SCGI:
		return []byte(header + "\r\n" + strings.Join(pieces, ""))
	case client.FastCGI:
		b := stdout(header + "\r\n")
		for _, piece := range pieces {
			b += stdout(piece)
		}
		return []byte(b + stdoutEnd + endRequest)
	}
	var fields []string
	status := uint16(200)
	for line := range strings.Lines(header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case name == "Status":
			status = uint16(value[0]-'0')*100 + uint16(value[1]-'0')*10 + uint16(value[2]-'0')
		default:
			fields = append(fields, name, value)
		}
	}
	b := sendHeaders(status, fields...)
	for _, piece := range pieces {
		b = ajp.AppendSendBodyChunk(b, []byte(piece))
	}
	return ajp.AppendEndResponse(b, true)
}

// answering serves the same bytes for every request.
func answering(t *testing.T, p client.Protocol, b []byte) *client.Transport {
	return serve(t, p, func(_ int, c *peer) {
		for {
			if _, ok := c.receive(p); !ok || c.send(b) != nil || p == client.SCGI {
				return
			}
		}
	}).transport(t)
}

func eachProtocol(t *testing.T, test func(t *testing.T, p client.Protocol)) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) { test(t, p) })
	}
}

// opened is how many connections n requests take where each can be kept.
func opened(p client.Protocol, n int64) int64 {
	if p == client.SCGI {
		return n
	}
	return 1
}

func TestContentLengthBoundsTheBody(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, pieces := range map[string][]string{
			"exact": {"he", "llo"}, "longer in a piece": {"hello, world"}, "longer by a piece": {"hello", ", world"},
			"longer by many": {"he", "llo, ", "world", strings.Repeat("x", 8000)},
		} {
			tr := answering(t, p, answers(p, "Content-Type: text/plain\r\nContent-Length: 5\r\n", pieces...))
			for range 2 {
				resp, body := get(t, tr, "/")
				if body != "hello" || resp.ContentLength != 5 {
					t.Errorf("%s: %q of %d", name, body, resp.ContentLength)
				}
			}
			if s := tr.Stats(); s.Opened != opened(p, 2) {
				t.Errorf("%s: %+v", name, s)
			}
		}
	})
}

func TestABodyShorterThanItsContentLengthIsTruncated(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := answering(t, p, answers(p, "Content-Type: text/plain\r\nContent-Length: 6\r\n", "hello"))
		resp, body, err := do(tr, newRequest(t, "GET", "http://example.org/", nil))
		var truncated *client.TruncatedError
		if !errors.As(err, &truncated) || !errors.Is(err, io.ErrUnexpectedEOF) || body != "hello" {
			t.Fatalf("%q, %v", body, err)
		}
		if _, again := resp.Body.Read(make([]byte, 1)); again == nil || again == io.EOF {
			t.Errorf("reading on: %v", again)
		}
	})
}

func TestABodyOfUnknownLengthIsReadToTheAnswersEnd(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := answering(t, p, answers(p, "Content-Type: text/plain\r\n", "he", "llo"))
		for range 2 {
			if resp, body := get(t, tr, "/"); body != "hello" || resp.ContentLength != -1 {
				t.Errorf("%q of %d", body, resp.ContentLength)
			}
		}
		if s := tr.Stats(); s.Opened != opened(p, 2) {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnEmptyBodyIsRead(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for _, header := range []string{"X-A: b\r\n", "X-A: b\r\nContent-Length: 0\r\n"} {
			tr := answering(t, p, answers(p, header))
			for range 2 {
				if resp, body := get(t, tr, "/"); body != "" || resp.StatusCode != 200 || resp.Header.Get("X-A") != "b" {
					t.Errorf("%q: %s %q", header, resp.Status, body)
				}
			}
			if s := tr.Stats(); s.Opened != opened(p, 2) {
				t.Errorf("%q: %+v", header, s)
			}
		}
	})
}

func TestAnswersWithoutABodyKeepTheConnection(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, test := range map[string]struct{ method, header, body string }{
			"HEAD":           {"HEAD", "Content-Length: 5\r\n", ""},
			"HEAD with body": {"HEAD", "Content-Length: 5\r\n", "hello"},
			"204":            {"GET", "Status: 204 No Content\r\n", ""},
			"204 with body":  {"GET", "Status: 204 No Content\r\nContent-Length: 5\r\n", "hello"},
			"304":            {"GET", "Status: 304 Not Modified\r\nContent-Length: 5\r\n", ""},
		} {
			var pieces []string
			if test.body != "" {
				pieces = append(pieces, test.body)
			}
			tr := answering(t, p, answers(p, test.header, pieces...))
			for range 2 {
				resp, body, err := do(tr, newRequest(t, test.method, "http://example.org/", nil))
				if err != nil || body != "" {
					t.Fatalf("%s: %q, %v", name, body, err)
				}
				if test.method == "HEAD" && resp.ContentLength != 5 {
					t.Errorf("HEAD's Content-Length is %d", resp.ContentLength)
				}
			}
			if s := tr.Stats(); s.Opened != opened(p, 2) || s.Open != int(opened(p, 2))%2 {
				t.Errorf("%s: %+v", name, s)
			}
		}
	})
}

func TestTheBodyCanBeReadWhileItComes(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		next := make(chan bool)
		whole := answers(p, "Content-Type: text/plain\r\n", "one", "two")
		header := map[client.Protocol]int{client.FastCGI: 8, client.AJP: 7}[p] // before the second piece
		at := strings.Index(string(whole), "two") - header
		tr := serve(t, p, func(_ int, c *peer) {
			c.receive(p)
			c.send(whole[:at])
			<-next
			c.send(whole[at:])
		}).transport(t)
		resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		if n, err := resp.Body.Read(buf); string(buf[:n]) != "one" || err != nil {
			t.Errorf("%q, %v", buf[:n], err)
		}
		close(next)
		if rest, err := io.ReadAll(resp.Body); string(rest) != "two" || err != nil {
			t.Errorf("%q, %v", rest, err)
		}
		resp.Body.Close()
	})
}

func TestClosingAnUnreadBodyEndsTheConnection(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		ended := make(chan bool, 1)
		tr := serve(t, p, func(_ int, c *peer) {
			c.receive(p)
			whole := answers(p, "Content-Type: text/plain\r\n", "one")
			c.send(whole[:strings.Index(string(whole), "one")+3])
			c.in.ReadByte()
			ended <- true
		}).transport(t)
		resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		resp.Body.Close()
		select {
		case <-ended:
		case <-time.After(2 * time.Second):
			t.Error("the application is not told to stop")
		}
		if s := tr.Stats(); s.Open != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestALongAnswerIsByteExact(t *testing.T) {
	body := pattern(3 << 20)
	var pieces []string
	for rest := string(body); rest != ""; rest = rest[min(len(rest), 8000):] {
		pieces = append(pieces, rest[:min(len(rest), 8000)])
	}
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for _, length := range []string{"", fmt.Sprintf("Content-Length: %d\r\n", len(body))} {
			tr := answering(t, p, answers(p, "Content-Type: text/plain\r\n"+length, pieces...))
			for _, size := range []int{7, 4096, 5000, 1 << 20} {
				resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
				if err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				for buf := make([]byte, size); err == nil; {
					var n int
					n, err = resp.Body.Read(buf)
					got.Write(buf[:n])
				}
				resp.Body.Close()
				if err != io.EOF || !bytes.Equal(got.Bytes(), body) {
					t.Errorf("reads of %d: %d bytes of %d, %v", size, got.Len(), len(body), err)
				}
			}
			if s := tr.Stats(); s.Opened != opened(p, 4) {
				t.Errorf("%+v", s)
			}
		}
	})
}

// A reader that knows the length, and reads no further, keeps the connection.
func TestReadingJustTheAnnouncedLengthKeepsTheConnection(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		if p == client.SCGI {
			t.Skip("it is not kept")
		}
		tr := answering(t, p, answers(p, "Content-Length: 5\r\n", "he", "llo"))
		for range 3 {
			resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
				t.Error(err)
			}
			if s := tr.Stats(); s.Idle != 1 {
				t.Errorf("%+v", s)
			}
			resp.Body.Close()
		}
		if s := tr.Stats(); s.Opened != 1 {
			t.Errorf("%+v", s)
		}
	})
}
