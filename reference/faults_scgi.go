package reference

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/client/scgi"
)

// scgiFault is a fault in how a request is read or answered. The server behind
// it is strict, so what a faulty one lets pass is made legal on the way.
type scgiFault struct {
	netstring func(b []byte) (block []byte, n int, err error) // nil is scgi.ParseNetstring
	split     func(block []byte) ([]scgi.Header, error)       // nil is scgi.ParseHeaders
	headers   func(h []scgi.Header, came int) []scgi.Header   // came is how much of a body has come with them
	out       func(m *scgiMemory, b []byte) []byte
	closed    func(m *scgiMemory) error
}

// scgiMemory is what a fault remembers of a connection.
type scgiMemory struct {
	nc   net.Conn
	sent int // bytes of the answer
}

func (f scgiFault) wrap(nc net.Conn) net.Conn {
	m := &scgiMemory{nc: nc}
	c := &faultyConn{Conn: nc}
	head := true
	c.received = func(b []byte) (int, []byte) {
		if !head {
			return len(b), b
		}
		n, on, err := f.head(b)
		if err == scgi.ErrShort {
			return 0, nil
		}
		head = false
		if err != nil {
			return len(b), b
		}
		return n, on
	}
	c.sent = func(b []byte) (int, []byte) {
		on := b
		if f.out != nil && len(b) > 0 {
			on = f.out(m, b)
		}
		m.sent += len(b)
		return len(b), on
	}
	if f.closed != nil {
		c.closed = func() error { return f.closed(m) }
	}
	return c
}

// head makes of a request's head what the strict server is to read. The error is
// that there is nothing to be changed: ErrShort, or a broken rule that the fault
// has nothing to do with.
func (f scgiFault) head(b []byte) (int, []byte, error) {
	read, split := f.netstring, f.split
	if read == nil {
		read = strictly
	}
	if split == nil {
		split = scgi.ParseHeaders
	}
	block, n, err := read(b)
	if err != nil {
		return 0, nil, err
	}
	headers, err := split(block)
	if err != nil {
		return 0, nil, err
	}
	if f.headers != nil {
		headers = f.headers(headers, len(b)-n)
	}
	return n, scgi.AppendRequest(nil, headers, nil), nil
}

// anyLength is more than any request of the cases has.
const anyLength = 1 << 40

func strictly(b []byte) ([]byte, int, error) { return scgi.ParseNetstring(b, anyLength) }

// headerwise changes or drops headers, one by one.
func headerwise(f func(h scgi.Header) (scgi.Header, bool)) func([]scgi.Header, int) []scgi.Header {
	return func(headers []scgi.Header, _ int) []scgi.Header {
		var kept []scgi.Header
		for _, h := range headers {
			if changed, ok := f(h); ok {
				kept = append(kept, changed)
			}
		}
		return kept
	}
}

// bodyOf is a server that takes another length for the body's.
func bodyOf(f func(length, came int) int) func([]scgi.Header, int) []scgi.Header {
	return func(headers []scgi.Header, came int) []scgi.Header {
		if len(headers) > 0 && string(headers[0].Name) == "CONTENT_LENGTH" {
			if length, ok := wrapping(string(headers[0].Value)); ok && length <= anyLength {
				headers[0].Value = strconv.AppendInt(nil, int64(f(int(length), came)), 10)
			}
		}
		return headers
	}
}

// contentLength is a server that reads CONTENT_LENGTH by another function.
func contentLength(f func(value string) string) func([]scgi.Header, int) []scgi.Header {
	return headerwise(func(h scgi.Header) (scgi.Header, bool) {
		if string(h.Name) == "CONTENT_LENGTH" {
			h.Value = []byte(f(string(h.Value)))
		}
		return h, true
	})
}

// first puts a header there first, and without more of its name.
func first(headers []scgi.Header, name, value string) []scgi.Header {
	return append([]scgi.Header{{Name: []byte(name), Value: []byte(value)}}, removed(headers, name)...)
}

func removed(headers []scgi.Header, name string) []scgi.Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h scgi.Header) bool { return string(h.Name) == name })
}

func valueOf(headers []scgi.Header, name string) (string, bool) {
	for _, h := range headers {
		if string(h.Name) == name {
			return string(h.Value), true
		}
	}
	return "", false
}

