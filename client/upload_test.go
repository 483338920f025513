package client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// bodies are request bodies of n bytes in the forms that they come in.
func bodies(n int) map[string]func() (body io.Reader, length int64) {
	return map[string]func() (io.Reader, int64){
		"at hand": func() (io.Reader, int64) { return bytes.NewReader(pattern(n)), int64(n) },
		"a stream, known length": func() (io.Reader, int64) {
			return io.MultiReader(bytes.NewReader(pattern(n))), int64(n)
		},
		"a stream, unknown length": func() (io.Reader, int64) { return io.MultiReader(bytes.NewReader(pattern(n))), -1 },
		"a pipe": func() (io.Reader, int64) {
			r, w := io.Pipe()
			go func() {
				for rest := pattern(n); len(rest) > 0; {
					m := min(len(rest), 1+n/7)
					w.Write(rest[:m])
					rest = rest[m:]
				}
				w.Close()
			}()
			return r, -1
		},
	}
}

// mirror answers with the request's body, its length, and CONTENT_LENGTH.
func mirror(p client.Protocol) func(int, *peer) {
	return func(_ int, c *peer) {
		for {
			r, ok := c.receive(p)
			if !ok {
				return
			}
			length := r.params["CONTENT_LENGTH"] + r.params["content-length"]
			const most = 8000 // of one of AJP's packets
			if c.send(plainAnswer(p, r.id, length+" "+string(r.body[:min(len(r.body), most)])+checksum(r.body))) != nil || p == client.SCGI {
				return
			}
		}
	}
}

func checksum(b []byte) string {
	sum := uint32(len(b))
	for _, c := range b {
		sum = sum*31 + uint32(c)
	}
	return string([]byte{'#', byte(sum>>24)&0x3f + '0', byte(sum>>16)&0x3f + '0', byte(sum>>8)&0x3f + '0', byte(sum)&0x3f + '0'})
}

func TestABodyOfAnyFormAndSizeArrives(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := serve(t, p, mirror(p)).transport(t)
		tr.MaxBuffered, tr.StreamUnknownLength = 16<<20, true
		var requests int64
		for _, n := range []int{1, 7, 8, 32 << 10, 65527, 65528, 65529, 65536, 300000} {
			for form, make := range bodies(n) {
				body, length := make()
				counted := &closeCounter{Reader: body}
				req := newRequest(t, "POST", "http://example.org/", counted)
				if req.ContentLength = length; form == "at hand" {
					req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("no second try") }
				}
				resp, got, err := do(tr, req)
				requests++
				if err != nil {
					t.Fatalf("%d bytes, %s: %v", n, form, err)
				}
				resp.Body.Close()
				sent, rest, _ := strings.Cut(got, " ")
				whole := pattern(n)
				if want := string(whole[:min(n, 8000)]) + checksum(whole); rest != want {
					t.Errorf("%d bytes, %s: got %.40q..., want %.40q...", n, form, rest, want)
				}
				known := length >= 0 || p == client.SCGI
				if known != (sent != "") {
					t.Errorf("%d bytes, %s: the length is announced as %q", n, form, sent)
				}
				if counted.closed.Load() != 1 {
					t.Errorf("%d bytes, %s: closed %d times", n, form, counted.closed.Load())
				}
			}
		}
		if s := tr.Stats(); s.Opened != opened(p, requests) {
			t.Errorf("%+v", s)
		}
	})
}

func TestABodyOfUnknownLengthIsAnnouncedOverFastCGI(t *testing.T) {
	tr := serve(t, client.FastCGI, mirror(client.FastCGI)).transport(t)
	for _, n := range []int{1, 65528, 300000} {
		_, got, err := do(tr, newRequest(t, "POST", "http://example.org/", io.MultiReader(bytes.NewReader(pattern(n)))))
		if sent, _, _ := strings.Cut(got, " "); err != nil || sent != strconv.Itoa(n) {
			t.Errorf("%d bytes: announced as %q, %v", n, sent, err)
		}
	}
	_, _, err := do(tr, newRequest(t, "POST", "http://example.org/", io.MultiReader(bytes.NewReader(pattern(client.DefaultMaxBuffered+1)))))
	if !errors.Is(err, client.ErrLengthRequired) {
		t.Errorf("got %v, want ErrLengthRequired", err)
	}
}

