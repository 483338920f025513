package reference

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// describe is what a handler saw, in a form that can be compared.
func describe(r *http.Request) string {
	return fmt.Sprintf("%s %s|%s|%s|%s|%s|%v|%d", r.Method, r.RequestURI, r.URL.Path, r.URL.RawQuery, r.Host, r.RemoteAddr, r.TLS != nil, r.ContentLength)
}

func TestAnHTTPRequestIsMadeOfTheParameters(t *testing.T) {
	seen := make(chan string, 1)
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen <- describe(r) })))
	common := []string{"REQUEST_METHOD", "GET", "HTTP_HOST", "h", "REMOTE_ADDR", "192.0.2.1", "REMOTE_PORT", "4711", "CONTENT_LENGTH", ""}
	for _, c := range []struct {
		name   string
		params []string
		want   string
	}{
		{"a URI", []string{"REQUEST_URI", "/a/b?c=d"}, "GET /a/b?c=d|/a/b|c=d|h|192.0.2.1:4711|false|0"},
		{"escapes", []string{"REQUEST_URI", "/a%2Fb%20?c=%20"}, "GET /a%2Fb%20?c=%20|/a/b |c=%20|h|192.0.2.1:4711|false|0"},
		{"two slashes", []string{"REQUEST_URI", "//a"}, "GET //a|//a||h|192.0.2.1:4711|false|0"},
		{"an asterisk", []string{"REQUEST_METHOD", "OPTIONS", "REQUEST_URI", "*"}, "OPTIONS *|*||h|192.0.2.1:4711|false|0"},
		{"an absolute URI", []string{"REQUEST_URI", "http://other/a"}, "GET http://other/a|/a||other|192.0.2.1:4711|false|0"},
		{"a query apart", []string{"REQUEST_URI", "/a", "QUERY_STRING", "b"}, "GET /a?b|/a|b|h|192.0.2.1:4711|false|0"},
		{"a rewritten query", []string{"REQUEST_URI", "/a?b", "QUERY_STRING", "c"}, "GET /a?b|/a|b|h|192.0.2.1:4711|false|0"},
		{"no URI", []string{"SCRIPT_NAME", "/s", "PATH_INFO", "/p q", "QUERY_STRING", "b"}, "GET /s/p%20q?b|/s/p q|b|h|192.0.2.1:4711|false|0"},
		{"TLS", []string{"REQUEST_URI", "/", "HTTPS", "on"}, "GET /|/||h|192.0.2.1:4711|true|0"},
		{"no TLS", []string{"REQUEST_URI", "/", "HTTPS", "off"}, "GET /|/||h|192.0.2.1:4711|false|0"},
		{"IPv6", []string{"REQUEST_URI", "/", "REMOTE_ADDR", "::1"}, "GET /|/||h|[::1]:4711|false|0"},
		{"no Host", []string{"REQUEST_URI", "/", "HTTP_HOST", "", "SERVER_NAME", "s", "SERVER_PORT", "81"}, "GET /|/||s:81|192.0.2.1:4711|false|0"},
		{"no Host, HTTP's port", []string{"REQUEST_URI", "/", "HTTP_HOST", "", "SERVER_NAME", "s", "SERVER_PORT", "80"}, "GET /|/||s|192.0.2.1:4711|false|0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			exchangeRecords(t, s, records{params: append(common, c.params...)})
			if got := <-seen; got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
		})
	}
}

func TestABadURIIs400(t *testing.T) {
	s := serveHandler(t, client.FastCGI, HTTP(http.NotFoundHandler()))
	for _, uri := range []string{"a", "/%zz", "/\x01", "/?\x7f"} {
		if a := exchangeRecords(t, s, records{params: []string{"REQUEST_URI", uri}}); !strings.HasPrefix(a.stdout, "Status: 400 ") {
			t.Errorf("%q: %q", uri, a.stdout)
		}
	}
}

