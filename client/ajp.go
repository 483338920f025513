package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
)

// ajpWire is AJP/1.3: packets, one request at a time, and a body that the
// container asks for.
type ajpWire struct{}

// ajpAnswer is where the reading of an answer's packets stands.
type ajpAnswer struct {
	bodySent int64
	bodyEnd  bool // of the request
	reuse    bool
	ended    bool // End Response came
}

func (ajpWire) send(x *call) error {
	c := x.c
	c.requests.Add(1)
	b, err := x.appendForward(c.out[:0])
	if err != nil {
		return err
	}
	if x.length > 0 { // the first packet goes unasked (Packet Headers)
		if b, err = x.appendData(b, ajp.MaxDataLen(x.p.t.PacketSize)); err != nil {
			return err
		}
	}
	c.out = b[:0]
	if err := c.writeAll(b, x.writeLimit()); err != nil {
		return x.writeError(err)
	}
	return nil
}

// appendForward is a request's Forward Request.
func (x *call) appendForward(b []byte) ([]byte, error) {
	if h := x.prepared; h != nil && h.length == x.length {
		return append(b, h.head...), nil
	}
	r := &x.c.forward
	if err := x.forwardRequest(r); err != nil {
		return b, err
	}
	if err := r.Check(x.p.t.PacketSize); err != nil {
		return b, fmt.Errorf("%w: raise PacketSize here and at the container", err)
	}
	b = r.Append(b)
	if h := x.p.prepare(x, b); h != nil {
		x.p.prepared.Store(h)
	}
	return b, nil
}

// forwardRequest fills r in; its bytes live in the connection's scratch space.
func (x *call) forwardRequest(r *ajp.Request) error {
	text := arena{append(x.c.scratch[:0], 0)[:0]} // never nil: a nil value is the null string
	https := isSecure(x.req)
	to := x.uri()
	name, port := serverOf(to.Host, https)
	*r = ajp.Request{Headers: r.Headers[:0], Attributes: r.Attributes[:0]}
	r.Protocol = text.bytes("HTTP/1.1")
	path, _, _ := strings.Cut(to.Path, "?")
	r.ReqURI = text.bytes(path)
	r.RemoteAddr, r.RemoteHost = text.bytes("127.0.0.1"), text.bytes("localhost")
	r.ServerName, r.ServerPort = text.bytes(name), port
	if https {
		r.IsSSL = 1
	}
	method := x.req.Method
	if method == "" {
		method = http.MethodGet
	}
	code, ok := ajp.MethodCode(method)
	if r.Method = code; !ok {
		r.Method = ajp.StoredMethod
		r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrStoredMethod, Value: text.bytes(method)})
	}
	x.forwardHeaders(r, &text, to.Host)
	err := x.forwardAttributes(r, &text, to.Query)
	x.c.scratch = text.b[:0]
	return err
}

func (x *call) forwardHeaders(r *ajp.Request, text *arena, host string) {
	add := func(name, value string) {
		h := ajp.Header{Value: text.bytes(value)}
		if code, ok := ajp.RequestHeaderCode(name); ok {
			h.Code = code
		} else {
			h.Name = text.bytes(name)
		}
		r.Headers = append(r.Headers, h)
	}
	add("host", host)
	switch {
	case x.length < 0:
		add("transfer-encoding", "chunked")
	case x.length > 0, !asksOnly(x.req.Method):
		add("content-length", strconv.FormatInt(x.length, 10))
	}
	names := slices.AppendSeq(x.c.names[:0], maps.Keys(x.req.Header))
	slices.Sort(names) // the same request is the same packet
	x.c.names = names
	for _, key := range names {
		name := strings.ToLower(key) // a key may be in any case: net/http's own are canonical
		if isOurs(name) {
			continue
		}
		for _, value := range x.req.Header[key] {
			add(name, value)
		}
	}
}

// isOurs is true for what forwardHeaders says itself, since two of it could make
// the container see another body or host than we do, and for what vegeta adds for
// its own sake.
func isOurs(name string) bool {
	return name == "content-length" || name == "transfer-encoding" || name == "host" || strings.HasPrefix(name, "x-vegeta-")
}

// asksOnly tells the methods of which nobody expects to hear that they have no
// body.
func asksOnly(method string) bool {
	return method == "" || method == http.MethodGet || method == http.MethodHead
}