// lengthBy is a server that reads a netstring's length by another function.
func lengthBy(read func(text string) (uint64, bool)) func([]byte) ([]byte, int, error) {
	return func(b []byte) ([]byte, int, error) {
		colon := bytes.IndexByte(b, ':')
		if colon < 0 {
			return strictly(b)
		}
		n, ok := read(string(b[:colon]))
		if !ok || n > anyLength {
			return nil, 0, errUnread
		}
		whole := scgi.AppendNetstring(nil, nil)
		whole = append(strconv.AppendUint(whole[:0], n, 10), b[colon:]...)
		block, size, err := strictly(whole)
		return block, size - len(whole) + len(b), err
	}
}

var errUnread = errors.New("the length is no number")

// wrapping is a number kept in 64 bits.
func wrapping(text string) (uint64, bool) {
	var n uint64
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(text) > 0 && (text == "0" || text[0] != '0')
}

// pythonInt is what Python's int() takes.
func pythonInt(text string) (uint64, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '0' {
		return 0, false // leading zeros are another fault
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	return n, err == nil
}

func zerosTaken(text string) (uint64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// commaUnchecked skips whatever byte follows the string.
func commaUnchecked(b []byte) ([]byte, int, error) {
	block, n, err := strictly(b)
	var syntax *scgi.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset == 0 || int(syntax.Offset) >= len(b) {
		return block, n, err
	}
	whole := bytes.Clone(b)
	whole[syntax.Offset] = ','
	return strictly(whole)
}

// commaSought takes the headers' end to be where NUL and comma stand.
func commaSought(b []byte) ([]byte, int, error) {
	block, n, err := strictly(b)
	colon, end := bytes.IndexByte(b, ':'), bytes.Index(b, []byte("\x00,"))
	if err == nil || colon <= 0 || end < colon || b[0] == '0' || strings.Trim(string(b[:colon]), "0123456789") != "" || colon > 9 {
		return block, n, err
	}
	return b[colon+1 : end+1], end + 2, nil
}

// tailDropped leaves out a last header that breaks off.
func tailDropped(block []byte) ([]scgi.Header, error) {
	headers, _ := scgi.ParseHeaders(block)
	return headers, nil
}

// splitAtNUL is how Ruby splits: without the empty strings at the end.
func splitAtNUL(block []byte) ([]scgi.Header, error) {
	headers, err := scgi.ParseHeaders(block)
	for err == nil && len(headers) > 0 && len(headers[len(headers)-1].Value) == 0 {
		headers = headers[:len(headers)-1]
	}
	return headers, err
}

// keepOpen closes when the client does, where an answer was sent.
func keepOpen(m *scgiMemory) error {
	if m.sent == 0 {
		return m.nc.Close()
	}
	go func() {
		m.nc.SetReadDeadline(time.Now().Add(time.Minute))
		io.Copy(io.Discard, m.nc)
		m.nc.Close()
	}()
	return nil
}

// replacing changes the head of an answer, which the server sends at once.
func replacing(from, to string) func(*scgiMemory, []byte) []byte {
	return func(m *scgiMemory, b []byte) []byte {
		if m.sent > 0 {
			return b
		}
		return bytes.Replace(b, []byte(from), []byte(to), 1)
	}
}

func init() {
	addFaults(
		Fault{"scgi/never-closes", "the connection stays open after the answer", "https://github.com/valum-framework/valum/issues/152", scgiFault{closed: keepOpen}.wrap},
		Fault{"scgi/waits-for-eof", "a body is read to the end of the client's side, which does not come", "flup 1.0.3, wsgi.input.read() without a size", waitsForEOF},
		Fault{"scgi/answers-early", "a first header is sent when the connection's first byte has come", "a framework that greets as soon as it may write", func(nc net.Conn) net.Conn {
			return &reading{Conn: nc, read: func(c *reading) error {
				if len(c.got) > 0 && !c.done {
					c.done = true
					c.Conn.Write([]byte("X-Powered-By: fcgikit\r\n"))
				}
				return nil
			}}
		}},
		Fault{"scgi/second-request", "a request behind the first is answered, too", "a loop for HTTP's keep-alive", func(nc net.Conn) net.Conn { return &answersAgain{Conn: nc} }},
		Fault{"scgi/half-close-aborts", "a client that closes its side is taken for gone", "sockets without allowHalfOpen, and pollers that take EOF for a hangup", func(nc net.Conn) net.Conn {
			return &abortsAtEOF{Conn: nc}
		}},
		Fault{"scgi/answer-cut", "an answer is cut where the socket's buffer is full", "https://github.com/tina4stack/tina4-php/issues/118", scgiFault{out: func(m *scgiMemory, b []byte) []byte {
			const buffer = 200 << 10
			return b[:min(max(buffer-m.sent, 0), len(b))]
		}}.wrap},

		Fault{"scgi/body-cut", "bodies are cut at 8192 bytes", "a buffer of fixed size", scgiFault{headers: bodyOf(func(length, _ int) int { return min(length, 8192) })}.wrap},
		Fault{"scgi/body-unread", "the body is not read at all", "servers that were made for GET", scgiFault{headers: bodyOf(func(int, int) int { return 0 })}.wrap},
		Fault{"scgi/body-in-one-read", "the body is what came together with the headers", "https://github.com/rakshasa/rtorrent/pull/1766", scgiFault{headers: bodyOf(func(length, came int) int { return min(length, came) })}.wrap},
		Fault{"scgi/body-runs-on", "all that follows the headers is the body", "servers that hand the socket on as the body", scgiFault{headers: bodyOf(func(length, came int) int { return max(length, came) })}.wrap},
		Fault{"scgi/short-body-hangs", "a body that breaks off is waited for for ever", "a recv() whose 0 is taken for nothing yet", func(nc net.Conn) net.Conn {
			return &reading{Conn: nc, read: func(c *reading) error {
				if c.ended && bodyIsShort(c.got) {
					time.Sleep(time.Minute)
				}
				return nil
			}}
		}},
		Fault{"scgi/order-unchecked", "CONTENT_LENGTH is taken from any place", "flup 1.0.3 and uWSGI 2.0.21", scgiFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if i := slices.IndexFunc(h, func(h scgi.Header) bool { return string(h.Name) == "CONTENT_LENGTH" }); i > 0 && len(removed(h, "CONTENT_LENGTH")) == len(h)-1 {
				return first(h, "CONTENT_LENGTH", string(h[i].Value))
			}
			return h
		}}.wrap},
		Fault{"scgi/content-length-optional", "without CONTENT_LENGTH there is no body", "uWSGI 2.0.21", scgiFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if _, there := valueOf(h, "CONTENT_LENGTH"); there || len(h) == 0 {
				return h
			}
			return first(h, "CONTENT_LENGTH", "0")
		}}.wrap},
		Fault{"scgi/empty-netstring", "a request without any header is served", "a loop over the headers that checks them as they come", scgiFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if len(h) == 0 {
				h = []scgi.Header{{Name: []byte("CONTENT_LENGTH"), Value: []byte("0")}, {Name: []byte("SCGI"), Value: []byte("1")}}
			}
			return h
		}}.wrap},
		Fault{"scgi/content-length-atoi", "a CONTENT_LENGTH that is no number is taken for 0", "uWSGI 2.0.21", scgiFault{headers: contentLength(func(value string) string {
			if strings.Trim(value, "0123456789") != "" || value == "" {
				return "0"
			}
			return value
		})}.wrap},
		Fault{"scgi/content-length-by-int", "CONTENT_LENGTH is read as Python's int() does", "flup 1.0.3", scgiFault{headers: contentLength(func(value string) string {
			if n, ok := pythonInt(value); ok {
				return strconv.FormatUint(n, 10)
			}
			return value
		})}.wrap},
		Fault{"scgi/content-length-wraps", "CONTENT_LENGTH is kept in 64 bits, and wraps", "uWSGI 2.0.21, a size_t", scgiFault{headers: contentLength(func(value string) string {
			if n, ok := wrapping(value); ok {
				return strconv.FormatUint(n, 10)
			}
			return value
		})}.wrap},
		Fault{"scgi/duplicates-taken", "of two headers of one name the last is taken", "flup 1.0.3 and uWSGI 2.0.21", scgiFault{headers: lastOfEach}.wrap},
		Fault{"scgi/scgi-unchecked", "the header SCGI may be missing, or have any value", "flup 1.0.3 and uWSGI 2.0.21; https://github.com/munin-monitoring/contrib/pull/1504 sent \" 1\"", scgiFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if len(h) == 0 {
				return h
			}
			if len(h)-len(removed(h, "SCGI")) == 1 {
				return headersWith(h, "SCGI", "1")
			}
			return append(slices.Clone(h), scgi.Header{Name: []byte("SCGI"), Value: []byte("1")})
		}}.wrap},
		Fault{"scgi/scgi-second", "the header SCGI is expected in the second place", "a parser made of one web server's captures: nginx has it 8th, lighttpd last", scgiFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if len(h) > 1 && string(h[1].Name) != "SCGI" {
				return nil
			}
			return h
		}}.wrap},
		Fault{"scgi/empty-end-lost", "variables at the headers' end whose values are empty are lost", "https://github.com/phusion/passenger/issues/370", scgiFault{split: splitAtNUL}.wrap},
		Fault{"scgi/empty-names", "a header without a name is taken", "flup 1.0.3 and uWSGI 2.0.21", scgiFault{headers: func(h []scgi.Header, came int) []scgi.Header {
			return removed(h, "")
		}}.wrap},
		Fault{"scgi/tail-dropped", "headers that break off are served without the last", "uWSGI 2.0.21", scgiFault{split: tailDropped}.wrap},
		Fault{"scgi/high-bytes-lost", "bytes from 128 on become question marks", "values decoded as ASCII", scgiFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			h.Value = bytes.Map(func(r rune) rune {
				if r >= 128 {
					return '?'
				}
				return r
			}, h.Value)
			return h, true
		})}.wrap},
		Fault{"scgi/extensions-dropped", "of HTTP's headers only well-known ones reach the application", "a fixed table of names", scgiFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			return h, !strings.HasPrefix(string(h.Name), "HTTP_X_")
		})}.wrap},

		Fault{"scgi/length-in-one-read", "the connection is closed where the colon is not in the first segment", "https://github.com/rakshasa/rtorrent/pull/1764", func(nc net.Conn) net.Conn {
			return &reading{Conn: nc, read: func(c *reading) error {
				if len(c.got) > 0 && !bytes.Contains(c.got, []byte(":")) {
					return io.EOF
				}
				return nil
			}}
		}},
		Fault{"scgi/headers-in-one-read", "the connection is closed where the headers are not whole in the first segment", "servers that call recv() once", func(nc net.Conn) net.Conn {
			return &reading{Conn: nc, read: func(c *reading) error {
				if _, _, err := strictly(c.got); err == scgi.ErrShort && len(c.got) > 0 {
					return io.EOF
				}
				return nil
			}}
		}},
		Fault{"scgi/comma-in-the-read", "the connection is closed where a segment ends before the comma", "uWSGI 2.0.21", func(nc net.Conn) net.Conn {
			return &reading{Conn: nc, read: func(c *reading) error {
				if onlyCommaMissing(c.got) {
					return io.EOF
				}
				return nil
			}}
		}},
		Fault{"scgi/leading-zeros", "a length may have leading zeros", "flup 1.0.3 and uWSGI 2.0.21", scgiFault{netstring: lengthBy(zerosTaken)}.wrap},
		Fault{"scgi/length-by-int", "a length is read as Python's int() does", "flup 1.0.3 and nascheme/scgi", scgiFault{netstring: lengthBy(pythonInt)}.wrap},
		Fault{"scgi/length-wraps", "a length is kept in 64 bits, and wraps", "uWSGI 2.0.21, a size_t", scgiFault{netstring: lengthBy(wrapping)}.wrap},
		Fault{"scgi/length-unused", "the headers end where NUL and comma stand, whatever the length", "parsers that seek the comma", scgiFault{netstring: commaSought}.wrap},
		Fault{"scgi/comma-unchecked", "whatever byte follows the headers is skipped", "parsers that skip one byte behind the string", scgiFault{netstring: commaUnchecked}.wrap},
		Fault{"scgi/refusal-stays-open", "where a length can't be read the connection is kept open", "uWSGI 2.0.21 and flup 1.0.3", scgiFault{netstring: func(b []byte) ([]byte, int, error) {
			if len(b) > 0 && (b[0] < '0' || b[0] > '9') {
				return nil, 0, scgi.ErrShort
			}
			return strictly(b)
		}}.wrap},

		Fault{"scgi/needs-server-name", "a request without SERVER_NAME is dropped", "gateways to WSGI, which requires it", scgiFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if _, there := valueOf(h, "SERVER_NAME"); !there {
				return nil
			}
			return h
		}}.wrap},

		Fault{"scgi/http-status-line", "the answer begins with HTTP's status line", "applications that were made for a socket of HTTP", scgiFault{out: replacing("Status: ", "HTTP/1.1 ")}.wrap},
		Fault{"scgi/no-content-type", "the answer has no Content-Type", "rtorrent and other servers of one type", scgiFault{out: func(m *scgiMemory, b []byte) []byte {
			return replacing(contentTypeLine(b), "")(m, b)
		}}.wrap},
		Fault{"scgi/content-type-twice", "a Content-Type is put before the application's own", "CVE-2020-24553 and the defaults of other gateways", scgiFault{out: func(m *scgiMemory, b []byte) []byte {
			return replacing("\r\n", "\r\nContent-Type: text/html\r\n")(m, b)
		}}.wrap},
		Fault{"scgi/head-as-get", "HEAD is answered with a body", "routers that serve HEAD by the handler of GET", scgiFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			if string(h.Name) == "REQUEST_METHOD" && string(h.Value) == "HEAD" {
				h.Value = []byte("GET")
			}
			return h, true
		})}.wrap},

		Fault{"scgi/crash-on-half-request", "a connection that ends within the headers kills the process", "an assertion that the string is whole", func(nc net.Conn) net.Conn {
			return &crashing{Conn: nc, at: func(got []byte) bool {
				return halfCame(got)
			}}
		}},
		Fault{"scgi/crash-on-control-byte", "a length that begins with a control byte kills the process", "an index c - '0' into a table", crashes(func(got []byte) bool { return len(got) > 0 && got[0] < ' ' })},
		Fault{"scgi/crash-on-large-headers", "headers that are not whole within 8192 bytes kill the process", "https://github.com/rakshasa/rtorrent/pull/1927", crashes(func(got []byte) bool {
			_, _, err := strictly(got)
			return err == scgi.ErrShort && len(got) > 8192 && bytes.Contains(got, []byte("SCGI"))
		})},
		Fault{"scgi/crash-on-long-length", "a length that does not end within the buffer kills the process", "https://github.com/rakshasa/rtorrent/pull/1927", crashes(func(got []byte) bool {
			return len(got) > 1024 && strings.Trim(string(got), "0123456789") == ""
		})},
		Fault{"scgi/crash-on-nuls", "headers that are nothing but NUL bytes kill the process", "a first header that is taken without a look", crashes(func(got []byte) bool {
			block, _, err := strictly(got)
			return err == nil && len(block) > 0 && len(bytes.Trim(block, "\x00")) == 0
		})},
		Fault{"scgi/crash-on-broken-pipe", "a client that leaves before its answer kills the process", "SIGPIPE; https://github.com/rakshasa/rtorrent/pull/1800 spins instead", func(nc net.Conn) net.Conn {
			return &brokenPipe{Conn: nc}
		}},
		Fault{"scgi/crash-on-exception", "an exception of the application kills the process", "a thread pool without a catch", scgiFault{out: func(m *scgiMemory, b []byte) []byte {
			if bytes.HasPrefix(b, []byte("Status: 500 ")) {
				os.Exit(crashStatus)
			}
			return b
		}}.wrap},
	)
}

