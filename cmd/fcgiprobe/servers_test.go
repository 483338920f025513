package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	netfcgi "net/http/fcgi"
	"slices"
	"strconv"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
	"github.com/fcgikit/fcgikit/reference"
)

var servers = map[string]func(net.Listener){
	"REFERENCE": func(l net.Listener) { serveReference(l, "") },
	"FAULTY":    func(l net.Listener) { serveReference(l, "fcgi/wrong-request-id") },
	"WARNED":    func(l net.Listener) { serveReference(l, "fcgi/abort-ignored") },
	"FCGI":      func(l net.Listener) { netfcgi.Serve(l, http.HandlerFunc(echo)) },
	"SCGI":      func(l net.Listener) { clitest.EachConn(l, serveSCGI) },
	"AJP":       func(l net.Listener) { clitest.EachConn(l, serveAJP) },
	"GUARDED":   serveGuarded,
	"BARRED":    func(l net.Listener) { clitest.EachConn(l, pongAlone) },
	"HTTP":      func(l net.Listener) { http.Serve(l, http.NotFoundHandler()) },
	"SILENT":    func(l net.Listener) { clitest.EachConn(l, func(c net.Conn) { io.Copy(io.Discard, c) }) },
	"TRUNCATES": func(l net.Listener) { clitest.EachConn(l, truncate) },
	"COMPLAINS": func(l net.Listener) { clitest.EachConn(l, complain) },
	"LIES":      func(l net.Listener) { clitest.EachConn(l, declareLines) },
	"RED":       func(l net.Listener) { clitest.EachConn(l, answerRed) },
	"REJECTS":   func(l net.Listener) { clitest.EachConn(l, reject) },
}

// echo answers with what it got, a line each; a path that is a number is the
// status.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	env := netfcgi.ProcessEnv(r)
	w.Header().Set("X-Answer", "yes")
	if status, err := strconv.Atoi(strings.Trim(r.URL.Path, "/")); err == nil {
		w.WriteHeader(status)
	}
	fmt.Fprintf(w, "%s %s\nhost %s\nbody %s\n", r.Method, r.URL.RequestURI(), r.Host, body)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, "header %s: %s\n", name, r.Header.Get(name))
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(w, "env %s=%s\n", name, env[name])
	}
}

// serveSCGI answers with the headers that came, a line each, and the body.
func serveSCGI(c net.Conn) {
	var d scgi.Decoder
	buf := make([]byte, 4096)
	var body []byte
	for {
		n, err := c.Read(buf)
		d.Feed(buf[:n])
		head, headErr := d.Head()
		body = append(body, d.Body()...)
		if headErr == nil && d.Remaining() == 0 {
			fmt.Fprint(c, "Content-Type: text/plain\r\n\r\n")
			for _, h := range head.Headers {
				fmt.Fprintf(c, "%s=%s\n", h.Name, h.Value)
			}
			fmt.Fprintf(c, "body %s\n", body)
			return
		}
		if err != nil || headErr != nil && headErr != scgi.ErrShort {
			return
		}
	}
}

// serveAJP answers CPing, and one request with its secret and the first piece
// of its body.
func serveAJP(c net.Conn) {
	d := ajp.Decoder{PacketSize: ajp.NoPacketLimit}
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		d.Feed(buf[:n])
		for {
			p, perr := d.Next()
			if perr == ajp.ErrShort {
				break
			}
			if perr != nil {
				return
			}
			switch code, _ := p.PrefixCode(); code {
			case ajp.TypeCPing:
				c.Write(ajp.AppendCPong(nil))
			case ajp.TypeForwardRequest:
				c.Write(answerAJP(p.Payload))
			}
		}
		if err != nil {
			return
		}
	}
}

func answerAJP(payload []byte) []byte {
	var r ajp.Request
	if err := r.Decode(payload); err != nil {
		return nil
	}
	text := fmt.Sprintf("%s %s\n", r.HTTPMethod(), r.ReqURI)
	for _, a := range r.Attributes {
		text += fmt.Sprintf("%s %s=%s\n", ajp.AttributeName(a.Code), a.Name, a.Value)
	}
	h := ajp.ResponseHeaders{Status: 200, Message: []byte("OK")}
	b := h.Append(nil)
	b = ajp.AppendSendBodyChunk(b, []byte(text))
	return ajp.AppendEndResponse(b, true)
}

// truncate sends a part of an answer.
func truncate(c net.Conn) {
	c.Read(make([]byte, 4096))
	c.Write(fcgi.AppendStream(nil, fcgi.TypeStdout, 1, []byte("Content-Type: text/plain\r\n\r\nhalf an")))
}

// complain answers 500 and says why in a line that it does not end.
func complain(c net.Conn) {
	c.Read(make([]byte, 4096))
	b := fcgi.AppendStream(nil, fcgi.TypeStderr, 1, []byte("complaint without "))
	b = fcgi.AppendStream(b, fcgi.TypeStderr, 1, []byte("a newline"))
	b = fcgi.AppendStream(b, fcgi.TypeStdout, 1, []byte("Status: 500\r\n\r\nhello\n"))
	b = fcgi.AppendEndOfStream(b, fcgi.TypeStdout, 1)
	c.Write(fcgi.AppendEndRequest(b, 1, 0, fcgi.RequestComplete))
}

// reject is too busy for any request.
func reject(c net.Conn) {
	c.Read(make([]byte, 4096))
	c.Write(fcgi.AppendEndRequest(nil, 1, 0, fcgi.Overloaded))
}

// escape is what a server says to be taken for more than it is: a line of ours,
// and a terminal's command.
const escape = "1\nprotocol: SCGI\x1b[0m"

// declareLines answers GET_VALUES with it.
func declareLines(c net.Conn) {
	c.Read(make([]byte, 4096))
	values := fcgi.AppendPair(nil, escape, escape)
	c.Write(fcgi.AppendRecord(nil, fcgi.TypeGetValuesResult, fcgi.NullRequestID, values, 0))
}

// answerRed has it in a status message and in a header's name and value, where
// AJP's lengths let anything be; but for the newline, which ends the exchange.
func answerRed(c net.Conn) {
	c.Read(make([]byte, 4096))
	h := ajp.ResponseHeaders{Status: 404, Message: []byte("\x1b[31mEvil"), Headers: []ajp.Header{{Name: []byte("\x1b[32mName"), Value: []byte("\x1b[33mValue")}}}
	c.Write(ajp.AppendEndResponse(h.Append(nil), false))
}

// pongAlone answers CPing, and closes at any request: so some containers guard
// themselves.
func pongAlone(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil || !bytes.Equal(buf[:n], ajp.AppendCPing(nil)) {
			return
		}
		c.Write(ajp.AppendCPong(nil))
	}
}

func serveGuarded(l net.Listener) {
	s := &reference.Server{Protocol: client.AJP, Handler: &reference.Probe{}, Secret: "hush"}
	s.Serve(l)
}

// serveReference serves the probe application, with a fault or without.
func serveReference(l net.Listener, fault string) {
	s := &reference.Server{Protocol: client.FastCGI, Handler: &reference.Probe{}}
	if fault != "" {
		f, err := reference.LookupFault(fault)
		if err != nil {
			panic(err)
		}
		s.Fault = f
	}
	s.Serve(l)
}