func TestAnHTTPRequestsHeader(t *testing.T) {
	seen := make(chan http.Header, 1)
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen <- r.Header })))
	exchangeRecords(t, s, records{params: []string{
		"REQUEST_URI", "/", "HTTP_HOST", "h", "HTTP_USER_AGENT", "u", "HTTP_X_OWN_NAME", "1", "HTTP_x_Lower", "2", "HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2",
		"CONTENT_TYPE", "text/x", "CONTENT_LENGTH", "3", "HTTP_CONTENT_LENGTH", "99", "HTTP_CONTENT_TYPE", "no", "HTTP_TRANSFER_ENCODING", "chunked", "HTTP_EMPTY", "", "OTHER", "o",
	}, stdin: "abc"})
	want := http.Header{
		"User-Agent": {"u"}, "X-Own-Name": {"1"}, "X-Lower": {"2"}, "Cookie": {"a=1", "b=2"},
		"Content-Type": {"text/x"}, "Content-Length": {"3"}, "Empty": {""},
	}
	if got := <-seen; !reflect.DeepEqual(got, want) {
		t.Errorf("want %v\n got %v", want, got)
	}
}

func TestTheTableOfFieldNamesIsNetHTTPs(t *testing.T) {
	for variable, field := range fieldNames {
		if field != "" && field != http.CanonicalHeaderKey(strings.ReplaceAll(strings.TrimPrefix(variable, "HTTP_"), "_", "-")) {
			t.Errorf("%s: %s", variable, field)
		}
	}
}

type anyKey struct{}

func TestAllParametersCanBeHad(t *testing.T) {
	held := make(chan *http.Request, 1)
	s := serveHandler(t, client.AJP, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, p := range Params(r.WithContext(context.WithValue(r.Context(), anyKey{}, "v"))) {
			fmt.Fprintf(w, "%s=%s\n", p.Name, p.Value)
		}
		held <- r
	})))
	tr := s.transport(t)
	tr.Attributes = map[string]string{"route": "r1", "remote_user": "u"}
	_, body := ask(t, tr, "GET", "a", nil)
	for _, want := range []string{"REQUEST_METHOD=GET\n", "AJP_JVM_ROUTE=r1\n", "REMOTE_USER=u\n", "QUERY_STRING=a\n", "HTTP_HOST=probe.example\n"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%q is not in %q", want, body)
		}
	}
	if p := Params(<-held); p != nil {
		t.Errorf("after the handler's end there still are %d", len(p))
	}
	if p := Params(httptest.NewRequest("GET", "/", nil)); p != nil {
		t.Errorf("another request has %d", len(p))
	}
}

