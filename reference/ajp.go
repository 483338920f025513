package reference

import (
	"bytes"
	"crypto/subtle"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// ajpConn serves AJP/1.3's requests on a connection, one after the other.
type ajpConn struct {
	s       *Server
	w       *watched
	in      buffer
	forward ajp.Request
	headers []ajp.Header // of the answer
	text    []byte       // of the parameters, what is not in the request as it came
	body    ajpBody
	r       Request
	reuse   bool

	interrupted atomic.Bool
}

// ajpBody is where the receiving of a request's body stands.
type ajpBody struct {
	left    int64 // of the announced length; -1 is unknown
	unasked bool  // the first Data packet comes without being asked for
}

func serveAJP(s *Server, w *watched) {
	c := &ajpConn{s: s, w: w, in: buffer{nc: w}, reuse: true}
	for c.reuse && c.serveOne() == nil {
	}
	if !c.reuse || len(c.in.bytes()) > 0 {
		w.linger(lingerLimit)
	}
	w.Close()
}

// serveOne takes one message (section Packet Headers), and answers it.
func (c *ajpConn) serveOne() error {
	p, err := c.packet(true)
	if err != nil {
		return err
	}
	if len(p.Payload) == 0 {
		return nil // a body's end that nobody asked for: lighttpd sends one after each request
	}
	switch code, _ := p.PrefixCode(); code {
	case ajp.TypeCPing:
		_, err := c.w.Write(ajp.AppendCPong(nil))
		return err
	case ajp.TypeForwardRequest:
		return c.request(p.Payload)
	}
	// Shutdown and Ping, too: a request must not stop the server.
	return &ajp.SyntaxError{Section: "Packet Headers", Offset: ajp.HeaderLen, Expected: "Forward Request or CPing", Got: "another message"}
}

// packet waits for a whole packet of the web server's. Its payload is valid
// until the next one.
func (c *ajpConn) packet(idle bool) (ajp.Packet, error) {
	for {
		p, n, err := ajp.ParsePacket(c.in.bytes(), c.s.PacketSize)
		if err == nil && p.Magic != ajp.ToContainer {
			err = &ajp.SyntaxError{Section: "Packet Headers", Expected: "magic 12 34", Got: p.Magic.String()}
		}
		if err == nil {
			c.in.take(n)
			return p, nil
		}
		if err != ajp.ErrShort {
			return p, err
		}
		c.w.reading(idle && len(c.in.bytes()) == 0)
		if err := c.in.fill(len(c.in.bytes()) + 1); err != nil {
			return p, err
		}
	}
}

// request answers a Forward Request. A malformed one is answered with 400, and
// the connection is not used again.
func (c *ajpConn) request(payload []byte) error {
	r := &c.r
	r.Protocol, r.Role, r.conn, r.inline, r.KeepConn = client.AJP, fcgi.Responder, c, true, true
	r.raw = append(r.raw[:0], payload...)
	r.Stdin.reset(r)
	r.Data.reset(r)
	r.Data.ended = true
	c.reuse = true
	err := c.forward.Decode(r.raw)
	if err == nil {
		err = checkForward(&c.forward)
	}
	if err != nil {
		return c.refuse(http.StatusBadRequest)
	}
	if !c.admitted() {
		return c.refuse(http.StatusForbidden)
	}
	r.Forward = &c.forward
	c.setParams()
	c.beginBody()
	c.s.respond(r, ajpFramer{})
	if r.w.err != nil || !c.body.unasked || !c.reuse {
		return r.w.err
	}
	_, err = c.packet(false) // the first of a body that was not read, which is no message
	return err
}

// refuse answers without a handler, and ends the connection.
func (c *ajpConn) refuse(status int) error {
	c.reuse = false
	c.r.Stdin.ended = true
	w := &c.r.w
	w.reset(&c.r, ajpFramer{})
	w.status = status
	w.finish()
	return w.err
}

// checkForward refuses what Decode leaves to its caller: a req_uri that is no
// path, header codes that the table lacks (section Headers), names and values that
// HTTP has none of, and a body of no one length.
func checkForward(f *ajp.Request) error {
	if !isRequestTarget(f.ReqURI) {
		return &ajp.SyntaxError{Section: "Request Packet Structure", Offset: 2, Expected: "a req_uri that begins with a slash", Got: strconv.Quote(string(f.ReqURI))}
	}
	lengths := 0
	for _, h := range f.Headers {
		if !cleanHeader(h) {
			return &ajp.SyntaxError{Section: "Headers", Expected: "a token, and a value without line breaks", Got: strconv.Quote(string(h.Name) + ": " + string(h.Value))}
		}
		if h.Name == nil {
			return &ajp.SyntaxError{Section: "Headers", Expected: "a header code from A001 to A00E", Got: strconv.FormatUint(uint64(h.Code), 16)}
		}
		if bytes.EqualFold(h.Name, []byte("content-length")) {
			lengths++
			if _, ok := parseNumber(h.Value); !ok || lengths > 1 {
				return &ajp.SyntaxError{Section: "Headers", Expected: "one content-length, a decimal number", Got: strconv.Quote(string(h.Value))}
			}
		}
	}
	if f.HTTPMethod() == "" {
		return &ajp.SyntaxError{Section: "method", Offset: 1, Expected: "a method code from 1 to 27, or 255 with its name", Got: strconv.Itoa(int(f.Method))}
	}
	return nil
}

// isRequestTarget is whether a request line could have had it (RFC 9112 3.2): a
// path, a whole URI or the asterisk, without line breaks.
func isRequestTarget(uri []byte) bool {
	form := bytes.HasPrefix(uri, []byte("/")) || bytes.Contains(uri, []byte("://")) || string(uri) == "*"
	return form && !bytes.ContainsAny(uri, lineBreaks)
}

// cleanHeader is whether a field's name and value could have come by HTTP (RFC
// 9110 5.1, 5.5). The name of a code that the table lacks is not looked at.
func cleanHeader(h ajp.Header) bool {
	odd := func(b byte) bool { return !tokens[b] }
	return (h.Name == nil || len(h.Name) > 0 && !slices.ContainsFunc(h.Name, odd)) && !bytes.ContainsAny(h.Value, lineBreaks)
}

// lineBreaks end a line, or a string in C.
const lineBreaks = "\r\n\x00"

// admitted holds the secret attribute (section Attributes) against the server's.
// A right one does not make up for a wrong one.
func (c *ajpConn) admitted() bool {
	if c.s.Secret == "" {
		return true
	}
	given := false
	for _, a := range c.forward.Attributes {
		if a.Code != ajp.AttrSecret {
			continue
		}
		if given = subtle.ConstantTimeCompare(a.Value, []byte(c.s.Secret)) == 1; !given {
			return false
		}
	}
	return given
}

// setParams makes parameters of the Forward Request, by the names that CGI has
// for them. What is the null string did not come.
func (c *ajpConn) setParams() {
	f := &c.forward
	c.r.Params, c.text = c.r.Params[:0], c.text[:0]
	c.addParam("REQUEST_METHOD", c.own(f.HTTPMethod()))
	c.addParam("SERVER_PROTOCOL", f.Protocol)
	c.addParam("REQUEST_URI", f.ReqURI)
	c.addParam("REMOTE_ADDR", f.RemoteAddr)
	c.addParam("REMOTE_HOST", f.RemoteHost)
	c.addParam("SERVER_NAME", f.ServerName)
	c.addParam("SERVER_PORT", c.ownNumber(f.ServerPort))
	if f.IsSSL != 0 {
		c.addParam("HTTPS", c.own("on"))
	}
	for _, h := range f.Headers {
		c.addHeaderParam(h)
	}
	for _, a := range f.Attributes {
		c.addAttributeParam(a)
	}
}

// own is a string in the memory of the request's parameters.
func (c *ajpConn) own(s string) []byte {
	c.text = append(c.text, s...)
	return c.text[len(c.text)-len(s) : len(c.text) : len(c.text)]
}

func (c *ajpConn) ownNumber(n uint16) []byte {
	start := len(c.text)
	c.text = strconv.AppendUint(c.text, uint64(n), 10)
	return c.text[start:len(c.text):len(c.text)]
}

// ownUpper is a name as those of variables are written.
func (c *ajpConn) ownUpper(prefix string, name []byte) []byte {
	start := len(c.text)
	c.text = append(c.text, prefix...)
	for _, b := range name {
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		} else if b == '-' {
			b = '_'
		}
		c.text = append(c.text, b)
	}
	return c.text[start:len(c.text):len(c.text)]
}