func headersWith(headers []scgi.Header, name, value string) []scgi.Header {
	changed := slices.Clone(headers)
	for i := range changed {
		if string(changed[i].Name) == name {
			changed[i].Value = []byte(value)
		}
	}
	return changed
}

// lastOfEach leaves each name in the place where it was first.
func lastOfEach(headers []scgi.Header, _ int) []scgi.Header {
	var kept []scgi.Header
	for _, h := range headers {
		if i := slices.IndexFunc(kept, func(k scgi.Header) bool { return bytes.Equal(k.Name, h.Name) }); i >= 0 {
			kept[i].Value = h.Value
		} else {
			kept = append(kept, h)
		}
	}
	return kept
}

func contentTypeLine(b []byte) string {
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "Content-Type:") {
			return line
		}
	}
	return "\x00" // there is none
}

// bodyIsShort says that a request's headers have come, and its body has not.
func bodyIsShort(got []byte) bool {
	block, n, err := strictly(got)
	if err != nil {
		return false
	}
	headers, err := scgi.ParseHeaders(block)
	value, _ := valueOf(headers, "CONTENT_LENGTH")
	length, notNumber := strconv.Atoi(value)
	return err == nil && notNumber == nil && len(got)-n < length
}

// halfCame says that a request ends in its middle, to the byte: cases that are
// about the length end elsewhere.
func halfCame(got []byte) bool {
	digits, _, ok := bytes.Cut(got, []byte(":"))
	length, err := strconv.Atoi(string(digits))
	return ok && err == nil && len(got) == (len(digits)+length+len(":,"))/2
}