// The same handlers behind net/http and behind each protocol give the same
// answers, but for what HTTP's connection adds.
func TestAnswersAreAsNetHTTPHasThem(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"nothing": func(w http.ResponseWriter, r *http.Request) {},
		"a text":  func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "some words") },
		"a page":  func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<!DOCTYPE html><p>") },
		"in pieces": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<!DOCTYPE ")
			io.WriteString(w, "html>")
		},
		"2048 bytes": func(w http.ResponseWriter, r *http.Request) {
			w.Write(make([]byte, 2000))
			w.Write(make([]byte, 48))
		},
		"2049 bytes": func(w http.ResponseWriter, r *http.Request) {
			w.Write(bytes.Repeat([]byte("a"), 2047))
			w.Write(make([]byte, 2))
		},
		"many bytes": func(w http.ResponseWriter, r *http.Request) { w.Write(bytes.Repeat([]byte("a"), 100000)) },
		"own type": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "a/b")
			io.WriteString(w, "x")
		},
		"no type": func(w http.ResponseWriter, r *http.Request) { w.Header()["Content-Type"] = nil; io.WriteString(w, "x") },
		"encoded": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "x")
			io.WriteString(w, "x")
		},
		"own length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "3")
			io.WriteString(w, "abc")
			_, err := io.WriteString(w, "d")
			mustBe(err, http.ErrContentLength)
		},
		"a status": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(418)
			w.WriteHeader(200)
			io.WriteString(w, "x")
		},
		"a hint first": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(201)
			io.WriteString(w, "x")
		},
		"204": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(204)
			_, err := io.WriteString(w, "x")
			mustBe(err, http.ErrBodyNotAllowed)
		},
		"304":      func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Etag", `"e"`); w.WriteHeader(304) },
		"too late": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200); w.Header().Set("X-Late", "1") },
		"two of a name": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2")
			w.Header()["X Y"] = []string{"no token"}
		},
		"an error":   func(w http.ResponseWriter, r *http.Request) { http.Error(w, "gone", http.StatusGone) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x?y", http.StatusFound) },
		"flushed": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			io.WriteString(w, "b")
		},
		"a flush first": func(w http.ResponseWriter, r *http.Request) {
			mustBe(http.NewResponseController(w).Flush(), nil)
			io.WriteString(w, "b")
		},
		"the request": func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s %s %d %v %x", r.Method, r.RequestURI, r.Host, r.Proto, r.ContentLength, err, b)
		},
	} {
		plain := httptest.NewUnstartedServer(h)
		plain.Config.ErrorLog = log.New(io.Discard, "", 0)
		plain.Start()
		defer plain.Close()
		for _, p := range client.Protocols {
			tr := serveHandler(t, p, HTTP(h)).transport(t)
			for _, method := range []string{"GET", "HEAD", "POST"} {
				t.Run(fmt.Sprintf("%s/%s %s", name, p, method), func(t *testing.T) {
					answer := func(tr http.RoundTripper, url string) string {
						req, _ := http.NewRequest(method, url+"/path?query", nil)
						if method == "POST" {
							req, _ = http.NewRequest(method, url+"/path?query", strings.NewReader("body"))
						}
						req.Host = "a.host"
						resp, body := roundTrip(t, tr, req)
						resp.Header.Del("Date")
						return fmt.Sprintf("%d %v %q", resp.StatusCode, resp.Header, body)
					}
					want, got := answer(http.DefaultTransport, plain.URL), answer(tr, "http://unused")
					if got != want {
						t.Errorf("want %s\n got %s", want, got)
					}
				})
			}
		}
	}
}

func mustBe(got, want error) {
	if got != want {
		panic(fmt.Sprintf("want %v, got %v", want, got))
	}
}

func TestFieldsOfTheConnectionAreDropped(t *testing.T) {
	tr := serveHandler(t, client.SCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Connection", "Transfer-Encoding", "Status", "Trailer", http.TrailerPrefix + "X", "Upgrade"} {
			w.Header().Set(name, "404 x")
		}
		w.Header().Set("X-Kept", "1\r\nX-Smuggled: 2")
	}))).transport(t)
	resp, _ := ask(t, tr, "GET", "", nil)
	if want := (http.Header{"X-Kept": {"1  X-Smuggled: 2"}, "Content-Length": {"0"}}); resp.StatusCode != 200 || !reflect.DeepEqual(resp.Header, want) {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

func TestAnHTTPHandlerGetsTheBody(t *testing.T) {
	for _, p := range client.Protocols {
		tr := serveHandler(t, p, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.ContentLength, " ")
			n, err := io.Copy(w, r.Body)
			if n2, err2 := r.Body.Read(make([]byte, 1)); err != nil || n2 != 0 || err2 != io.EOF {
				t.Errorf("%s: %d bytes, %v; then %d, %v", p, n, err, n2, err2)
			}
		}))).transport(t)
		for _, n := range []int{0, 1, 8192, 65536, 1 << 20} {
			sent := bytes.Repeat([]byte("x"), n)
			if _, body := ask(t, tr, "POST", "", sent); string(body) != fmt.Sprintf("%d %s", n, sent) {
				t.Errorf("%s: %d bytes came back as %d: %.20q", p, n, len(body), body)
			}
		}
	}
}

