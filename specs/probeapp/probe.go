//go:build ignore

// The probe application, contract 1, for the standard library's net/http/fcgi.
//
//	go build -o probe probe.go
//	spawn-fcgi -n -s app.sock -- ./probe    or, without a socket at fd 0: PEER_NETWORK=tcp PEER_ADDRESS=127.0.0.1:9000 ./probe
//
// net/http/fcgi makes an http.Request of the parameters, so "params" is made back from it: the names of headers in
// capitals, a REQUEST_URI even where SCRIPT_NAME and PATH_INFO were sent instead, QUERY_STRING as it is in REQUEST_URI.
// SCRIPT_NAME, PATH_INFO, REMOTE_HOST and an HTTPS other than on do not reach the application. A control character in
// REQUEST_URI or QUERY_STRING gets the library's 500, not an answer. The library recovers no panic, so "throw" would
// end the process and is left out; it gives no access to FCGI_STDERR.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// piece is how much is read or written at once: one record holds no more.
const piece = 65536

func main() {
	listener, err := listen()
	if err != nil {
		log.Fatal("probe: ", err)
	}
	log.Fatal(fcgi.Serve(listener, http.HandlerFunc(serve)))
}

// listen takes the socket at fd 0, as a web server or spawn-fcgi gives it, else the address in the environment.
func listen() (net.Listener, error) {
	if inherited, err := net.FileListener(os.Stdin); err == nil {
		return inherited, nil
	}
	network, address := os.Getenv("PEER_NETWORK"), os.Getenv("PEER_ADDRESS")
	if address == "" {
		return nil, fmt.Errorf("no listening socket: fd 0 is none, and PEER_ADDRESS is empty")
	}
	if info, err := os.Stat(address); network == "unix" && err == nil && info.Mode()&os.ModeSocket != 0 {
		os.Remove(address) // left by a process that was killed
	}
	return net.Listen(network, address)
}

func serve(w http.ResponseWriter, r *http.Request) {
	asked := steer(r.URL.RawQuery)
	var received []byte
	if asked.read && !asked.duplex {
		received, _ = io.ReadAll(r.Body) // what came before an error is what was read
	}
	time.Sleep(asked.delay)

	var body []byte
	contentType, length := "application/json", int64(0)
	switch {
	case asked.duplex:
		contentType, length = "application/octet-stream", announced(r)
	case asked.echo:
		contentType, body = "application/octet-stream", received
	case asked.size >= 0:
		contentType, length = "text/plain", asked.size
	default:
		body = answer(r, received)
	}
	if body != nil {
		length = int64(len(body))
	}
	sendHeaders(w, asked, contentType, length)
	switch {
	case asked.bodiless() || r.Method == http.MethodHead:
	case asked.duplex:
		writeDuplex(w, asked, r.Body)
	case body != nil:
		writeBody(w, asked, bytes.NewReader(body), length)
	default:
		writeBody(w, asked, &letters{}, length)
	}
}

// announced is the length of the request body, -1 where CONTENT_LENGTH does not say.
func announced(r *http.Request) int64 {
	if r.ContentLength > 0 {
		return r.ContentLength
	}
	return -1
}

// A steering is what the query string asks for. Of a key that is there twice the last counts.
type steering struct {
	status       int
	headers      []string
	size, chunk  int64
	delay, pause time.Duration
	read, echo   bool
	zero, duplex bool
}

func steer(query string) steering {
	last := map[string]string{}
	var a steering
	for _, pair := range strings.Split(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		value = escape.ReplaceAllStringFunc(value, unescape)
		last[key] = value
		if key == "header" {
			a.headers = append(a.headers, value)
		}
	}
	a.status = int(number(last["status"], 200))
	a.size = number(last["size"], -1)
	a.chunk = number(last["chunk"], 0)
	a.delay = time.Duration(min(number(last["delay"], 0), 60000)) * time.Millisecond
	a.pause = time.Duration(min(number(last["pause"], 0), 60000)) * time.Millisecond
	a.read = last["read"] != "no"
	a.echo = last["body"] == "echo"
	a.zero = last["write"] == "zero"
	a.duplex = last["duplex"] == "yes" && a.echo && a.read
	return a
}

// What is not an escape stays as it is, '+' too.
var escape = regexp.MustCompile("%[0-9A-Fa-f]{2}")

func unescape(escape string) string {
	b, _ := strconv.ParseUint(escape[1:], 16, 8)
	return string([]byte{byte(b)})
}

func number(text string, missing int64) int64 {
	if n, err := strconv.ParseUint(text, 10, 62); err == nil {
		return int64(n)
	}
	return missing
}