func (c *ajpConn) addParam(name string, value []byte) {
	if value != nil {
		c.r.Params = append(c.r.Params, Param{c.own(name), value})
	}
}

// addHeaderParam joins fields of the same name (RFC 3875 4.1.18).
func (c *ajpConn) addHeaderParam(h ajp.Header) {
	prefix := "HTTP_"
	if bytes.EqualFold(h.Name, []byte("content-type")) || bytes.EqualFold(h.Name, []byte("content-length")) {
		prefix = ""
	}
	name := c.ownUpper(prefix, h.Name)
	for i, p := range c.r.Params {
		if bytes.Equal(p.Name, name) {
			separator := ", "
			if string(name) == "HTTP_COOKIE" {
				separator = "; " // RFC 6265 4.2.1
			}
			c.r.Params[i].Value = slices.Concat(p.Value, []byte(separator), h.Value)
			return
		}
	}
	c.r.Params = append(c.r.Params, Param{name, h.Value})
}

func (c *ajpConn) addAttributeParam(a ajp.Attribute) {
	switch a.Code {
	case ajp.AttrReqAttribute:
		c.addParam(string(a.Name), a.Value)
	case ajp.AttrQueryString:
		c.addParam("QUERY_STRING", a.Value)
	case ajp.AttrRemoteUser:
		c.addParam("REMOTE_USER", a.Value)
	case ajp.AttrAuthType:
		c.addParam("AUTH_TYPE", a.Value)
	case ajp.AttrRoute:
		c.addParam("AJP_JVM_ROUTE", a.Value)
	case ajp.AttrSSLKeySize:
		c.addParam("AJP_SSL_KEY_SIZE", c.ownNumber(a.KeySize))
	case ajp.AttrSecret:
		if c.s.Secret == "" { // else it is the server's own
			c.addParam("AJP_SECRET", a.Value)
		}
	default:
		c.addParam("AJP_"+strings.ToUpper(ajp.AttributeName(a.Code)), a.Value)
	}
}