func onlyCommaMissing(got []byte) bool {
	_, n, err := strictly(append(bytes.Clone(got), ','))
	return err == nil && n == len(got)+1
}

// reading looks at all that was read so far, after each read: an error of its
// function's ends the connection.
type reading struct {
	net.Conn
	got   []byte
	ended bool
	done  bool
	read  func(c *reading) error
}

func (c *reading) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	c.ended = err == io.EOF
	if broken := c.read(c); broken != nil {
		return 0, broken
	}
	return n, err
}

func (c *reading) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(nc net.Conn) error {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// crashes exits as soon as what came is of a certain kind.
func crashes(at func(got []byte) bool) func(net.Conn) net.Conn {
	return func(nc net.Conn) net.Conn {
		return &reading{Conn: nc, read: func(c *reading) error {
			if at(c.got) {
				os.Exit(crashStatus)
			}
			return nil
		}}
	}
}

// waitsForEOF holds a body back until the client closes its side.
func waitsForEOF(nc net.Conn) net.Conn {
	c := &faultyConn{Conn: nc}
	begun := false
	c.received = func(b []byte) (int, []byte) {
		block, _, err := strictly(b)
		if err == scgi.ErrShort && !begun {
			return 0, nil
		}
		headers, _ := scgi.ParseHeaders(block)
		if value, _ := valueOf(headers, "CONTENT_LENGTH"); !begun && strings.Trim(value, "0") != "" {
			rest, _ := io.ReadAll(nc)
			return len(b), append(bytes.Clone(b), rest...)
		}
		begun = true
		return len(b), b
	}
	return c
}

// brokenPipe exits where a write within a large answer fails because nobody is
// there.
type brokenPipe struct {
	net.Conn
	sent int
}

func (c *brokenPipe) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent += n
	if c.sent > 64<<10 && errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		os.Exit(crashStatus)
	}
	return n, err
}

