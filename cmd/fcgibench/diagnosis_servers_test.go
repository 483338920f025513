package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	netfcgi "net/http/fcgi"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
	"github.com/fcgikit/fcgikit/reference"
)

// listens listens in a folder whose name is short enough for a socket, or on a
// port, for the length of the test.
func listens(t *testing.T, network string) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = shortPath(t)
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func shortPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// serves serves a handler by the standard library.
func serves(h http.HandlerFunc) func(net.Listener) {
	return func(l net.Listener) { netfcgi.Serve(l, h) }
}

// nth gives each request its number, from 1.
func nth(h func(w http.ResponseWriter, n int64)) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) { h(w, n.Add(1)) }
}

// stallsOnce answers, at the time after its first request, nobody for so long.
func stallsOnce(after, stall time.Duration) http.HandlerFunc {
	var once sync.Once
	var from time.Time
	return func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { from = time.Now().Add(after) })
		if in := time.Since(from); in >= 0 && in < stall {
			time.Sleep(stall - in)
		}
		io.WriteString(w, "hello\n")
	}
}

// faulty is the reference server with one of its bugs.
func faulty(name string) func(net.Listener) {
	return func(l net.Listener) {
		f, err := reference.LookupFault(name)
		if err != nil {
			panic(err)
		}
		s := &reference.Server{Protocol: client.FastCGI, Handler: &reference.Probe{}, Fault: f}
		s.Serve(l)
	}
}

// wire serves FastCGI with the bytes that answer gives for the n-th request, from
// 1, and ends the connection behind them where it says so.
func wire(answer func(n int64, id uint16) (bytes []byte, end bool)) func(net.Listener) {
	var n atomic.Int64
	return func(l net.Listener) {
		clitest.EachConn(l, func(c net.Conn) {
			for in := bufio.NewReader(c); ; {
				id, err := readRequest(in)
				if err != nil {
					return
				}
				bytes, end := answer(n.Add(1), id)
				if _, err := c.Write(bytes); err != nil || end {
					return
				}
			}
		})
	}
}

// readRequest reads to the end of STDIN.
func readRequest(in *bufio.Reader) (id uint16, err error) {
	for {
		b, err := in.Peek(fcgi.HeaderLen)
		if err != nil {
			return 0, err
		}
		h, err := fcgi.ParseHeader(b)
		if err != nil {
			return 0, err
		}
		if _, err := in.Discard(h.Len()); err != nil {
			return 0, err
		}
		if h.Type == fcgi.TypeStdin && h.ContentLength == 0 {
			return h.RequestID, nil
		}
	}
}

// said is an answer's output, and ended its END_REQUEST.
func said(id uint16) []byte {
	return fcgi.AppendStream(nil, fcgi.TypeStdout, id, []byte("Content-Type: text/plain\r\n\r\nhello\n"))
}

func ended(answer []byte, id uint16) []byte {
	return fcgi.AppendEndRequest(fcgi.AppendEndOfStream(answer, fcgi.TypeStdout, id), id, 0, fcgi.RequestComplete)
}

func fine(id uint16) []byte { return ended(said(id), id) }

func rejected(id uint16, status fcgi.ProtocolStatus) []byte {
	return fcgi.AppendEndRequest(nil, id, 0, status)
}

// closesEachTenth ends a connection with its tenth answer, as servers do that
// have a limit of requests.
func closesEachTenth(l net.Listener) {
	clitest.EachConn(l, func(c net.Conn) {
		in := bufio.NewReader(c)
		for range 10 {
			id, err := readRequest(in)
			if err != nil {
				return
			}
			if _, err := c.Write(fine(id)); err != nil {
				return
			}
		}
	})
}

// dies serves so many requests, and then is gone, with all of its connections.
func dies(after int64) func(net.Listener) {
	var n atomic.Int64
	return func(l net.Listener) {
		var mu sync.Mutex
		var open []net.Conn
		clitest.EachConn(l, func(c net.Conn) {
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			for in := bufio.NewReader(c); ; {
				id, err := readRequest(in)
				if err != nil {
					return
				}
				if n.Add(1) > after {
					l.Close()
					mu.Lock()
					defer mu.Unlock()
					for _, c := range open {
						c.Close()
					}
					return
				}
				c.Write(fine(id))
			}
		})
	}
}

// restarts is one that dies, and that serves again after a pause.
func restarts(after int64, pause time.Duration) func(net.Listener) {
	return func(l net.Listener) {
		dies(after)(l)
		time.Sleep(pause)
		again, err := net.Listen(l.Addr().Network(), l.Addr().String())
		if err != nil {
			return // the test is over
		}
		defer again.Close()
		dies(1 << 40)(again)
	}
}

// acceptsSlowly has a backlog of 1, and takes a connection each tenth of a
// second.
func acceptsSlowly(t *testing.T) (target string) {
	t.Helper()
	path := shortPath(t)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go netfcgi.Serve(slowListener{l}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") }))
	return "fcgi+unix:" + path
}

type slowListener struct{ net.Listener }

func (l slowListener) Accept() (net.Conn, error) {
	time.Sleep(100 * time.Millisecond)
	return l.Listener.Accept()
}
