package client

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// Event is one record of FastCGI, one packet of AJP, or one piece of SCGI, as it
// went over a connection.
type Event struct {
	At     time.Duration // since the trace began
	Sent   bool          // by the side that traces
	Offset int64         // of its first byte in its direction's stream
	Bytes  []byte        // as they were on the wire
	Text   string        // what they are, in one line
	Detail []string      // its parameters or headers, a line each
}

// Trace wraps a connection so that tell gets an event for everything that goes
// over it, in either direction, as soon as it is whole; bytes that are no
// record, and the connection's end, are events too. start is when time begins.
func Trace(c net.Conn, p Protocol, start time.Time, tell func(Event)) net.Conn {
	var mu sync.Mutex
	told := func(e Event) {
		e.At = time.Since(start)
		mu.Lock()
		defer mu.Unlock()
		tell(e)
	}
	return &tracedConn{Conn: c, sent: newTracer(p, true, told), got: newTracer(p, false, told)}
}

type tracedConn struct {
	net.Conn
	sent, got *tracer
	once      sync.Once
}

func (c *tracedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.feed(p[:n])
	return n, err
}

func (c *tracedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.got.feed(p[:n])
	}
	if err != nil {
		c.once.Do(func() { c.ended(err) })
	}
	return n, err
}

// CloseWrite ends this side, where the connection can.
func (c *tracedConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return fmt.Errorf("%T can't end one side alone", c.Conn)
	}
	return half.CloseWrite()
}

// Close tells what was left unfinished.
func (c *tracedConn) Close() error {
	c.once.Do(func() { c.ended(net.ErrClosed) })
	return c.Conn.Close()
}

func (c *tracedConn) ended(err error) {
	c.sent.flush()
	c.got.flush()
	switch err {
	case io.EOF:
		c.got.tell(Event{Offset: c.got.offset, Text: "end of the stream"})
	case net.ErrClosed:
		c.sent.tell(Event{Sent: true, Offset: c.sent.offset, Text: "closed"})
	default:
		c.got.tell(Event{Offset: c.got.offset, Text: err.Error()})
	}
}

// tracer cuts one direction's bytes into events.
type tracer struct {
	mu     sync.Mutex // reading and writing end a connection, each on a goroutine of its own
	sent   bool
	tell   func(Event)
	offset int64
	rest   []byte // came, and is not an event yet
	cut    func(b []byte) (n int, text string, detail []string)

	params   fcgi.PairDecoder
	body     int64 // of SCGI's or AJP's request, still to come
	headSeen bool
}

func newTracer(p Protocol, sent bool, tell func(Event)) *tracer {
	t := &tracer{sent: sent, tell: tell}
	switch {
	case p == FastCGI:
		t.cut = t.cutRecord
	case p == AJP:
		t.cut = t.cutPacket
	case p == SCGI && sent:
		t.cut = t.cutSCGI
	default:
		t.cut = cutPiece
	}
	return t
}

func (t *tracer) feed(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, p...)
	for len(t.rest) > 0 {
		n, text, detail := t.cut(t.rest)
		if n == 0 {
			return
		}
		t.event(n, text, detail)
	}
}

func (t *tracer) event(n int, text string, detail []string) {
	b := append([]byte(nil), t.rest[:n]...)
	t.tell(Event{Sent: t.sent, Offset: t.offset, Bytes: b, Text: text, Detail: detail})
	t.offset += int64(n)
	t.rest = t.rest[n:]
}

// flush tells what has come of something unfinished.
func (t *tracer) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.rest); n > 0 {
		t.event(n, "unfinished: "+count(n, "byte")+" "+quoted(t.rest), nil)
	}
}

