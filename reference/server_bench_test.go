package reference_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	netfcgi "net/http/fcgi"
	"path/filepath"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/reference"
)

// BenchmarkServers compares servers under one client, which writes prebuilt
// bytes, in one interleaved run. Run it with -benchtime=1x, as make bench does.
func BenchmarkServers(b *testing.B) {
	request := recordRequest()
	answer := nativeAnswer()
	body := []byte("hello, this is an answer of forty-eight bytes..\n")
	native := serving(b, reference.Config{Protocol: client.FastCGI, Handler: "hello"}, reference.Threaded)
	prefork := serving(b, reference.Config{Protocol: client.FastCGI, Handler: "hello"}, reference.Prefork)
	subjects := []*subject{
		{name: "Go ping-pong of the same bytes", workers: 16, start: pingPong(b, len(request), answer, request)},
		{name: "reference, native handler", workers: 16, start: exchanging(native, request, len(answer))},
		{name: "reference, http.Handler", workers: 16, start: untilEnd(servingHTTP(b, body), request)},
		{name: "net/http/fcgi", workers: 16, start: untilEnd(servingNetHTTP(b, body), request)},
		{name: "threaded, 16 connections, one each", workers: 16, start: connecting(native, len(answer))},
		{name: "prefork, 16 connections, one each", workers: 16, start: connecting(prefork, len(answer))},
		{name: "threaded, 256 connections, one each", workers: 256, start: connecting(native, len(answer))},
		{name: "prefork, 256 connections, one each", workers: 256, start: connecting(prefork, len(answer))},
	}
	for b.Loop() {
		rounds(b, subjects)
	}
	b.ReportMetric(subjects[1].median()/subjects[0].median(), "native/pingpong")
	b.ReportMetric(subjects[1].leastAllocs(), "allocs/native")
	b.ReportMetric(subjects[2].median()/subjects[3].median(), "http/nethttp")
	b.ReportMetric(subjects[5].median()/subjects[4].median(), "prefork/threaded16")
	b.ReportMetric(subjects[7].median()/subjects[6].median(), "prefork/threaded256")
	b.ReportMetric(0, "ns/op")
}

func hello(json.RawMessage) (reference.Handler, error) {
	body := []byte("hello, this is an answer of forty-eight bytes..\n")
	return reference.HandlerFunc(func(w *reference.Response, r *reference.Request) {
		w.AddHeader("Content-Type", "text/plain")
		w.AddInt("Content-Length", int64(len(body)))
		w.Write(body)
	}), nil
}

// nativeAnswer is what hello sends for request 1.
func nativeAnswer() []byte {
	b := fcgi.AppendStream(nil, fcgi.TypeStdout, 1, []byte("Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 48\r\n\r\nhello, this is an answer of forty-eight bytes..\n"))
	b = fcgi.AppendEndOfStream(b, fcgi.TypeStdout, 1)
	return fcgi.AppendEndRequest(b, 1, 0, fcgi.RequestComplete)
}

func listening(b *testing.B) (net.Listener, client.Target) {
	path := filepath.Join(b.TempDir(), "s")
	l, err := reference.Listen("unix", path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l, client.Target{Protocol: client.FastCGI, Network: "unix", Address: path}
}

func serving(b *testing.B, c reference.Config, method reference.Method) client.Target {
	l, target := listening(b)
	if method == reference.Prefork {
		p := &reference.Pool{Config: c, MaxChildren: 16}
		go p.Serve(l)
		b.Cleanup(func() { p.Shutdown(b.Context()) })
		return target
	}
	s, err := c.Server()
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve(l)
	return target
}

func servingHTTP(b *testing.B, body []byte) client.Target {
	l, target := listening(b)
	s := &reference.Server{Protocol: client.FastCGI, Handler: reference.HTTP(plain(body))}
	go s.Serve(l)
	return target
}

func servingNetHTTP(b *testing.B, body []byte) client.Target {
	l, target := listening(b)
	go netfcgi.Serve(l, plain(body))
	return target
}

func plain(body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write(body)
	})
}

// pingPong reads and writes as many bytes as a request and an answer have, a
// goroutine a connection: what no Go server can be faster than.
func pingPong(b *testing.B, n int, answer, request []byte) func(b *testing.B) func() error {
	l, target := listening(b)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, n)
				for {
					if _, err := io.ReadFull(c, buf); err != nil {
						return
					}
					if _, err := c.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return exchanging(target, request, len(answer))
}

// exchanging writes a request on a kept connection and reads as many bytes as
// its answer has.
func exchanging(target client.Target, request []byte, answer int) func(b *testing.B) func() error {
	return func(b *testing.B) func() error {
		c := dial(b, target)
		buf := make([]byte, answer)
		return func() error {
			if _, err := c.Write(request); err != nil {
				return err
			}
			_, err := io.ReadFull(c, buf)
			return err
		}
	}
}

// untilEnd reads up to END_REQUEST, whatever the answer's length.
func untilEnd(target client.Target, request []byte) func(b *testing.B) func() error {
	return func(b *testing.B) func() error {
		c := dial(b, target)
		var d fcgi.Decoder
		buf := make([]byte, 64<<10)
		return func() error {
			if _, err := c.Write(request); err != nil {
				return err
			}
			for {
				r, err := d.Next()
				if err == nil && r.Type == fcgi.TypeEndRequest {
					return nil
				}
				if err == fcgi.ErrShort {
					n, err := c.Read(buf)
					if err != nil {
						return err
					}
					d.Feed(buf[:n])
				}
			}
		}
	}
}

// connecting makes a connection for each request, without keep-conn.
func connecting(target client.Target, answer int) func(b *testing.B) func() error {
	request := recordRequest()
	request[fcgi.HeaderLen+2] = 0 // FCGI_BEGIN_REQUEST's flags
	return func(b *testing.B) func() error {
		buf := make([]byte, answer)
		return func() error {
			c, err := dialRetrying(target)
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := c.Write(request); err != nil {
				return err
			}
			if _, err := io.ReadFull(c, buf); err != nil {
				return fmt.Errorf("the answer: %w", err)
			}
			return nil
		}
	}
}

// dialRetrying waits while the server's queue is full.
func dialRetrying(target client.Target) (net.Conn, error) {
	for i := 0; ; i++ {
		c, err := net.Dial(target.Network, target.Address)
		if err == nil || i == 100 {
			return c, err
		}
		time.Sleep(time.Millisecond)
	}
}

func dial(b *testing.B, target client.Target) net.Conn {
	c, err := net.Dial(target.Network, target.Address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c
}

func init() { reference.Register("hello", hello) }