func (x *call) forwardAttributes(r *ajp.Request, text *arena, query string) error {
	add := func(code byte, name, value string) {
		a := ajp.Attribute{Code: code, Value: text.bytes(value)}
		if name != "" {
			a.Name = text.bytes(name)
		}
		r.Attributes = append(r.Attributes, a)
	}
	if query != "" || x.req.URL.ForceQuery {
		add(ajp.AttrQueryString, "", query)
	}
	for _, name := range slices.Sorted(maps.Keys(x.p.t.Attributes)) {
		code, err := attributeCode(name)
		if err == nil {
			err = checkAttribute(name, x.p.t.Attributes[name])
		}
		if err != nil {
			return err
		}
		if code == ajp.AttrSSLKeySize {
			bits, err := strconv.ParseUint(x.p.t.Attributes[name], 10, 16)
			if err != nil {
				return fmt.Errorf("ajp: attribute ssl_key_size: expected a number of bits such as 256, got %q", x.p.t.Attributes[name])
			}
			r.Attributes = append(r.Attributes, ajp.Attribute{Code: code, KeySize: uint16(bits)})
			continue
		}
		add(code, "", x.p.t.Attributes[name])
	}
	for _, p := range x.p.t.Params {
		add(ajp.AttrReqAttribute, p[0], p[1])
	}
	if x.p.t.Secret != "" {
		add(ajp.AttrSecret, "", x.p.t.Secret)
	}
	return checkSecret(x.p.t.Secret)
}

// checkAttribute refuses NUL, where C programs end a value.
func checkAttribute(name, value string) error {
	if at := strings.IndexByte(value, 0); at >= 0 {
		return notEncoded("a value of "+name+" without NUL", strconv.QuoteToASCII(value[at:min(len(value), at+shownBytes)]))
	}
	return nil
}

// checkSecret does not show it.
func checkSecret(secret string) error {
	if strings.IndexByte(secret, 0) >= 0 {
		return notEncoded("a secret without NUL", "one with it")
	}
	return nil
}

func notEncoded(expected, got string) error {
	return &ajp.EncodeError{Section: "Attributes", Expected: expected, Got: got}
}

// attributeCode finds an attribute of the table in section Attributes that a
// Transport may set.
func attributeCode(name string) (byte, error) {
	for code := byte(ajp.AttrContext); code <= ajp.AttrSSLKeySize; code++ {
		if code != ajp.AttrReqAttribute && code != ajp.AttrQueryString && ajp.AttributeName(code) == name {
			return code, nil
		}
	}
	return 0, fmt.Errorf("ajp: %q is no attribute: expected one such as remote_user, auth_type, route or ssl_cipher", name)
}

// arena is the bytes of many strings in one allocation, or none.
type arena struct{ b []byte }

func (a *arena) bytes(s string) []byte {
	start := len(a.b)
	a.b = append(a.b, s...)
	return a.b[start:len(a.b):len(a.b)]
}

// serverOf takes an authority apart; without a port it is the scheme's.
func serverOf(host string, https bool) (name string, port uint16) {
	port = 80
	if https {
		port = 443
	}
	name, text, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), port
	}
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		port = uint16(n)
	}
	return name, port
}

// head answers requests for more of the body, which are no part of the answer:
// the limit of its first byte begins anew after each.
func (ajpWire) head(x *call) error {
	for {
		x.limitAnswer()
		p, n, err := x.nextPacket("Send Headers")
		if err != nil {
			return err
		}
		code, _ := p.PrefixCode()
		if code != ajp.TypeGetBodyChunk {
			x.answerBegan()
		}
		switch code {
		case ajp.TypeSendHeaders:
			if err := x.sendHeaders(p.Payload); err != nil {
				return x.breach(inPayload(err))
			}
			x.c.take(n)
			return nil
		case ajp.TypeGetBodyChunk:
			if err := x.getBodyChunk(p.Payload, n); err != nil {
				return err
			}
		default:
			return x.unexpected(p, "Send Headers or Get Body Chunk")
		}
	}
}

// inPayload makes an offset in a packet's payload one in the packet.
func inPayload(err error) error {
	var s *ajp.SyntaxError
	if errors.As(err, &s) {
		s.Offset += ajp.HeaderLen
	}
	return err
}

