package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	netfcgi "net/http/fcgi"
	"os"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
	"github.com/fcgikit/fcgikit/reference"
)

// servers are those of the scripts.
var servers = map[string]func(net.Listener){
	"FCGI":    probe(client.FastCGI, ""),
	"SCGI":    probe(client.SCGI, ""),
	"AJP":     probe(client.AJP, "hush"),
	"PLAIN":   func(l net.Listener) { netfcgi.Serve(l, http.HandlerFunc(say)) },
	"COUNTS":  func(l net.Listener) { netfcgi.Serve(l, counting()) },
	"FAILS":   func(l net.Listener) { netfcgi.Serve(l, http.HandlerFunc(fail)) },
	"HTTP":    func(l net.Listener) { http.Serve(l, http.NotFoundHandler()) },
	"SILENT":  func(l net.Listener) { clitest.EachConn(l, func(c net.Conn) { io.Copy(io.Discard, c) }) },
	"CLOSES":  func(l net.Listener) { clitest.EachConn(l, func(c net.Conn) { c.Read(make([]byte, 1)) }) },
	"LAZY":    func(l net.Listener) { netfcgi.Serve(l, http.HandlerFunc(lazy)) },
	"STALLED": func(l net.Listener) { netfcgi.Serve(l, stalling(3)) },
}

// probe serves the probe application.
func probe(p client.Protocol, secret string) func(net.Listener) {
	return func(l net.Listener) {
		s := &reference.Server{Protocol: p, Handler: &reference.Probe{}, Secret: secret}
		s.Serve(l)
	}
}

// say answers with what was asked: the method, the path, two headers, the
// script, and the length of the body.
func say(w http.ResponseWriter, r *http.Request) {
	n := int64(0)
	if r.ContentLength > 0 { // net/http/fcgi has one empty body for all requests, which it races for
		n, _ = io.Copy(io.Discard, r.Body)
	}
	fmt.Fprintf(w, "%s %s host=%s a=%s script=%s b=%s %d\n", r.Method, r.URL.RequestURI(), r.Host, r.Header.Get("A"), netfcgi.ProcessEnv(r)["SCRIPT_FILENAME"], netfcgi.ProcessEnv(r)["B"], n)
}

func counting() http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, n.Add(1)) })
}

func fail(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no database", 500) }

// lazy takes 30 ms: of 50 requests a second on one connection it keeps up with
// 33.
func lazy(w http.ResponseWriter, _ *http.Request) {
	time.Sleep(30 * time.Millisecond)
	io.WriteString(w, "at last\n")
}

// stalling answers so many requests, and never another one.
func stalling(good int64) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > good {
			select {}
		}
		io.WriteString(w, "hello\n")
	})
}

// serveMain is: serve SOCKET [LIFE]. It is a FastCGI server that ends after such
// a time.
func serveMain() {
	l := clitest.Listen()
	if len(os.Args) > 2 {
		life, err := time.ParseDuration(os.Args[2])
		if err != nil {
			panic(err)
		}
		time.AfterFunc(life, func() { fmt.Println("out of memory"); os.Exit(7) })
	}
	probe(client.FastCGI, "")(l)
}