func TestABodyThatIsNotAsAnnouncedIsAnError(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		for name, test := range map[string]struct {
			length int64
			body   io.Reader
			says   string
		}{
			"shorter":           {100, strings.NewReader("hello"), "expected 100 bytes as ContentLength says, got 5"},
			"shorter, large":    {1 << 20, bytes.NewReader(pattern(200 << 10)), "expected 1048576 bytes as ContentLength says, got 204800"},
			"longer":            {4, strings.NewReader("hello"), "expected 4 bytes as ContentLength says, got more"},
			"longer, large":     {200 << 10, bytes.NewReader(pattern(300 << 10)), "expected 204800 bytes as ContentLength says, got more"},
			"a packet short":    {2 * 8186, bytes.NewReader(pattern(8186)), "expected 16372 bytes as ContentLength says, got 8186"},
			"empty":             {10, strings.NewReader(""), "expected 10 bytes as ContentLength says, got 0"},
			"fails":             {10, io.MultiReader(strings.NewReader("hello"), failing{}), "the disk is gone"},
			"fails, unknown":    {-1, io.MultiReader(strings.NewReader("hello"), failing{}), "the disk is gone"},
			"fails, when whole": {5, io.MultiReader(strings.NewReader("hello"), failing{}), "the disk is gone"},
		} {
			if p == client.SCGI && name == "fails, when whole" {
				continue // the application has all of it, and may have answered
			}
			for _, atHand := range []bool{false, true} {
				tr := serve(t, p, echo(p)).transport(t)
				tr.StreamUnknownLength = true
				get(t, tr, "/") // makes a connection that could be kept
				body := &closeCounter{Reader: test.body}
				if seeker, ok := test.body.(io.Seeker); ok {
					seeker.Seek(0, io.SeekStart)
				} else if atHand {
					continue // it has been read
				}
				req := newRequest(t, "PUT", "http://example.org/", body)
				req.ContentLength = test.length
				if atHand {
					req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(test.body), nil }
				}
				_, _, err := do(tr, req)
				if err == nil {
					t.Errorf("%s: no error", name)
					continue
				}
				mustContain(t, err.Error(), "the request's body", test.says)
				soon(t, name+": the body is closed", func() bool { return body.closed.Load() == 1 })
				if s := tr.Stats(); s.Idle != 0 {
					t.Errorf("%s: %+v", name, s)
				}
			}
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// A server may answer before it has read the request, and close.
func TestAnAnswerBeforeTheBodyIsReadCounts(t *testing.T) {
	for network, serve := range map[string]func(testing.TB, client.Protocol, func(int, *peer)) *scripted{"unix": serve, "tcp": serveTCP} {
		eachProtocol(t, func(t *testing.T, p client.Protocol) {
			tr := serve(t, p, func(_ int, c *peer) {
				switch p { // the head alone
				case client.FastCGI:
					c.fcgiHead()
				case client.AJP:
					c.ajpHead()
				default:
					io.ReadFull(c.in, make([]byte, 10))
				}
				c.send(answers(p, "Status: 413 Too Large\r\nContent-Length: 5\r\n", "large"))
			}).transport(t)
			body := &closeCounter{Reader: bytes.NewReader(pattern(10 << 20))}
			req := newRequest(t, "POST", "http://example.org/", body)
			req.ContentLength = 10 << 20
			resp, got, err := do(tr, req)
			if err != nil || got != "large" || resp.StatusCode != 413 {
				t.Errorf("%s: %q, %v", network, got, err)
			}
			soon(t, "the body is closed", func() bool { return body.closed.Load() == 1 })
			if s := tr.Stats(); s.Open != 0 {
				t.Errorf("%s: %+v", network, s)
			}
		})
	}
}

func TestABodyIsSentWhileTheAnswerComes(t *testing.T) {
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		for {
			if _, ok := c.fcgiHead(); !ok {
				return
			}
			c.send(stdoutHead)
			for {
				r, ok := c.record()
				if !ok {
					return
				}
				if len(r.Content) == 0 {
					break
				}
				c.send(stdout(strings.ToUpper(string(r.Content))))
			}
			c.send(stdoutEnd, endRequest)
		}
	}).transport(t)
	tr.StreamUnknownLength = true
	for range 2 {
		r, w := io.Pipe()
		resp, err := tr.RoundTrip(newRequest(t, "POST", "http://example.org/", r))
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 10)
		for _, word := range []string{"one", "two", "three"} {
			w.Write([]byte(word))
			n, err := resp.Body.Read(buf)
			if string(buf[:n]) != strings.ToUpper(word) || err != nil {
				t.Errorf("%q, %v", buf[:n], err)
			}
		}
		w.Close()
		if rest, err := io.ReadAll(resp.Body); len(rest) != 0 || err != nil {
			t.Errorf("%q, %v", rest, err)
		}
		resp.Body.Close()
	}
	if s := tr.Stats(); s.Opened != 1 {
		t.Errorf("%+v: a body sent to its end keeps the connection", s)
	}
}

func TestABodyFailureDuringTheAnswerIsTold(t *testing.T) {
	tr := serve(t, client.FastCGI, func(_ int, c *peer) {
		c.fcgiHead()
		c.send(stdoutHead)
		io.Copy(io.Discard, c.in)
	}).transport(t)
	tr.StreamUnknownLength = true
	r, w := io.Pipe()
	resp, err := tr.RoundTrip(newRequest(t, "POST", "http://example.org/", r))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, func() { w.CloseWithError(errors.New("the disk is gone")) })
	_, err = io.ReadAll(resp.Body)
	if err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Error(err)
	}
	resp.Body.Close()
}

func TestABodyIsClosedWhereNoConnectionIsMade(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr, err := client.New(client.Target{Protocol: p, Network: "unix", Address: "/no/such/socket"})
		if err != nil {
			t.Fatal(err)
		}
		for _, length := range []int64{1, -1, 100000} {
			body := &closeCounter{Reader: strings.NewReader("x")}
			req := newRequest(t, "POST", "http://example.org/", body)
			req.ContentLength = length
			if _, err := tr.RoundTrip(req); err == nil {
				t.Error("an answer from nowhere")
			}
			if body.closed.Load() != 1 {
				t.Errorf("length %d: closed %d times", length, body.closed.Load())
			}
		}
	})
}

func TestNoBodyIsNone(t *testing.T) {
	eachProtocol(t, func(t *testing.T, p client.Protocol) {
		tr := serve(t, p, mirror(p)).transport(t)
		for name, body := range map[string]io.ReadCloser{"nil": nil, "NoBody": http.NoBody} {
			for method, length := range map[string]string{"GET": "", "POST": "0"} {
				if p == client.SCGI {
					length = "0" // must be there
				}
				req := newRequest(t, method, "http://example.org/", nil)
				req.Body = body
				_, got, err := do(tr, req)
				if err != nil || got != length+" "+checksum(nil) {
					t.Errorf("%s of %s: %q, %v", method, name, got, err)
				}
			}
		}
	})
}