// beginBody finds out what body follows (section Headers: content-length).
// Without a length there is one that must be asked for, unless the request is of
// a kind that has none.
func (c *ajpConn) beginBody() {
	method := c.forward.HTTPMethod()
	c.body = ajpBody{left: -1}
	none := method == http.MethodGet || method == http.MethodHead
	for _, h := range c.forward.Headers { // not CONTENT_LENGTH, which may be a req_attribute
		if bytes.EqualFold(h.Name, []byte("transfer-encoding")) {
			none = false
		} else if n, ok := parseNumber(h.Value); ok && bytes.EqualFold(h.Name, []byte("content-length")) {
			c.body = ajpBody{left: n, unasked: n > 0}
			none = n == 0
		}
	}
	c.r.Stdin.ended = none
}

// read asks for the body's next piece (section Get Body Chunk), unless it comes
// by itself.
func (c *ajpConn) read(in *Input, p []byte) (int, error) {
	for in.unread() == 0 {
		if in.ended {
			return 0, io.EOF
		}
		if in.err != nil {
			return 0, in.err
		}
		if err := c.nextData(); err != nil {
			in.err = ErrAborted
			c.reuse = false
			return 0, in.err
		}
	}
	return in.take(p), nil
}

// nextData asks for and takes one Data packet.
func (c *ajpConn) nextData() error {
	if !c.body.unasked {
		n := ajp.MaxDataLen(c.s.PacketSize)
		if c.body.left >= 0 {
			n = int(min(int64(n), c.body.left))
		}
		if _, err := c.w.Write(ajp.AppendGetBodyChunk(nil, uint16(min(n, 0xFFFF)))); err != nil {
			return err
		}
	}
	c.body.unasked = false
	p, err := c.packet(false)
	if err != nil {
		return err
	}
	data, err := ajp.ParseData(p.Payload)
	if err != nil {
		return err
	}
	in := &c.r.Stdin
	if len(data) == 0 {
		in.ended = true
		if c.body.left > 0 {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	if c.body.left > 0 {
		data = data[:min(int64(len(data)), c.body.left)] // what goes beyond content-length is none of it
		c.body.left -= int64(len(data))
		in.ended = c.body.left == 0
	}
	in.add(data)
	return nil
}

func (c *ajpConn) ended(in *Input) bool { return in.ended }

func (c *ajpConn) detach(*Request) {} // there is nothing else on the connection

func (c *ajpConn) connection() *watched { return c.w }

func (c *ajpConn) lend(*Request) {}

func (c *ajpConn) reclaim(*Request) {}

func (c *ajpConn) interrupt(*Request) {
	c.interrupted.Store(true)
	c.w.SetReadDeadline(time.Unix(1, 0))
}

func (c *ajpConn) abortSignal(*Request) <-chan struct{} { return nil }

func (c *ajpConn) send(w *Response, _ bool) error {
	_, err := c.w.Write(w.out)
	w.out = w.out[:0]
	return err
}

// ajpFramer frames answers as packets (section Response Packet Structure).
type ajpFramer struct{}

func (ajpFramer) room() int { return ajp.MaxChunkLen(0) }

// head makes Send Headers of the header lines.
func (ajpFramer) head(w *Response) error {
	c := w.r.conn.(*ajpConn)
	h := ajp.ResponseHeaders{Status: uint16(w.status), Message: []byte(http.StatusText(w.status)), Headers: c.headers[:0]}
	for rest := w.head; len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(": "))
		field := ajp.Header{Name: name, Value: value}
		if code, ok := ajp.ResponseHeaderCode(string(name)); ok {
			field.Code = code
		}
		h.Headers = append(h.Headers, field)
		rest = after
	}
	c.headers = h.Headers
	if err := h.Check(c.s.PacketSize); err != nil {
		return err
	}
	w.out = h.Append(w.out)
	return nil
}