// nextPacket waits for a whole packet; it stays buffered.
func (x *call) nextPacket(missing string) (ajp.Packet, int, error) {
	for {
		p, n, err := ajp.ParsePacket(x.c.buffered(), x.p.t.PacketSize)
		switch {
		case err == nil && p.Magic != ajp.ToServer:
			return p, 0, x.breach(&ajp.SyntaxError{Section: "Packet Headers", Expected: "magic 41 42", Got: p.Magic.String()})
		case err == nil:
			return p, n, nil
		case err != ajp.ErrShort:
			return p, 0, x.breach(err)
		}
		if err := x.c.ensure(packetNeeds(x.c.buffered())); err != nil {
			return p, 0, x.readError(err, missing)
		}
	}
}

// packetNeeds is how many bytes tell more of a packet than b does: a byte more
// of its header, or all of it.
func packetNeeds(b []byte) int {
	if len(b) < ajp.HeaderLen {
		return len(b) + 1
	}
	return ajp.HeaderLen + int(binary.BigEndian.Uint16(b[2:]))
}

func (x *call) unexpected(p ajp.Packet, expected string) error {
	got := "an empty packet"
	if code, ok := p.PrefixCode(); ok {
		got = code.String()
	}
	return x.breach(&ajp.SyntaxError{Section: "Packet Headers", Offset: ajp.HeaderLen, Expected: expected, Got: got})
}

// sendHeaders takes the answer's status and headers.
func (x *call) sendHeaders(payload []byte) error {
	h := &x.c.headers
	if err := h.Decode(payload); err != nil {
		return err
	}
	if err := x.sendStatus(int(h.Status), string(h.Message)); err != nil {
		return err
	}
	header := make(http.Header, len(h.Headers))
	for _, field := range h.Headers {
		name, value := string(field.Name), strings.TrimSpace(string(field.Value))
		switch {
		case name == "" && field.Code != 0:
			return badHeaders("a header code of the table", fmt.Sprintf("%#x", field.Code))
		case name == "":
			return badHeaders("a header with a name", fmt.Sprintf("the value %q without one", value))
		case breaksLine(name), breaksLine(value):
			return badHeaders("a header without CR, LF and NUL", fmt.Sprintf("%q: %q", name, value))
		}
		header.Add(name, value)
	}
	x.resp.Header = header
	return x.announcedLength()
}

// sendStatus takes the answer's status and its message, which may be empty.
func (x *call) sendStatus(status int, message string) error {
	switch {
	case status < 100 || status > 999:
		return badHeaders("a status of three digits", strconv.Itoa(status))
	case breaksLine(message):
		return badHeaders("a status message without CR, LF and NUL", strconv.Quote(message))
	case message == "":
		message = http.StatusText(status)
	}
	x.resp.StatusCode, x.resp.Status = status, strconv.Itoa(status)+" "+message
	return nil
}

func breaksLine(s string) bool { return strings.ContainsAny(s, "\r\n\x00") }

// badHeaders is a breach by what a well-formed Send Headers says; the message's
// first byte stands for it.
func badHeaders(expected, got string) error {
	return &ajp.SyntaxError{Section: "Send Headers", Expected: expected, Got: got}
}

// announcedLength reads Content-Length off the answer's headers. An empty one
// counts as none, as in CGI (RFC 3875 6.3): where the body ends, packets say.
func (x *call) announcedLength() error {
	x.resp.ContentLength = -1
	values := x.resp.Header["Content-Length"]
	for _, value := range values {
		if value == "" {
			continue
		}
		n, err := strconv.ParseUint(value, 10, 63)
		if before := x.resp.ContentLength; err != nil || before >= 0 && before != int64(n) {
			return badHeaders("one Content-Length, a number", fmt.Sprintf("%q", values))
		}
		x.resp.ContentLength = int64(n)
	}
	return nil
}

func (ajpWire) next(x *call) ([]byte, error) {
	for !x.c.ajp.ended {
		p, n, err := x.nextPacket("End Response")
		if err != nil {
			return nil, err
		}
		code, _ := p.PrefixCode()
		switch code {
		case ajp.TypeSendBodyChunk:
			chunk, _, err := ajp.ParseSendBodyChunk(p.Payload)
			if err != nil {
				return nil, x.breach(inPayload(err))
			}
			x.c.take(n)
			if len(chunk) > 0 { // an empty one is a flush
				return chunk, nil
			}
		case ajp.TypeGetBodyChunk:
			if err := x.getBodyChunk(p.Payload, n); err != nil {
				return nil, err
			}
		case ajp.TypeEndResponse:
			reuse, err := ajp.ParseEndResponse(p.Payload)
			if err != nil {
				return nil, x.breach(inPayload(err))
			}
			x.c.take(n)
			x.c.ajp.ended, x.c.ajp.reuse = true, reuse != 0
		default:
			return nil, x.unexpected(p, "Send Body Chunk, Get Body Chunk or End Response")
		}
	}
	return nil, io.EOF
}