func (a steering) bodiless() bool {
	return a.status < 200 || a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

func sendHeaders(w http.ResponseWriter, a steering, contentType string, length int64) {
	header := w.Header()
	for _, line := range a.headers {
		name, value, found := strings.Cut(line, ":")
		if found {
			header[name] = append(header[name], value) // not Add: the name is sent as it was asked for
		}
	}
	setUnlessAsked(header, "Content-Type", contentType)
	if a.chunk == 0 && !a.bodiless() && length >= 0 {
		setUnlessAsked(header, "Content-Length", strconv.FormatInt(length, 10))
	}
	w.WriteHeader(a.status)
}

func setUnlessAsked(header http.Header, name, value string) {
	for there := range header {
		if strings.EqualFold(there, name) {
			return
		}
	}
	header.Set(name, value)
}

// letters is the endless body of which byte i is 'a' + i%26.
type letters struct{ at int }

func (l *letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a' + byte(l.at)
		l.at = (l.at + 1) % 26
	}
	return len(p), nil
}

func writeBody(w http.ResponseWriter, a steering, body io.Reader, length int64) {
	buffer := make([]byte, piece)
	chunk := a.chunk
	if chunk == 0 {
		chunk = length
	}
	writeNothing(w, a)
	for at := int64(0); at < length; at += chunk {
		if at > 0 {
			time.Sleep(a.pause)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, io.LimitReader(body, min(chunk, length-at)), buffer); err != nil {
			return
		}
		if a.chunk > 0 {
			flush(w)
		}
		writeNothing(w, a)
	}
}

func writeDuplex(w http.ResponseWriter, a steering, body io.Reader) {
	buffer := make([]byte, piece)
	writeNothing(w, a)
	flush(w)
	for first := true; ; first = false {
		n, err := body.Read(buffer)
		if n > 0 && !first {
			time.Sleep(a.pause)
		}
		if _, failed := w.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
		flush(w)
		writeNothing(w, a)
	}
}

func writeNothing(w http.ResponseWriter, a steering) {
	if a.zero {
		w.Write(nil)
		flush(w)
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

func answer(r *http.Request, body []byte) []byte {
	decoded := map[string]string{}
	for name, value := range params(r) {
		decoded[latin1(name)] = latin1(value)
	}
	text, err := json.Marshal(struct {
		Probe    int               `json:"probe"`
		Server   string            `json:"server"`
		Protocol string            `json:"protocol"`
		Method   string            `json:"method"`
		Pid      int               `json:"pid"`
		Can      []string          `json:"can"`
		Params   map[string]string `json:"params"`
		Body     map[string]any    `json:"body"`
	}{
		1, "net/http/fcgi " + runtime.Version(), "fcgi", "threaded", os.Getpid(),
		[]string{"write", "duplex", "pause"},
		decoded,
		map[string]any{"length": len(body), "sha256": fmt.Sprintf("%x", sha256.Sum256(body))},
	})
	if err != nil {
		log.Fatal("probe: ", err) // strings and numbers can always be encoded
	}
	return append(ascii(text), '\n')
}

// ascii writes the code points from U+007F to U+00FF, the only ones beyond ASCII in it, as escapes.
func ascii(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r < 0x7f {
			b.WriteByte(byte(r))
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.Bytes()
}

// latin1 makes each byte one code point.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

func params(r *http.Request) map[string]string {
	params := map[string]string{
		"REQUEST_METHOD":  r.Method,
		"SERVER_PROTOCOL": r.Proto,
		"REQUEST_URI":     r.URL.RequestURI(),
		"QUERY_STRING":    r.URL.RawQuery,
	}
	for name, values := range r.Header {
		params["HTTP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = strings.Join(values, ", ")
	}
	if value, ok := params["HTTP_CONTENT_TYPE"]; ok {
		params["CONTENT_TYPE"] = value
		delete(params, "HTTP_CONTENT_TYPE")
	}
	if r.ContentLength > 0 {
		params["CONTENT_LENGTH"] = strconv.FormatInt(r.ContentLength, 10)
	}
	if r.Host != "" {
		params["HTTP_HOST"] = r.Host
	}
	if r.TLS != nil {
		params["HTTPS"] = "on"
	}
	// Without REMOTE_ADDR and REMOTE_PORT it is ":0".
	if host, port, err := net.SplitHostPort(r.RemoteAddr); err == nil && host != "" {
		params["REMOTE_ADDR"] = host
		if port != "0" {
			params["REMOTE_PORT"] = port
		}
	}
	for name, value := range fcgi.ProcessEnv(r) {
		params[name] = value
	}
	return params
}
