package reference_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/yookoala/gofast"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/reference"
)

// BenchmarkClients compares clients on one server in one interleaved run. Run it
// with -benchtime=1x, as make bench does.
func BenchmarkClients(b *testing.B) {
	target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: filepath.Join(b.TempDir(), "s")}
	serveConstant(b, target)
	real := serving(b, reference.Config{Protocol: client.FastCGI, Handler: "hello"}, reference.Threaded)
	subjects := []*subject{
		{name: "prebuilt bytes, 16 connections", workers: 16, start: prebuilt(target)},
		{name: "RoundTripper, 16 connections", workers: 16, start: roundTripper(target, 0)},
		{name: "gofast, 16 connections", workers: 16, start: gofastClient(target)},
		{name: "RoundTripper, 32 connections", workers: 32, start: roundTripper(target, 0)},
		{name: "RoundTripper, 16 requests on each of 2 connections", workers: 32, start: roundTripper(target, 16)},
	}
	subjects = append(subjects,
		&subject{name: "prebuilt bytes to the reference server", workers: 16, start: exchanging(real, recordRequest(), len(nativeAnswer()))},
		&subject{name: "RoundTripper to the reference server", workers: 16, start: roundTripper(real, 0)})
	for b.Loop() {
		rounds(b, subjects)
	}
	b.ReportMetric(subjects[6].median()/subjects[5].median(), "RoundTripper/prebuilt-to-reference")
	b.ReportMetric(subjects[1].median()/subjects[0].median(), "RoundTripper/prebuilt")
	b.ReportMetric(subjects[2].median()/subjects[0].median(), "gofast/prebuilt")
	b.ReportMetric(subjects[4].median()/subjects[3].median(), "mux/plain32")
	b.ReportMetric(subjects[1].leastAllocs(), "allocs/RoundTrip")
	b.ReportMetric(0, "ns/op")
}

// roundTripper sends one request again and again, and reads the answer's body.
func roundTripper(target client.Target, multiplex int) func(b *testing.B) func() error {
	t, err := client.New(target)
	if err != nil {
		panic(err)
	}
	t.Multiplex = multiplex
	if multiplex > 1 {
		t.MaxConns, t.ForceMultiplex = 2, true
	}
	return func(b *testing.B) func() error {
		req := benchRequest()
		buf := make([]byte, 4096)
		return func() error {
			resp, err := t.RoundTrip(req)
			if err != nil {
				return err
			}
			for err == nil {
				_, err = resp.Body.Read(buf)
			}
			resp.Body.Close()
			if err != io.EOF || resp.StatusCode != 200 {
				return fmt.Errorf("%s, then %w", resp.Status, err)
			}
			return nil
		}
	}
}

// benchRequest makes 21 parameters in some 520 bytes, as a browser behind nginx
// does.
func benchRequest() *http.Request {
	return &http.Request{
		Method: "GET",
		URL:    &url.URL{Scheme: "fcgi", Host: "www.example.org", Path: "/app/page", RawQuery: "x=1&y=2"},
		Host:   "www.example.org",
		Header: http.Header{
			"User-Agent":        {"Mozilla/5.0 (X11; Linux x86_64; rv:109.0)"},
			"Accept":            {"text/html,application/xhtml+xml"},
			"Accept-Language":   {"en-US,en;q=0.5"},
			"Accept-Encoding":   {"gzip, deflate"},
			"Cookie":            {"session=0123456789abcdef"},
			"Referer":           {"http://www.example.org/"},
			"Cache-Control":     {"max-age=0"},
			"X-Forwarded-For":   {"192.0.2.1"},
			"X-Forwarded-Proto": {"http"},
		},
	}
}

// prebuilt writes the RoundTripper's own bytes and reads as many as the answer
// has: what the two of them can't be faster than.
func prebuilt(target client.Target) func(b *testing.B) func() error {
	request := recordRequest()
	return func(b *testing.B) func() error {
		c, err := net.Dial(target.Network, target.Address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		buf := make([]byte, len(constantAnswer(1)))
		return func() error {
			if _, err := c.Write(request); err != nil {
				return err
			}
			_, err := io.ReadFull(c, buf)
			return err
		}
	}
}

// recordRequest is what the RoundTripper sends for benchRequest.
func recordRequest() []byte {
	ours, theirs := net.Pipe()
	t := &client.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ours, nil }}
	got := make(chan []byte)
	go func() {
		buf := make([]byte, 4096)
		n, _ := theirs.Read(buf)
		theirs.Close()
		got <- buf[:n]
	}()
	req := benchRequest()
	req.URL.Host = "127.0.0.1:9000"
	t.RoundTrip(req)
	return <-got
}

func gofastClient(target client.Target) func(b *testing.B) func() error {
	return func(b *testing.B) func() error {
		c, err := gofast.SimpleClientFactory(gofast.SimpleConnFactory(target.Network, target.Address))()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		session := gofast.Chain(gofast.BasicParamsMap, gofast.MapHeader)(gofast.BasicSession)
		raw := benchRequest()
		raw.RemoteAddr, raw.Proto = "127.0.0.1:1", "HTTP/1.1"
		return func() error {
			req := gofast.NewRequest(raw)
			req.KeepConn = true
			resp, err := session(c, req)
			if err != nil {
				return err
			}
			return resp.WriteTo(httptest.NewRecorder(), io.Discard)
		}
	}
}

// constantAnswer is 112 bytes of answer for a request, in records.
func constantAnswer(id uint16) []byte {
	body := "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 48\r\n\r\nhello, this is an answer of forty-eight bytes..\n"
	b := fcgi.AppendStream(nil, fcgi.TypeStdout, id, []byte(body))
	b = fcgi.AppendEndOfStream(b, fcgi.TypeStdout, id)
	return fcgi.AppendEndRequest(b, id, 0, fcgi.RequestComplete)
}

// serveConstant answers every request as soon as its input ends; the answers to
// what one read brought go out in one write.
func serveConstant(b *testing.B, target client.Target) {
	l, err := net.Listen(target.Network, target.Address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	var answers [64][]byte
	for id := range answers {
		answers[id] = constantAnswer(uint16(id))
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReaderSize(c, 64<<10)
				var out []byte
				for {
					header, err := in.Peek(fcgi.HeaderLen)
					if err != nil {
						return
					}
					h, _ := fcgi.ParseHeader(header)
					if _, err := in.Discard(h.Len()); err != nil {
						return
					}
					if h.Type == fcgi.TypeStdin && h.ContentLength == 0 {
						if int(h.RequestID) < len(answers) {
							out = append(out, answers[h.RequestID]...)
						} else { // gofast counts its ids up
							out = append(out, constantAnswer(h.RequestID)...)
						}
					}
					if in.Buffered() == 0 && len(out) > 0 {
						if _, err := c.Write(out); err != nil {
							return
						}
						out = out[:0]
					}
				}
			}()
		}
	}()
}