// getBodyChunk answers the container's request for more of the body; every such
// request is answered, also one beyond the body's end (Get Body Chunk).
func (x *call) getBodyChunk(payload []byte, n int) error {
	asked, err := ajp.ParseGetBodyChunk(payload)
	if err != nil {
		return x.breach(inPayload(err))
	}
	x.c.take(n)
	phase := x.phase
	x.phase = writing
	defer func() { x.phase = phase }()
	b, err := x.appendData(x.c.out[:0], min(int(asked), ajp.MaxDataLen(x.p.t.PacketSize)))
	if err != nil {
		return err
	}
	x.c.out = b[:0]
	if err := x.c.writeAll(b, x.writeLimit()); err != nil {
		return x.writeError(err)
	}
	if x.p.t.FirstByteTimeout > 0 {
		x.wroteAt = now()
	}
	return nil
}

// appendData is the next piece of the body, of at most limit bytes, or the
// packet that says there is none.
func (x *call) appendData(b []byte, limit int) ([]byte, error) {
	if x.body == nil || x.body == http.NoBody || limit == 0 {
		return ajp.AppendEndOfBody(b), nil
	}
	piece, err := x.readBody(limit)
	x.c.ajp.bodySent += int64(len(piece))
	if err == io.EOF {
		x.c.ajp.bodyEnd = true
		x.abandonBody()
	} else if err != nil {
		return b, err
	}
	if len(piece) == 0 {
		return ajp.AppendEndOfBody(b), nil
	}
	return ajp.AppendData(b, piece), nil
}

// readBody reads limit bytes of a body of known length, and what there is of
// another, with io.EOF at its end. One that isn't in memory is read beside the
// exchange, whose limits must hold while it keeps us waiting.
func (x *call) readBody(limit int) ([]byte, error) {
	sent, length := x.c.ajp.bodySent, x.length
	read := func(body io.Reader) ([]byte, error) {
		if length < 0 {
			return readSome(body, make([]byte, limit))
		}
		return readKnown(body, make([]byte, min(int64(limit), length-sent)), sent, length)
	}
	return x.beside(read)
}

func readSome(r io.Reader, p []byte) ([]byte, error) {
	for {
		n, err := r.Read(p)
		if err != nil && err != io.EOF {
			err = &requestBodyError{err}
		}
		if n > 0 || err != nil {
			return p[:n], err
		}
	}
}

// readKnown fills p with what follows the first sent bytes.
func readKnown(r io.Reader, p []byte, sent, length int64) ([]byte, error) {
	n, err := io.ReadFull(r, p)
	sent += int64(n)
	if err != nil {
		return p[:n], lengthError(length, sent, err)
	}
	if sent < length {
		return p, nil
	}
	if err := atEnd(r, length); err != nil {
		return p, err
	}
	return p, io.EOF
}

func (ajpWire) keeps(x *call) bool {
	return x.c.ajp.reuse && !x.p.t.DisableKeepAlives && !x.req.Close && (x.length == 0 || x.c.ajp.bodyEnd)
}

// ready walks over the flushes that next would pass over. A request for more of
// the body is none of them: the body may keep us waiting.
func (ajpWire) ready(x *call) bool {
	for b := x.c.buffered(); !x.c.ajp.ended; {
		p, n, err := ajp.ParsePacket(b, x.p.t.PacketSize)
		if err != nil {
			return err != ajp.ErrShort
		}
		code, _ := p.PrefixCode()
		if code == ajp.TypeGetBodyChunk {
			return false
		}
		chunk, _, err := ajp.ParseSendBodyChunk(p.Payload)
		if code != ajp.TypeSendBodyChunk || err != nil || len(chunk) > 0 {
			return true
		}
		b = b[n:]
	}
	return true
}

func (ajpWire) direct(*call, []byte) (int, error) { return 0, nil }