func TestABodyOfUnknownLength(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", b, err)
	})
	s := serveHandler(t, client.FastCGI, HTTP(h))
	for _, c := range []struct{ length, want string }{{"", "abc <nil>"}, {"-1", "abc <nil>"}, {"2", "ab <nil>"}, {"4", "abc unexpected EOF"}} {
		a := exchangeRecords(t, s, records{params: []string{"REQUEST_URI", "/", "CONTENT_LENGTH", c.length}, stdin: "abc"})
		if got := string(a.body(t)); got != c.want {
			t.Errorf("CONTENT_LENGTH %q: want %q, got %q", c.length, c.want, got)
		}
	}
}

func TestHTTPHandlersOfAConnectionRunAtOnce(t *testing.T) {
	meet := make(chan bool)
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case meet <- true:
		case <-meet:
		case <-time.After(5 * time.Second):
			http.Error(w, "alone", http.StatusGatewayTimeout)
		}
	})))
	tr := s.transport(t)
	tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = 8, true, 1
	done := make(chan int)
	for range 8 {
		go func() {
			resp, _ := ask(t, tr, "POST", "", []byte("body"))
			done <- resp.StatusCode
		}()
	}
	for range 8 {
		if status := <-done; status != 200 {
			t.Errorf("%d", status)
		}
	}
}

func TestTheContextIsCancelled(t *testing.T) {
	ended := make(chan error, 1)
	started := make(chan bool, 1)
	var held context.Context
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		started <- true
		if r.URL.RawQuery == "held" {
			held = ctx
			return
		}
		<-ctx.Done()
		ended <- ctx.Err()
	})))
	exchangeRecords(t, s, records{params: []string{"REQUEST_URI", "/"}, then: fcgi.AppendAbortRequest(nil, 1)})
	if err := <-ended; err != context.Canceled {
		t.Errorf("by an abort: %v", err)
	}
	<-started
	exchangeRecords(t, s, records{params: []string{"REQUEST_URI", "/?held"}})
	<-started
	if held.Err() != context.Canceled {
		t.Errorf("by the handler's end: %v", held.Err())
	}
}

func TestAPanicIs500AndLoggedWithItsStack(t *testing.T) {
	for _, p := range client.Protocols {
		s := serveHandler(t, p, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Own", "1")
			w.WriteHeader(201)
			io.WriteString(w, "held back")
			panicHere(r.URL.RawQuery)
		})))
		tr := s.transport(t)
		resp, body := ask(t, tr, "GET", "words", nil)
		if resp.StatusCode != 500 || len(body) != 0 || resp.Header.Get("X-Own") != "" {
			t.Errorf("%s: %s %v %q", p, resp.Status, resp.Header, body)
		}
		if log := s.log.String(); !strings.Contains(log, "words") || !strings.Contains(log, "panicHere") {
			t.Errorf("%s: the log has %q", p, log)
		}
	}
}

//go:noinline
func panicHere(v any) { panic(v) }

func TestAnAbortingHandlerIsSilentAndNotLogged(t *testing.T) {
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "late" {
			io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
		}
		panic(http.ErrAbortHandler)
	})))
	if a := exchangeRecords(t, s, records{params: []string{"REQUEST_URI", "/"}}); a.stdout != "" || a.end.AppStatus != 1 {
		t.Errorf("%+v", a)
	}
	if a := exchangeRecords(t, s, records{params: []string{"REQUEST_URI", "/?late"}}); string(a.body(t)) != "begun" || a.end.AppStatus != 1 {
		t.Errorf("%+v", a)
	}
	if s.log.String() != "" {
		t.Errorf("the log has %q", s.log)
	}
}