func (c *brokenPipe) CloseWrite() error { return closeWrite(c.Conn) }

// answersAgain answers what stands behind a request, with the same answer.
type answersAgain struct {
	net.Conn
	got, answer []byte
}

func (c *answersAgain) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got = append(c.got, p[:n]...)
	return n, err
}

func (c *answersAgain) Write(p []byte) (int, error) {
	c.answer = append(c.answer, p...)
	return c.Conn.Write(p)
}

// CloseWrite is called where bytes are left behind a request.
func (c *answersAgain) CloseWrite() error {
	if _, n, err := strictly(c.got); err == nil {
		if _, _, err := strictly(c.got[n:]); err == nil {
			c.Conn.Write(c.answer)
		}
	}
	return closeWrite(c.Conn)
}

// abortsAtEOF drops the answer where the client's side is closed by then.
type abortsAtEOF struct {
	net.Conn
	looked, gone atomic.Bool
}

// lookFor is long enough for a close that was sent with the request.
const lookFor = 150 * time.Millisecond

func (c *abortsAtEOF) Write(p []byte) (int, error) {
	if !c.looked.Swap(true) {
		var b [1]byte
		c.Conn.SetReadDeadline(time.Now().Add(lookFor))
		_, err := c.Conn.Read(b[:])
		c.gone.Store(err == io.EOF)
		c.Conn.SetReadDeadline(time.Time{})
	}
	if c.gone.Load() {
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

func (c *abortsAtEOF) CloseWrite() error { return closeWrite(c.Conn) }