// chunkHeader is what a Send Body Chunk has before its bytes: the packet's
// header, the code and the length.
const chunkHeader = ajp.HeaderLen + 1 + 2

func (ajpFramer) open(w *Response) {
	w.out = append(w.out, "\x00\x00\x00\x00\x00\x00\x00"...)
	w.chunk = len(w.out)
}

func (ajpFramer) close(w *Response) {
	n := len(w.out) - w.chunk
	if n == 0 {
		w.out = w.out[:w.chunk-chunkHeader]
	} else {
		length := chunkHeader - ajp.HeaderLen + n + 1
		copy(w.out[w.chunk-chunkHeader:], []byte{'A', 'B', byte(length >> 8), byte(length), byte(ajp.TypeSendBodyChunk), byte(n >> 8), byte(n)})
		w.out = append(w.out, 0) // de facto: the grammar lacks it, gateways want it
	}
	w.chunk = -1
}

func (ajpFramer) stderr(w *Response, p []byte) { w.r.conn.(*ajpConn).s.stderrLog(p) }

// end ends the answer.
func (ajpFramer) end(w *Response) {
	c := w.r.conn.(*ajpConn)
	if w.err != nil || c.interrupted.Load() {
		c.reuse = false
	}
	w.out = ajp.AppendEndResponse(w.out, c.reuse)
}