func cutPiece(b []byte) (int, string, []string) {
	return len(b), count(len(b), "byte") + " " + quoted(b), nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// shown is how much of a value a line shows.
const shown = 72

func quoted[T ~string | ~[]byte](b T) string {
	s := string(b[:min(len(b), shown)])
	if len(b) > shown {
		return strconv.Quote(s) + "..."
	}
	return strconv.Quote(s)
}

// inLine is a name or a message as it stands in a line: like a value, without the
// quotes around it.
func inLine[T ~string | ~[]byte](s T) string {
	q := strconv.Quote(string(s))
	return q[1 : len(q)-1]
}

func (t *tracer) cutRecord(b []byte) (int, string, []string) {
	r, n, err := fcgi.ParseRecord(b)
	if err != nil {
		return 0, "", nil
	}
	text := r.Header.String()
	switch r.Type {
	case fcgi.TypeBeginRequest:
		if body, err := fcgi.ParseBeginRequest(r.Content); err == nil {
			text += fmt.Sprintf(" %v, flags %d", body.Role, body.Flags)
		}
	case fcgi.TypeEndRequest:
		if body, err := fcgi.ParseEndRequest(r.Content); err == nil {
			text += fmt.Sprintf(" appStatus %d, %v", body.AppStatus, body.ProtocolStatus)
		}
	case fcgi.TypeUnknownType:
		if body, err := fcgi.ParseUnknownType(r.Content); err == nil {
			text += fmt.Sprintf(" of %v", body.Type)
		}
	case fcgi.TypeParams:
		return n, text, t.pairsOf(r.Content)
	case fcgi.TypeGetValues, fcgi.TypeGetValuesResult:
		pairs, _ := fcgi.ParseValues(r.Content)
		return n, text, pairLines(pairs)
	default:
		if len(r.Content) > 0 {
			text += " " + quoted(r.Content)
		}
	}
	return n, text, nil
}

// pairsOf are the pairs that end in this piece of PARAMS.
func (t *tracer) pairsOf(content []byte) []string {
	if len(content) == 0 {
		t.params.Reset()
		return nil
	}
	t.params.Feed(content)
	var pairs []fcgi.Pair
	for {
		p, err := t.params.Next()
		if err != nil {
			return pairLines(pairs)
		}
		pairs = append(pairs, p)
	}
}

func pairLines(pairs []fcgi.Pair) []string {
	var lines []string
	for _, p := range pairs {
		lines = append(lines, inLine(p.Name)+"="+quoted(p.Value))
	}
	return lines
}

func (t *tracer) cutSCGI(b []byte) (int, string, []string) {
	if t.headSeen {
		return len(b), fmt.Sprintf("body, %s %s", count(len(b), "byte"), quoted(b)), nil
	}
	s, n, err := scgi.ParseNetstring(b, scgi.DefaultMaxHeaders)
	if err == scgi.ErrShort {
		return 0, "", nil
	}
	if err != nil {
		return len(b), err.Error(), nil
	}
	t.headSeen = true
	headers, err := scgi.ParseHeaders(s)
	if err != nil {
		return n, err.Error(), nil
	}
	var lines []string
	for _, h := range headers {
		lines = append(lines, inLine(h.Name)+"="+quoted(h.Value))
	}
	return n, fmt.Sprintf("headers, a netstring of %s", count(len(s), "byte")), lines
}

func (t *tracer) cutPacket(b []byte) (int, string, []string) {
	p, n, err := ajp.ParsePacket(b, ajp.NoPacketLimit)
	if err == ajp.ErrShort {
		return 0, "", nil
	}
	if err != nil {
		return len(b), err.Error(), nil
	}
	if t.sent && (t.body != 0 || len(p.Payload) == 0) {
		return n, t.dataText(p.Payload), nil
	}
	code, _ := p.PrefixCode()
	text := fmt.Sprintf("{%v, %s}", code, count(len(p.Payload), "byte"))
	switch code {
	case ajp.TypeForwardRequest:
		return t.forwardText(n, text, p.Payload)
	case ajp.TypeSendHeaders:
		return sendHeadersText(n, text, p.Payload)
	case ajp.TypeSendBodyChunk:
		if chunk, _, err := ajp.ParseSendBodyChunk(p.Payload); err == nil {
			text += " " + quoted(chunk)
		}
	case ajp.TypeGetBodyChunk:
		if asked, err := ajp.ParseGetBodyChunk(p.Payload); err == nil {
			text += fmt.Sprintf(" at most %s", count(int(asked), "byte"))
		}
	case ajp.TypeEndResponse:
		if reuse, err := ajp.ParseEndResponse(p.Payload); err == nil {
			text += fmt.Sprintf(" reuse %d", reuse)
		}
	}
	return n, text, nil
}

// dataText is a packet of the request's body. Its packets have no code: they are
// known by what the Forward Request announced.
func (t *tracer) dataText(payload []byte) string {
	data, err := ajp.ParseData(payload)
	if err != nil {
		return err.Error()
	}
	if len(data) == 0 {
		t.body = 0
		return "{Data, the body's end}"
	}
	if t.body > 0 {
		t.body = max(t.body-int64(len(data)), 0)
	}
	return fmt.Sprintf("{Data, %s} %s", count(len(data), "byte"), quoted(data))
}

func (t *tracer) forwardText(n int, text string, payload []byte) (int, string, []string) {
	var r ajp.Request
	if err := r.Decode(payload); err != nil {
		return n, text + " " + err.Error(), nil
	}
	lines := headerLines(r.Headers, &t.body)
	for _, a := range r.Attributes {
		name, value := ajp.AttributeName(a.Code), quoted(a.Value)
		switch a.Code {
		case ajp.AttrReqAttribute:
			name = "attribute " + inLine(a.Name)
		case ajp.AttrSSLKeySize:
			value = strconv.Itoa(int(a.KeySize))
		case ajp.AttrSecret:
			value = "(not shown)"
		}
		lines = append(lines, name+"="+value)
	}
	asked := inLine(r.HTTPMethod()) + " " + inLine(r.ReqURI) + " " + inLine(r.Protocol)
	return n, fmt.Sprintf("%s %s, server %s:%d", text, asked, inLine(r.ServerName), r.ServerPort), lines
}

func sendHeadersText(n int, text string, payload []byte) (int, string, []string) {
	var h ajp.ResponseHeaders
	if err := h.Decode(payload); err != nil {
		return n, text + " " + err.Error(), nil
	}
	var ignored int64
	return n, fmt.Sprintf("%s %d %s", text, h.Status, inLine(h.Message)), headerLines(h.Headers, &ignored)
}

// headerLines shows headers, and finds the body that they announce: -1 is one
// of unknown length.
func headerLines(headers []ajp.Header, body *int64) []string {
	var lines []string
	for _, h := range headers {
		name := string(h.Name)
		switch strings.ToLower(name) {
		case "content-length":
			*body, _ = strconv.ParseInt(string(h.Value), 10, 64)
		case "transfer-encoding":
			*body = -1
		}
		lines = append(lines, inLine(name)+": "+quoted(h.Value))
	}
	return lines
}