// A handler's goroutine that waits for the body must not hold the answer up, and
// what outlives the handler must not touch the next request.
func TestAHandlerMayLeaveAReaderAndAWriterBehind(t *testing.T) {
	for _, p := range client.Protocols {
		t.Run(string(p), func(t *testing.T) {
			readErr := make(chan error, 1)
			var left http.ResponseWriter
			s := serveHandler(t, p, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				left = w
				reading := make(chan bool)
				go func() {
					var first [1]byte
					r.Body.Read(first[:])
					close(reading)
					_, err := io.Copy(io.Discard, r.Body)
					readErr <- err
				}()
				<-reading
				time.Sleep(20 * time.Millisecond)
				io.WriteString(w, "answer")
			})))
			body, more := io.Pipe()
			defer more.Close()
			go func() {
				more.Write(bytes.Repeat([]byte("a"), 20000))
				time.Sleep(300 * time.Millisecond) // AJP's web server owes the container what it asked for
				more.Write(bytes.Repeat([]byte("a"), 10000))
			}()
			req, _ := http.NewRequest("POST", "http://x/", body)
			req.ContentLength = 1 << 20
			start := time.Now()
			resp, err := s.transport(t).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got [6]byte
			if _, err := io.ReadFull(resp.Body, got[:]); string(got[:]) != "answer" || time.Since(start) > 5*time.Second {
				t.Errorf("%q, %v after %v", got, err, time.Since(start))
			}
			if err := <-readErr; err == nil {
				t.Error("the body that was cut short has no error")
			}
			if _, err := left.Write([]byte("x")); !errors.Is(err, errHandlerEnded) {
				t.Errorf("a write after the handler's end: %v", err)
			}
		})
	}
}

func TestAFileServerMayBeTheHandler(t *testing.T) {
	for _, p := range client.Protocols {
		tr := serveHandler(t, p, HTTP(http.FileServerFS(fstest.MapFS{"file": {Data: []byte("abcde")}}))).transport(t)
		req, _ := http.NewRequest("GET", "http://x/file", nil)
		req.Header.Set("Range", "bytes=1-2")
		if resp, body := roundTrip(t, tr, req); resp.StatusCode != 206 || string(body) != "bc" || resp.Header.Get("Content-Range") != "bytes 1-2/5" {
			t.Errorf("%s: %s %v %q", p, resp.Status, resp.Header, body)
		}
	}
}

func TestAnHTTPExchangeAllocatesLittle(t *testing.T) {
	body := []byte("hello")
	h := HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write(body)
	}))
	request := func(own string) []byte {
		return records{params: []string{
			"REQUEST_METHOD", "GET", "REQUEST_URI", "/a?b", "QUERY_STRING", "b", "SERVER_PROTOCOL", "HTTP/1.1", "REMOTE_ADDR", "127.0.0.1", "REMOTE_PORT", "1",
			"HTTP_HOST", "h", "HTTP_USER_AGENT", "u", "HTTP_ACCEPT", "*/*", "HTTP_X_OWN", own,
		}}.bytes()
	}
	for _, test := range []struct {
		name     string
		requests [2][]byte
		most     float64
	}{
		{"different", [2][]byte{request("1"), request("2")}, 14}, // by hand: the request's 7, the header of the answer's 3, the detaching's 1, and spare ones for Go's map
		{"repeated", [2][]byte{request("1"), request("1")}, 9},   // the request with its header 3 or 5, and the same otherwise
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dialServed(t, serveHandler(t, client.FastCGI, h))
			buf := make([]byte, 4096)
			i := 0
			got := testing.AllocsPerRun(500, func() {
				c.Write(test.requests[i%2])
				i++
				for n := 0; n < fcgi.HeaderLen || buf[n-2*fcgi.HeaderLen+1] != byte(fcgi.TypeEndRequest); {
					m, err := c.Read(buf[n:])
					if n += m; err != nil {
						t.Fatal(err)
					}
				}
			})
			if got > test.most && !raceEnabled {
				t.Errorf("%v allocations", got)
			}
		})
	}
}
